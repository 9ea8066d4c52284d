package io.batchmount.launcher.outputs;

import com.azure.core.exception.ClientAuthenticationException;
import com.azure.core.exception.HttpResponseException;
import com.azure.core.http.HttpHeaderName;
import com.azure.storage.blob.models.BlobStorageException;
import io.batchmount.core.ConnectionTrouble;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.files.store.ServiceCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/** Turns what clients and disks throw into the documented codes. */
final class ErrorClassifier {
  /** Statuses after which a repeat can help. */
  private static final Set<Integer> TRANSIENT = Set.of(408, 429, 500, 502, 503, 504);

  private static final HttpHeaderName REQUEST_ID = HttpHeaderName.fromString("x-ms-request-id");

  private ErrorClassifier() {}

  /**
   * An error by its kind.
   *
   * @param code of the task
   * @param innerCode of the error file
   * @param userFault of the error file
   * @param message for people, without secrets
   */
  record Classified(UploadCode code, String innerCode, boolean userFault, String message) {}

  static Classified classify(Throwable thrown) {
    Throwable error = unwrap(thrown);
    String message = SecretText.blank(describe(error));
    Optional<Integer> status = status(error);
    if (status.isPresent()) {
      return ofStatus(status.get(), message);
    }
    if (error instanceof ClientAuthenticationException) {
      return new Classified(UploadCode.ACCESS_DENIED, "AuthenticationFailed", true, message);
    }
    if (error instanceof FsException fs) {
      return ofErrno(fs, message);
    }
    if (error instanceof TimeoutException) {
      return new Classified(UploadCode.TIMED_OUT, "UnknownError", false, message);
    }
    return new Classified(UploadCode.MISC_ERROR, "UnknownError", false, message);
  }

  static boolean isTransient(Throwable thrown) {
    Throwable error = unwrap(thrown);
    Optional<Integer> status = status(error);
    if (status.isPresent()) {
      return TRANSIENT.contains(status.get());
    }
    if (error instanceof FsException || error instanceof FileSystemException) {
      return false; // a store has repeated already; a disk does not get better
    }
    return error instanceof IOException || error instanceof TimeoutException;
  }

  /** Errors of a file share, which the store gives as the kernel's numbers. */
  private static Classified ofErrno(FsException error, String message) {
    return switch (error.errno()) {
      case EACCES, EPERM ->
          new Classified(UploadCode.ACCESS_DENIED, "AuthenticationFailed", true, message);
      case ENOENT ->
          ServiceCode.is(error, ServiceCode.SHARE_NOT_FOUND)
              ? new Classified(UploadCode.CONTAINER_NOT_FOUND, "ContainerNotFound", true, message)
              : new Classified(UploadCode.MISC_ERROR, "UnknownError", false, message);
      case EEXIST, EBUSY, ENOTDIR, EISDIR ->
          new Classified(UploadCode.CONFLICT, "Conflict", true, message);
      case ETIMEDOUT -> ofLastTry(error, message);
      default ->
          ServiceCode.is(error, "ShareBeingDeleted")
              ? new Classified(UploadCode.CONFLICT, "Conflict", true, message)
              : new Classified(UploadCode.MISC_ERROR, "UnknownError", false, message);
    };
  }

  /** A store that has repeated a request for long enough: what the last try met counts. */
  private static Classified ofLastTry(FsException error, String message) {
    if (!(error.getCause() instanceof FsException last)) {
      return new Classified(UploadCode.TIMED_OUT, "UnknownError", false, message);
    }
    if (last.errno() == Errno.EBUSY) {
      return new Classified(UploadCode.CONFLICT, "Conflict", true, message);
    }
    if (ConnectionTrouble.of(last).filter(ConnectionTrouble.TIMEOUT::equals).isPresent()) {
      return new Classified(UploadCode.TIMED_OUT, "UnknownError", false, message);
    }
    boolean answered = !ServiceCode.is(last, ServiceCode.NO_ANSWER);
    return new Classified(
        UploadCode.MISC_ERROR, answered ? "InternalError" : "UnknownError", false, message);
  }

  /** Whether a store gave up because of one file, which says nothing of the next one. */
  static boolean isOfFile(FsException error) {
    return error.getCause() instanceof FsException last && last.errno() == Errno.EBUSY;
  }

  private static Classified ofStatus(int status, String message) {
    return switch (status) {
      case 401, 403 ->
          new Classified(UploadCode.ACCESS_DENIED, "AuthenticationFailed", true, message);
      case 404 ->
          new Classified(UploadCode.CONTAINER_NOT_FOUND, "ContainerNotFound", true, message);
      case 409 -> new Classified(UploadCode.CONFLICT, "Conflict", true, message);
      case 412 -> new Classified(UploadCode.MISC_ERROR, "PreconditionFailed", false, message);
      case 400, 500, 503 -> new Classified(UploadCode.MISC_ERROR, "InternalError", false, message);
      default -> new Classified(UploadCode.MISC_ERROR, "UnknownError", false, message);
    };
  }

  private static Optional<Integer> status(Throwable error) {
    if (error instanceof HttpResponseException http && http.getResponse() != null) {
      return Optional.of(http.getResponse().getStatusCode());
    }
    return Optional.empty();
  }

  /** Wrappers of the reactive client and of executors say nothing themselves. */
  static Throwable unwrap(Throwable thrown) {
    Throwable error = thrown;
    while (error.getCause() != null
        && (error instanceof ExecutionException
            || error instanceof UncheckedIOException
            || error.getClass().getName().startsWith("reactor.core.Exceptions$")
            || (error.getClass() == RuntimeException.class
                && (error.getCause() instanceof IOException
                    || error.getCause() instanceof TimeoutException)))) {
      error = error.getCause();
    }
    return error;
  }

  private static String describe(Throwable error) {
    if (error instanceof BlobStorageException service) {
      String code = service.getErrorCode() == null ? "" : " " + service.getErrorCode();
      String id = service.getResponse().getHeaderValue(REQUEST_ID);
      return "storage answered "
          + service.getStatusCode()
          + code
          + (id == null ? "" : " (request " + id + ")");
    }
    if (error instanceof ClientAuthenticationException && error.getCause() != null) {
      return "no token for the identity: " + messageOf(root(error)); // the outer ones say less
    }
    if (error instanceof FsException fs) {
      return fs.toLogLine();
    }
    if (error instanceof FileSystemException local) {
      return local.getFile() + ": " + FileMatcher.reason(local);
    }
    return messageOf(error);
  }

  private static Throwable root(Throwable thrown) {
    Throwable root = thrown;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }

  private static String messageOf(Throwable error) {
    String text = error.getMessage();
    return text == null ? error.getClass().getSimpleName() : text;
  }
}
