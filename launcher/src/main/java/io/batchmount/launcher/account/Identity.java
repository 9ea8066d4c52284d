package io.batchmount.launcher.account;

import com.azure.core.credential.TokenCredential;
import com.azure.identity.AzureCliCredentialBuilder;
import com.azure.identity.DefaultAzureCredentialBuilder;
import com.azure.identity.EnvironmentCredentialBuilder;
import com.azure.identity.ManagedIdentityCredentialBuilder;
import com.azure.identity.WorkloadIdentityCredentialBuilder;
import io.batchmount.launcher.options.AccountOptions.AuthKind;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Makes the credential of an identity, once, when it is first needed: azure-identity is the
 * heaviest part of the class path and most runs go without it. Client, tenant and secret come from
 * the variables that azure-identity documents ({@code AZURE_CLIENT_ID}, ...).
 */
final class Identity implements Supplier<Optional<TokenCredential>> {
  private final AuthKind kind;
  private TokenCredential made;

  Identity(AuthKind kind) {
    this.kind = kind;
  }

  @Override
  public synchronized Optional<TokenCredential> get() {
    if (made == null) {
      made = make();
    }
    return Optional.of(made);
  }

  private TokenCredential make() {
    Optional<String> client = Optional.ofNullable(System.getenv("AZURE_CLIENT_ID"));
    return switch (kind) {
      case msi -> {
        ManagedIdentityCredentialBuilder builder = new ManagedIdentityCredentialBuilder();
        client.filter(id -> !id.isEmpty()).ifPresent(builder::clientId);
        yield builder.build();
      }
      case spn -> new EnvironmentCredentialBuilder().build();
      case workloadidentity -> new WorkloadIdentityCredentialBuilder().build();
      case azcli -> new AzureCliCredentialBuilder().build();
      case DEFAULT -> new DefaultAzureCredentialBuilder().build();
      case key, sas, anonymous -> throw new IllegalStateException(kind + " is no identity");
    };
  }
}
