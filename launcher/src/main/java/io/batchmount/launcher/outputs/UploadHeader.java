package io.batchmount.launcher.outputs;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A header for the requests that make a blob.
 *
 * <p>Plain entity headers are sent as their {@code x-ms-blob-*} twins, so that a file that goes up
 * in blocks gives the same blob as one that goes up at once.
 *
 * @param name without regard to case
 * @param value may be empty
 */
public record UploadHeader(String name, String value) {
  /** Headers that the upload itself must own. */
  private static final Set<String> OWNED =
      Set.of(
          "x-ms-blob-type",
          "x-ms-version",
          "x-ms-date",
          "authorization",
          "content-length",
          "host",
          "date",
          "transfer-encoding",
          "connection",
          "expect",
          "x-ms-copy-source",
          "x-ms-blob-content-length",
          "x-ms-content-crc64",
          "x-ms-structured-body",
          "x-ms-structured-content-length");

  private static final Map<String, String> TWINS =
      Map.of(
          "content-type", "x-ms-blob-content-type",
          "content-encoding", "x-ms-blob-content-encoding",
          "content-language", "x-ms-blob-content-language",
          "content-disposition", "x-ms-blob-content-disposition",
          "content-md5", "x-ms-blob-content-md5",
          "cache-control", "x-ms-blob-cache-control");

  /** Headers that each block needs as well as the commit, or the service refuses the block. */
  private static final Set<String> FOR_EVERY_REQUEST =
      Set.of(
          "x-ms-lease-id",
          "x-ms-encryption-key",
          "x-ms-encryption-key-sha256",
          "x-ms-encryption-algorithm",
          "x-ms-encryption-scope");

  /** RFC 9110, field names. */
  private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

  private static final Pattern LEGAL_VALUE = Pattern.compile("[\\x20-\\x7e\\t]*");

  /**
   * Refuses what cannot be sent.
   *
   * @throws IllegalArgumentException with a sentence that does not repeat the value
   */
  public UploadHeader {
    if (!TOKEN.matcher(name).matches()) {
      throw new IllegalArgumentException("\"" + name + "\" is not the name of a header");
    }
    if (OWNED.contains(name.toLowerCase(Locale.ROOT))) {
      throw new IllegalArgumentException("header " + name + " is set by the upload itself");
    }
    if (!LEGAL_VALUE.matcher(value).matches()) {
      throw new IllegalArgumentException(
          "the value of header " + name + " must be printable ASCII on one line");
    }
  }

  /** The name under which it is sent: of a plain entity header its {@code x-ms-blob-*} twin. */
  public String sentName() {
    return TWINS.getOrDefault(name.toLowerCase(Locale.ROOT), name);
  }

  /** Whether the staging of each block needs the header too. */
  public boolean isForEveryRequest() {
    return FOR_EVERY_REQUEST.contains(name.toLowerCase(Locale.ROOT));
  }

  /** Name only: a value may be a key. */
  @Override
  public String toString() {
    return name;
  }
}
