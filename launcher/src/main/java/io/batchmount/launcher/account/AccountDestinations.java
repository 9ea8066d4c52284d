package io.batchmount.launcher.account;

import io.batchmount.launcher.outputs.DestinationAccess;
import io.batchmount.launcher.outputs.OutputFileException;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Destinations of declared output files, reached and signed as the accounts of volumes are. */
public final class AccountDestinations implements DestinationAccess {
  private final AccountResolver accounts;
  private final Map<String, StorageAccount> resolved = new ConcurrentHashMap<>();

  public AccountDestinations(AccountResolver accounts) {
    this.accounts = accounts;
  }

  @Override
  public DestinationCredential credentialFor(URI destination) {
    LiveCredential credential = account(destination).credential();
    return switch (credential.kind()) {
      case key -> new DestinationCredential.Key(credential.key().orElseThrow());
      case sas -> new DestinationCredential.Sas(credential.sas().orElseThrow());
      case anonymous -> new DestinationCredential.Anonymous();
      default -> new DestinationCredential.Token(credential.token().orElseThrow());
    };
  }

  @Override
  public URI reachedAt(URI destination) {
    Optional<String> name = Endpoints.accountOf(destination);
    if (name.isEmpty() || !accounts.inEffect().name().equals(name)) {
      return destination;
    }
    boolean files = destination.getHost().contains(".file.");
    URI endpoint = accounts.endpointInEffect(name.get(), files ? "file" : "blob");
    String path = destination.getRawPath();
    String below =
        Endpoints.isPathStyle(destination) ? path.substring(name.get().length() + 1) : path;
    return URI.create(endpoint + below);
  }

  private StorageAccount account(URI destination) {
    String name =
        Endpoints.accountOf(destination)
            .orElseThrow(
                () ->
                    new OutputFileException(
                        "destination " + destination + " names no storage account"));
    return resolved.computeIfAbsent(
        name, n -> accounts.forVolume(n, Optional.empty(), Optional.empty(), Optional.empty()));
  }
}
