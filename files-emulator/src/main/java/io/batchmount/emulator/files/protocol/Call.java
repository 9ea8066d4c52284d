package io.batchmount.emulator.files.protocol;

import io.batchmount.emulator.files.http.HttpFields;
import io.batchmount.emulator.files.http.HttpRequest;
import io.batchmount.emulator.files.model.Metadata;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/** One request as the operations see it. Used by one thread. */
public final class Call {
  private static final Pattern IDENTIFIER =
      Pattern.compile("[\\p{L}\\p{Nl}_][\\p{L}\\p{Nl}\\p{Nd}\\p{Pc}\\p{Mn}\\p{Mc}]*");
  private static final String META = "x-ms-meta-";
  private static final int MAX_METADATA = 8 * 1024;

  private final HttpRequest http;
  private final String account;
  private final Target target;
  private final String requestId = UUID.randomUUID().toString();
  private final Operation operation;
  private String version = "";
  private boolean mayOverwrite = true;

  /**
   * Reads where a request goes and what it wants.
   *
   * @throws ServiceException InvalidUri if the path cannot be decoded
   */
  Call(HttpRequest http, String account) {
    this.http = http;
    this.account = account;
    this.target = Target.parse(account, http.rawPath(), http.rawQuery());
    this.operation = Operation.of(this);
  }

  public HttpRequest http() {
    return http;
  }

  public String account() {
    return account;
  }

  public Target target() {
    return target;
  }

  public Operation operation() {
    return operation;
  }

  public String method() {
    return http.method();
  }

  /** A GUID of this request. */
  public String requestId() {
    return requestId;
  }

  /** The service version it is answered by. */
  public String version() {
    return version;
  }

  void version(String value) {
    this.version = value;
  }

  /** Whether it is of this version or a later one. */
  boolean since(String first) {
    return version.compareTo(first) >= 0;
  }

  /**
   * Whether the credentials allow to replace what exists: not so with a SAS that may only create.
   */
  boolean mayOverwrite() {
    return mayOverwrite;
  }

  /** Told by the authorisation. */
  public void mayOverwrite(boolean value) {
    this.mayOverwrite = value;
  }

  /** A header, stripped. */
  public Optional<String> header(String name) {
    return http.headers().get(name).map(String::strip);
  }

  /** A header that must be there. */
  String required(String name) {
    return header(name)
        .filter(v -> !v.isEmpty())
        .orElseThrow(() -> ServiceException.missingHeader(name));
  }

  /** A header that is true or false; false when it is not there. */
  boolean flag(String name, boolean otherwise) {
    Optional<String> value = header(name);
    if (value.isEmpty()) {
      return otherwise;
    }
    return switch (value.get().toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw ServiceException.invalidHeader(name, value.get());
    };
  }

  /** Names of the path as they are stored. */
  List<String> path() {
    return Names.path(target.segments(), trailingDots("x-ms-allow-trailing-dot"));
  }

  /** Whether this side keeps trailing dots. */
  boolean trailingDots(String header) {
    return since(Versions.TRAILING_DOTS) && flag(header, false);
  }

  /** The metadata headers, names with their case; empty when there are none. */
  Map<String, String> metadata() {
    Map<String, String> values = new LinkedHashMap<>();
    int size = 0;
    for (HttpFields.Field f : http.headers().withPrefix(META)) {
      String name = f.name().substring(META.length());
      if (name.isEmpty()) {
        throw new ServiceException(ErrorCode.EmptyMetadataKey);
      }
      if (!IDENTIFIER.matcher(name).matches()
          || values.keySet().stream().anyMatch(name::equalsIgnoreCase)) {
        throw new ServiceException(ErrorCode.InvalidMetadata);
      }
      values.put(name, f.value().strip());
      size += name.length() + f.value().strip().length();
    }
    if (size > MAX_METADATA) {
      throw new ServiceException(ErrorCode.MetadataTooLarge);
    }
    return Metadata.copy(values);
  }

  /** A whole number in a header. */
  Optional<Long> number(String name, long least, long most) {
    Optional<String> text = header(name);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    long value;
    try {
      value = Long.parseLong(text.get());
    } catch (NumberFormatException e) {
      throw ServiceException.invalidHeader(name, text.get());
    }
    if (value < least || value > most) {
      throw ServiceException.invalidHeader(name, text.get());
    }
    return Optional.of(value);
  }

  /** The lease id; its form is checked. */
  Optional<String> leaseId(String name) {
    return header(name).filter(v -> !v.isEmpty()).map(v -> guid(name, v));
  }

  static String guid(String name, String value) {
    String text =
        value.startsWith("{") && value.endsWith("}")
            ? value.substring(1, value.length() - 1)
            : value;
    if (!text.matches(
        "[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}")) {
      throw ServiceException.invalidHeader(name, value);
    }
    return text;
  }
}
