package io.batchmount.launcher.cli.outputs;

import com.azure.core.http.policy.HttpPipelinePolicy;
import io.batchmount.launcher.account.AccountResolver;
import io.batchmount.launcher.account.CredentialRefreshPolicy;
import io.batchmount.launcher.account.Endpoints;
import io.batchmount.launcher.account.LiveCredential;
import io.batchmount.launcher.account.StorageAccount;
import io.batchmount.launcher.options.UsageException;
import io.batchmount.launcher.outputs.DestinationAccess;
import io.batchmount.launcher.outputs.DestinationAccessException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The credentials of the command line, environment and configuration for destinations without a
 * SAS. Made once for each account. Thread-safe.
 */
public final class AccountAccess implements DestinationAccess {
  private final AccountResolver accounts;
  private final Map<String, StorageAccount> known = new ConcurrentHashMap<>();

  /** With a resolver that knows flags, environment and configuration. */
  public AccountAccess(AccountResolver accounts) {
    this.accounts = accounts;
  }

  @Override
  public DestinationCredential credentialFor(URI destination) {
    return credentialOf(account(destination).credential());
  }

  @Override
  public URI reachedAt(URI destination) {
    StorageAccount account = account(destination);
    URI base = isShare(destination) ? account.fileEndpoint() : account.blobEndpoint();
    return URI.create(base + "/" + nameIn(destination));
  }

  @Override
  public List<HttpPipelinePolicy> policiesFor(URI destination) {
    return List.of(new CredentialRefreshPolicy(account(destination).credential()));
  }

  /** The SDK's form of a credential. */
  static DestinationCredential credentialOf(LiveCredential credential) {
    return credential
        .key()
        .<DestinationCredential>map(DestinationCredential.Key::new)
        .or(() -> credential.sas().map(DestinationCredential.Sas::new))
        .or(() -> credential.token().map(DestinationCredential.Token::new))
        .orElseGet(DestinationCredential.Anonymous::new);
  }

  private StorageAccount account(URI destination) {
    String name =
        Endpoints.accountOf(destination)
            .orElseThrow(
                () ->
                    new DestinationAccessException(
                        "the address "
                            + destination
                            + " does not tell the account; add a SAS to it",
                        null));
    try {
      return known.computeIfAbsent(
          name,
          any ->
              isShare(destination)
                  ? accounts.forVolume(
                      name, Optional.empty(), Optional.empty(), Optional.of(base(destination)))
                  : accounts.forVolume(
                      name, Optional.empty(), Optional.of(base(destination)), Optional.empty()));
    } catch (UsageException e) {
      throw new DestinationAccessException(e.getMessage(), e);
    }
  }

  private static boolean isShare(URI destination) {
    return destination.getHost() != null && destination.getHost().contains(".file.");
  }

  private static URI base(URI destination) {
    String path =
        Endpoints.isPathStyle(destination) ? "/" + Endpoints.accountOf(destination).orElse("") : "";
    return URI.create(destination.getScheme() + "://" + destination.getRawAuthority() + path);
  }

  /**
   * Container or share: the component behind the account of a path-style address, else the first.
   */
  private static String nameIn(URI destination) {
    String[] parts = destination.getRawPath().split("/");
    int at = Endpoints.isPathStyle(destination) ? 2 : 1;
    return parts.length > at ? parts[at] : "";
  }
}
