package io.batchmount.files.store;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.util.Optional;

/** The service's error codes that the mount decides by, and what the kernel is told of each. */
public final class ServiceCode {
  public static final String RESOURCE_NOT_FOUND = "ResourceNotFound";
  public static final String PARENT_NOT_FOUND = "ParentNotFound";
  public static final String SHARE_NOT_FOUND = "ShareNotFound";
  public static final String RESOURCE_ALREADY_EXISTS = "ResourceAlreadyExists";
  public static final String SHARE_ALREADY_EXISTS = "ShareAlreadyExists";
  public static final String DIRECTORY_NOT_EMPTY = "DirectoryNotEmpty";
  public static final String READ_ONLY_ATTRIBUTE = "ReadOnlyAttribute";
  public static final String RESOURCE_TYPE_MISMATCH = "ResourceTypeMismatch";
  public static final String INVALID_RANGE = "InvalidRange";
  public static final String LEASE_ALREADY_PRESENT = "LeaseAlreadyPresent";
  public static final String LEASE_ID_MISSING = "LeaseIdMissing";
  public static final String LEASE_NOT_PRESENT = "LeaseNotPresentWithFileOperation";
  public static final String LEASE_MISMATCH = "LeaseIdMismatchWithFileOperation";
  public static final String LEASE_LOST = "LeaseLost";
  public static final String LEASE_NOT_PRESENT_ACTION = "LeaseNotPresentWithLeaseOperation";
  public static final String LEASE_MISMATCH_ACTION = "LeaseIdMismatchWithLeaseOperation";
  public static final String METADATA_TOO_LARGE = "MetadataTooLarge";

  private ServiceCode() {}

  /** Whether an error carries this code. */
  public static boolean is(FsException e, String code) {
    return e.serviceCode().isPresent() && e.serviceCode().get().equals(code);
  }

  /** Whether the file or a directory above it is absent. */
  public static boolean isAbsent(FsException e) {
    return is(e, RESOURCE_NOT_FOUND) || is(e, PARENT_NOT_FOUND);
  }

  /**
   * Whether a question was answered with "there is nothing": no such file, or no bytes behind its
   * end. A share that is missing is no such answer.
   */
  static boolean isNothingThere(int status, String code) {
    return status == 416 || (status == 404 && !code.equals(SHARE_NOT_FOUND));
  }

  /** Whether our own lease is no longer there: broken or taken over. */
  public static boolean isLeaseGone(FsException e) {
    return is(e, LEASE_NOT_PRESENT)
        || is(e, LEASE_MISMATCH)
        || is(e, LEASE_LOST)
        || is(e, LEASE_ID_MISSING);
  }

  /** Whether trying again later may help: outages, throttling, no answer in time. */
  public static boolean isTransient(FsException e) {
    return switch (e.serviceCode().orElse("")) {
      case "ServerBusy",
          "InternalError",
          "OperationTimedOut",
          "ClientCacheFlushDelay",
          "SharingViolation",
          "FileLockConflict",
          "ShareSnapshotInProgress",
          NO_ANSWER ->
          true;
      default -> e.errno() == Errno.ETIMEDOUT || e.errno() == Errno.EINTR;
    };
  }

  /** Our own code for a request that got no answer. */
  public static final String NO_ANSWER = "NoAnswer";

  /** The errno for an answer of the service. */
  public static Errno errno(int status, String code) {
    return switch (code) {
      case RESOURCE_NOT_FOUND, PARENT_NOT_FOUND, SHARE_NOT_FOUND -> Errno.ENOENT;
      case RESOURCE_ALREADY_EXISTS, SHARE_ALREADY_EXISTS -> Errno.EEXIST;
      case DIRECTORY_NOT_EMPTY -> Errno.ENOTEMPTY;
      case READ_ONLY_ATTRIBUTE -> Errno.EACCES;
      case RESOURCE_TYPE_MISMATCH -> Errno.ENOTDIR;
      case METADATA_TOO_LARGE, "ShareSizeLimitReached", "InsufficientStorage" -> Errno.ENOSPC;
      case "InvalidResourceName", "InvalidUri", "OutOfRangeInput", "InvalidInput" -> Errno.EINVAL;
      case "InvalidFileOrDirectoryPathName" -> Errno.ENAMETOOLONG;
      case "SharingViolation",
          "FileLockConflict",
          "DeletePending",
          "CannotDeleteFileOrDirectory",
          LEASE_ALREADY_PRESENT,
          LEASE_ID_MISSING,
          LEASE_MISMATCH,
          LEASE_NOT_PRESENT,
          LEASE_LOST,
          LEASE_NOT_PRESENT_ACTION,
          LEASE_MISMATCH_ACTION ->
          Errno.EBUSY;
      case "RequestBodyTooLarge" -> Errno.EFBIG;
      case "OperationTimedOut" -> Errno.ETIMEDOUT;
      default ->
          switch (status) {
            case 401, 403 -> Errno.EACCES;
            case 404 -> Errno.ENOENT;
            default -> Errno.EIO;
          };
    };
  }

  /** An error as the service answers it. */
  public static FsException error(
      int status, String code, String what, String requestId, Throwable cause) {
    String hint =
        switch (code) {
          case SHARE_NOT_FOUND -> ": the share does not exist; create it or check its name";
          case "AuthenticationFailed" ->
              ": the service refuses the credentials; check key or SAS, its end, and the clock";
          case "AuthorizationPermissionMismatch",
              "AuthorizationFailure",
              "InsufficientAccountPermissions" ->
              ": the credentials do not allow this";
          default -> "";
        };
    return FsException.ofService(
        errno(status, code),
        what + ": " + status + " " + code + hint,
        Optional.of(code).filter(c -> !c.isEmpty()),
        Optional.of(requestId).filter(id -> !id.isEmpty()),
        cause);
  }
}
