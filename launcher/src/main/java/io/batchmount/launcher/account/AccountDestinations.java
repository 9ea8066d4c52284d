package io.batchmount.launcher.account;

import com.azure.core.http.policy.HttpPipelinePolicy;
import io.batchmount.launcher.options.UsageException;
import io.batchmount.launcher.outputs.DestinationAccess;
import io.batchmount.launcher.outputs.DestinationAccessException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Destinations of output files, reached and signed as the accounts of volumes are: by command line,
 * environment and configuration. Each account's credential is made once. Thread-safe.
 */
public final class AccountDestinations implements DestinationAccess {
  private final AccountResolver accounts;
  private final Map<String, LiveCredential> known = new ConcurrentHashMap<>();

  /** With a resolver that knows flags, environment and configuration. */
  public AccountDestinations(AccountResolver accounts) {
    this.accounts = accounts;
  }

  @Override
  public DestinationCredential credentialFor(Place destination) {
    return credentialOf(credential(destination));
  }

  /** Needs no credential: an identity that the destination names has its own. */
  @Override
  public URI reachedAt(Place destination) {
    URI written = destination.address();
    Optional<String> account = Endpoints.accountOf(written);
    if (account.isEmpty()) {
      return written;
    }
    String service = destination.service() == Service.FILE ? "file" : "blob";
    return URI.create(
        accounts.addressInEffect(account.get(), service, base(written)) + "/" + nameIn(written));
  }

  @Override
  public List<HttpPipelinePolicy> policiesFor(Place destination) {
    return List.of(new CredentialRefreshPolicy(credential(destination)));
  }

  @Override
  public URI autoStorage(String container) {
    String account =
        accounts
            .inEffect()
            .name()
            .orElseThrow(
                () ->
                    new DestinationAccessException(
                        "no storage account is linked: name the one of autoStorage with --account",
                        null));
    return URI.create(Endpoints.standard(account, "blob") + "/" + container);
  }

  /** The SDK's form of a credential. */
  public static DestinationCredential credentialOf(LiveCredential credential) {
    return credential
        .key()
        .<DestinationCredential>map(DestinationCredential.Key::new)
        .or(() -> credential.sas().map(DestinationCredential.Sas::new))
        .or(() -> credential.token().map(DestinationCredential.Token::new))
        .orElseGet(DestinationCredential.Anonymous::new);
  }

  private LiveCredential credential(Place destination) {
    String account =
        Endpoints.accountOf(destination.address())
            .orElseThrow(
                () ->
                    new DestinationAccessException(
                        "the address "
                            + destination.address()
                            + " does not tell the account; add a SAS to it",
                        null));
    Supplier<LiveCredential> find =
        () ->
            accounts
                .forVolume(account, Optional.empty(), Optional.empty(), Optional.empty())
                .credential();
    try {
      return known.computeIfAbsent(account, any -> find.get());
    } catch (UsageException e) {
      throw new DestinationAccessException(e.getMessage(), e);
    }
  }

  /** Scheme, host and, path-style, the account. */
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
