package io.batchmount.core;

import java.io.IOException;
import java.util.Objects;
import java.util.Optional;

/**
 * A failed file-system operation: an errno for the kernel, a sentence for the user, and the
 * service's error code and request id where a service refused. The message must never hold a secret
 * (key, SAS, signed URL).
 */
public final class FsException extends IOException {
  private static final long serialVersionUID = 1L;

  private final Errno errno;
  private final String serviceCode;
  private final String requestId;

  /**
   * @param errno what the kernel is told
   * @param message one sentence that names the thing, and the fix where there is one
   */
  public FsException(Errno errno, String message) {
    this(errno, message, null, null, null);
  }

  /** As {@link #FsException(Errno, String)}, with the cause kept for the log. */
  public FsException(Errno errno, String message, Throwable cause) {
    this(errno, message, null, null, cause);
  }

  private FsException(
      Errno errno, String message, String serviceCode, String requestId, Throwable cause) {
    super(message, cause);
    this.errno = Objects.requireNonNull(errno);
    this.serviceCode = serviceCode;
    this.requestId = requestId;
  }

  /**
   * An error that a storage service answered.
   *
   * @param serviceCode the {@code x-ms-error-code}, such as {@code BlobNotFound}
   * @param requestId the {@code x-ms-request-id}
   */
  public static FsException ofService(
      Errno errno,
      String message,
      Optional<String> serviceCode,
      Optional<String> requestId,
      Throwable cause) {
    return new FsException(errno, message, serviceCode.orElse(null), requestId.orElse(null), cause);
  }

  /** ENOENT for a path. */
  public static FsException noEntry(String path) {
    return new FsException(Errno.ENOENT, path + ": no such file or directory");
  }

  /** What the kernel is told. */
  public Errno errno() {
    return errno;
  }

  /** The service's error code, where a service refused. */
  public Optional<String> serviceCode() {
    return Optional.ofNullable(serviceCode);
  }

  /** The service's request id, for questions to its operators. */
  public Optional<String> requestId() {
    return Optional.ofNullable(requestId);
  }

  /** One line for a log: errno, message, and what is known of the service's answer. */
  public String toLogLine() {
    StringBuilder line = new StringBuilder(errno.name()).append(": ").append(getMessage());
    serviceCode().ifPresent(code -> line.append(" [").append(code).append(']'));
    requestId().ifPresent(id -> line.append(" request ").append(id));
    return line.toString();
  }
}
