package io.batchmount.blob.store;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.util.Optional;

/**
 * The one place where answers of the Blob service become errnos. Source: "Blob service error codes"
 * and "Common REST API error codes" of the service's REST reference.
 */
final class ServiceErrors {
  static final int FORBIDDEN = 403;
  static final int NOT_FOUND = 404;
  static final int CONFLICT = 409;
  static final int PRECONDITION_FAILED = 412;
  static final int RANGE_NOT_SATISFIABLE = 416;

  private ServiceErrors() {}

  /**
   * @param doing the operation and what it is done to, such as {@code Get Blob data/a.bin}
   * @param wantsAbsent the request carried {@code If-None-Match: *} for its target
   * @param clockSkew what is wrong with this machine's clock, where the service told its own time
   */
  static FsException of(
      int status,
      Optional<String> code,
      Optional<String> requestId,
      String doing,
      boolean wantsAbsent,
      Optional<String> clockSkew) {
    Errno errno = errno(status, code.orElse(""), wantsAbsent);
    return FsException.ofService(
        errno,
        doing
            + ": "
            + explain(status, code.orElse(""))
            + (errno == Errno.EACCES ? clockSkew.map(skew -> "; " + skew).orElse("") : ""),
        code,
        requestId,
        null);
  }

  static Errno errno(int status, String code, boolean wantsAbsent) {
    switch (code) {
      case "LeaseIdMissing",
      "LeaseIdMismatchWithBlobOperation",
      "LeaseAlreadyPresent",
      "LeaseIdMismatchWithLeaseOperation",
      "LeaseLost",
      "PendingCopyOperation":
        return Errno.EBUSY;
      case "SourceConditionNotMet",
      "CopySourceConditionNotMet",
      "InvalidBlockList",
      "AppendPositionConditionNotMet":
        return Errno.ESTALE;
      case "DirectoryNotEmpty", "DirectoryIsNotEmpty":
        return Errno.ENOTEMPTY;
      case "PathAlreadyExists":
        return Errno.EEXIST;
      case "SourcePathIsBeingDeleted", "DestinationPathIsBeingDeleted":
        return Errno.EBUSY;
      case "MetadataTooLarge":
        return Errno.ENOSPC;
      case "RequestBodyTooLarge", "BlockCountExceedsLimit", "BlockListTooLong":
        return Errno.EFBIG;
      case "BlobArchived":
        return Errno.EIO;
      case "InvalidUri", "InvalidResourceName", "InvalidMetadata", "EmptyMetadataKey":
        return Errno.EINVAL;
      default:
        break;
    }
    return switch (status) {
      case 304, PRECONDITION_FAILED -> wantsAbsent ? Errno.EEXIST : Errno.ESTALE;
      case 401, FORBIDDEN -> Errno.EACCES;
      case NOT_FOUND -> Errno.ENOENT;
      case CONFLICT ->
          code.equals("BlobAlreadyExists") || (wantsAbsent && code.isEmpty())
              ? Errno.EEXIST
              : Errno.EIO;
      default -> Errno.EIO;
    };
  }

  private static String explain(int status, String code) {
    return switch (code) {
      case "" -> "the service answered " + status;
      case "BlobNotFound" -> "no such blob";
      case "ContainerNotFound" -> "no such container";
      case "BlobArchived" -> "the blob is in the archive tier; rehydrate it first";
      case "AuthenticationFailed" ->
          "the service does not accept the credentials (AuthenticationFailed)";
      case "AuthorizationFailure",
          "AuthorizationPermissionMismatch",
          "AuthorizationProtocolMismatch",
          "AuthorizationServiceMismatch",
          "AuthorizationResourceTypeMismatch" ->
          "the credentials do not allow it (" + code + ")";
      default -> "the service answered " + status + " " + code;
    };
  }

  /** Whether another attempt may succeed. */
  static boolean isTransient(int status) {
    return switch (status) {
      case 408, 429, 500, 502, 503, 504 -> true;
      default -> false;
    };
  }

  /**
   * Whether a question was answered with "there is nothing": no such blob, or no such bytes of it.
   * A container that is missing is no such answer.
   */
  static boolean isNothingThere(int status, String code) {
    return status == RANGE_NOT_SATISFIABLE
        || (status == NOT_FOUND
            && !code.startsWith("Container")
            && !code.equals("FilesystemNotFound"));
  }

  /** Whether the service asks to slow down. */
  static boolean isThrottle(int status) {
    return status == 429 || status == 503;
  }
}
