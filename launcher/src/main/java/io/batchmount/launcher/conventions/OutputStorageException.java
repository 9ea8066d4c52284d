package io.batchmount.launcher.conventions;

import com.azure.storage.blob.models.BlobStorageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;

/**
 * Saving, listing or fetching an output failed: storage refused, could not be reached, or a local
 * file could not be read or written. The message names the operation and the output and holds no
 * secret.
 */
public final class OutputStorageException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int NO_STATUS = 0;

  private final int status;
  private final String serviceCode;

  OutputStorageException(String message, Throwable cause) {
    this(message, NO_STATUS, null, cause);
  }

  private OutputStorageException(String message, int status, String serviceCode, Throwable cause) {
    super(message, cause);
    this.status = status;
    this.serviceCode = serviceCode;
  }

  /** The HTTP status that storage answered, if it answered. */
  public OptionalInt status() {
    return status == NO_STATUS ? OptionalInt.empty() : OptionalInt.of(status);
  }

  /** The error code that storage answered, such as {@code ContainerNotFound}, if it gave one. */
  public Optional<String> serviceCode() {
    return Optional.ofNullable(serviceCode);
  }

  /** True if the container or the output does not exist. */
  public boolean isNotFound() {
    return status == 404;
  }

  /** Runs an operation; what storage or the disk throws comes out as this exception. */
  static <T> T calling(String operation, IoSupplier<T> body) {
    try {
      return body.get();
    } catch (IOException | RuntimeException e) {
      throw of(operation, e);
    }
  }

  static RuntimeException of(String operation, Exception e) {
    Throwable cause = e instanceof UncheckedIOException && e.getCause() != null ? e.getCause() : e;
    if (cause instanceof OutputStorageException already) {
      return already;
    }
    if (cause instanceof IllegalArgumentException argument) {
      return argument;
    }
    if (cause instanceof BlobStorageException service) {
      String code = service.getErrorCode() == null ? null : service.getErrorCode().toString();
      return new OutputStorageException(
          operation
              + ": storage answered "
              + service.getStatusCode()
              + (code == null ? "" : " " + code),
          service.getStatusCode(),
          code,
          service);
    }
    return new OutputStorageException(operation + ": " + describe(cause), cause);
  }

  private static String describe(Throwable cause) {
    String text = cause.getMessage();
    String name = cause.getClass().getSimpleName();
    if (text == null || text.contains("sig=")) {
      return name; // a signed address must not reach a message
    }
    return cause instanceof IOException ? name + " " + text : text;
  }

  /** As {@link Supplier}, for bodies that touch the disk. */
  @FunctionalInterface
  interface IoSupplier<T> {
    /** The body's result. */
    T get() throws IOException;
  }
}
