package io.batchmount.launcher.account;

import io.batchmount.launcher.options.UsageException;
import io.batchmount.launcher.text.NearestName;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A storage connection string. Not a record: it holds secrets, and toString must not show them. */
public final class ConnectionString {
  private static final List<String> KNOWN =
      List.of(
          "DefaultEndpointsProtocol",
          "AccountName",
          "AccountKey",
          "SharedAccessSignature",
          "BlobEndpoint",
          "FileEndpoint",
          "QueueEndpoint",
          "TableEndpoint",
          "BlobSecondaryEndpoint",
          "FileSecondaryEndpoint",
          "QueueSecondaryEndpoint",
          "TableSecondaryEndpoint",
          "EndpointSuffix",
          "UseDevelopmentStorage",
          "DevelopmentStorageProxyUri");

  private final Map<String, String> parts;
  private final String source;

  private ConnectionString(Map<String, String> parts, String source) {
    this.parts = parts;
    this.source = source;
  }

  /**
   * Reads one.
   *
   * @param source where it came from, for messages
   * @throws UsageException that names the part at fault, never its value
   */
  public static ConnectionString parse(String text, String source) {
    Redaction.register(text);
    Map<String, String> parts = new HashMap<>();
    for (String part : text.strip().split(";")) {
      if (part.isBlank()) {
        continue;
      }
      int equals = part.indexOf('=');
      if (equals < 1) {
        throw new UsageException(
            source + ": a part of the connection string has no 'name=value' form");
      }
      String name = part.substring(0, equals).strip();
      String known =
          KNOWN.stream()
              .filter(k -> k.equalsIgnoreCase(name))
              .findFirst()
              .orElseThrow(
                  () ->
                      new UsageException(
                          source
                              + ": unknown part '"
                              + name
                              + "' of the connection string"
                              + NearestName.hint(name, KNOWN)));
      parts.put(known.toLowerCase(Locale.ROOT), part.substring(equals + 1).strip());
    }
    ConnectionString result = new ConnectionString(parts, source);
    result.accountKey().ifPresent(Redaction::register);
    result.sas().ifPresent(Redaction::register);
    return result;
  }

  private Optional<String> part(String name) {
    return Optional.ofNullable(parts.get(name.toLowerCase(Locale.ROOT))).filter(v -> !v.isEmpty());
  }

  private boolean development() {
    return part("UseDevelopmentStorage").map(Boolean::parseBoolean).orElse(false);
  }

  /** The account's name, also where only an endpoint tells it. */
  public Optional<String> account() {
    return part("AccountName")
        .or(() -> development() ? Optional.of(Endpoints.EMULATOR_ACCOUNT) : Optional.empty())
        .or(() -> part("BlobEndpoint").flatMap(u -> Endpoints.accountOf(URI.create(u))))
        .or(() -> part("FileEndpoint").flatMap(u -> Endpoints.accountOf(URI.create(u))));
  }

  public Optional<String> accountKey() {
    return part("AccountKey")
        .or(() -> development() ? Optional.of(Endpoints.EMULATOR_KEY) : Optional.empty());
  }

  public Optional<String> sas() {
    return part("SharedAccessSignature");
  }

  /**
   * Address of a service.
   *
   * @param service {@code blob} or {@code file}
   */
  public Optional<URI> endpoint(String service) {
    Optional<String> explicit = part(service.equals("blob") ? "BlobEndpoint" : "FileEndpoint");
    if (explicit.isPresent()) {
      return Optional.of(Endpoints.normalise(explicit.get(), account().orElse(""), source));
    }
    if (development()) {
      return Optional.of(
          Endpoints.emulator(
              Endpoints.EMULATOR_ACCOUNT,
              service.equals("blob")
                  ? Endpoints.EMULATOR_BLOB_PORT
                  : Endpoints.EMULATOR_FILE_PORT));
    }
    return part("AccountName")
        .map(
            name ->
                URI.create(
                    part("DefaultEndpointsProtocol").orElse("https")
                        + "://"
                        + name
                        + "."
                        + service
                        + "."
                        + part("EndpointSuffix").orElse(Endpoints.PUBLIC_SUFFIX)));
  }

  @Override
  public String toString() {
    return "connection string from " + source;
  }
}
