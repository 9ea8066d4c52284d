package io.batchmount.emulator.files.protocol;

import java.util.Optional;

/** The error codes of the service with their status and text. */
public enum ErrorCode {
  AccountIsDisabled(403, "The specified account is disabled."),
  AuthenticationFailed(
      403,
      "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly"
          + " including the signature."),
  AuthorizationFailure(403, "This request is not authorized to perform this operation."),
  AuthorizationPermissionMismatch(
      403, "This request is not authorized to perform this operation using this permission."),
  AuthorizationProtocolMismatch(
      403, "This request is not authorized to perform this operation using this protocol."),
  AuthorizationResourceTypeMismatch(
      403, "This request is not authorized to perform this operation using this resource type."),
  AuthorizationServiceMismatch(
      403, "This request is not authorized to perform this operation using this service."),
  AuthorizationSourceIPMismatch(
      403, "This request is not authorized to perform this operation using this source IP."),
  CannotDeleteFileOrDirectory(
      409, "An attempt has been made to remove a file or directory that can't be deleted."),
  CannotVerifyCopySource(404, "The specified resource does not exist."),
  ClientCacheFlushDelay(
      500,
      "The specified resource state could not be flushed from an SMB client in the specified time."),
  ConditionHeadersNotSupported(400, "Condition headers are not supported."),
  ConditionNotMet(412, "The condition specified using HTTP conditional header(s) is not met."),
  DeletePending(409, "The specified resource is marked for deletion by an SMB client."),
  DirectoryNotEmpty(409, "The specified directory is not empty."),
  EmptyMetadataKey(400, "The key for one of the metadata key-value pairs is empty."),
  FileInvalidPermission(400, "The specified file permission is not valid."),
  FileInvalidPermissionKey(400, "The specified file permission key doesn't exist in the share."),
  FileLockConflict(409, "A portion of the specified file is locked by an SMB client."),
  FileShareProvisionedSizeInvalid(400, "The specified share quota is not valid."),
  InsufficientAccountPermissions(
      403, "The account being accessed does not have sufficient permissions."),
  InternalError(500, "The server encountered an internal error. Please retry the request."),
  InvalidFileOrDirectoryPathName(400, "The specified file or directory path name is invalid."),
  InvalidHeaderValue(400, "The value for one of the HTTP headers is not in the correct format."),
  InvalidInput(400, "One of the request inputs is not valid."),
  InvalidMd5(
      400,
      "The MD5 value specified in the request is invalid. The MD5 value must be 128 bits and base64-encoded."),
  InvalidMetadata(
      400, "The metadata specified is invalid. It has characters that are not permitted."),
  InvalidQueryParameterValue(
      400, "Value for one of the query parameters specified in the request URI is invalid."),
  InvalidRange(416, "The range specified is invalid for the current size of the resource."),
  InvalidResourceName(400, "The specified resource name contains invalid characters."),
  InvalidUri(400, "The requested URI does not represent any resource on the server."),
  InvalidXmlDocument(400, "XML specified is not syntactically valid."),
  LeaseAlreadyBroken(409, "The lease has already been broken and cannot be renewed."),
  LeaseAlreadyPresent(409, "There is already a lease present."),
  LeaseIdMismatchWithContainerOperation(
      412, "The lease ID specified did not match the lease ID for the file share."),
  LeaseIdMismatchWithFileOperation(
      412, "The lease ID specified did not match the lease ID for the file."),
  LeaseIdMismatchWithLeaseOperation(
      409, "The lease ID specified did not match the lease ID for the file."),
  LeaseIdMissing(
      412, "There is currently a lease on the file and no lease ID was specified in the request."),
  LeaseIsBreakingAndCannotBeAcquired(
      409,
      "There is already a breaking lease, and the lease cannot be acquired until it is broken."),
  LeaseIsBreakingAndCannotBeChanged(
      409, "The lease ID matched, but the lease is currently in breaking state."),
  LeaseIsBrokenAndCannotBeRenewed(
      409, "The lease ID matched, but the lease has been broken explicitly."),
  LeaseLost(412, "A lease ID was specified, but the lease for the file share has expired."),
  LeaseNotPresentWithContainerOperation(412, "There is currently no lease on the file share."),
  LeaseNotPresentWithFileOperation(412, "There is currently no lease on the file."),
  LeaseNotPresentWithLeaseOperation(409, "There is currently no lease on the file."),
  Md5Mismatch(
      400,
      "The MD5 value specified in the request did not match with the MD5 value calculated by the server."),
  MetadataTooLarge(400, "The metadata specified exceeds the maximum permissible limit (8KB)."),
  MissingContentLengthHeader(411, "The request must include the Content-Length header."),
  MissingRequiredHeader(400, "An HTTP header that's mandatory for this request is not specified."),
  MissingRequiredQueryParameter(
      400, "A query parameter that's mandatory for this request is not specified."),
  NoPendingCopyOperation(409, "There is currently no pending copy operation."),
  OperationTimedOut(500, "The operation could not be completed within the permitted time."),
  OutOfRangeInput(400, "One of the request inputs is out of range."),
  OutOfRangeQueryParameterValue(
      400,
      "One of the query parameters specified in the request URI is outside the permissible range."),
  ParentNotFound(404, "The specified parent path does not exist."),
  PendingCopyOperation(409, "There is currently a pending copy operation."),
  ReadOnlyAttribute(
      409, "The specified resource is read-only and cannot be modified at this time."),
  RequestBodyTooLarge(
      413, "The request body is too large and exceeds the maximum permissible limit."),
  ResourceAlreadyExists(409, "The specified resource already exists."),
  ResourceNotFound(404, "The specified resource does not exist."),
  ResourceTypeMismatch(
      409, "The specified resource type does not match the type of the existing resource."),
  ServerBusy(503, "The server is currently unable to receive requests. Please retry your request."),
  ShareAlreadyExists(409, "The specified share already exists."),
  ShareBeingDeleted(409, "The specified share is being deleted. Try operation later."),
  ShareDisabled(403, "The specified share is disabled by the administrator."),
  ShareHasSnapshots(409, "The share has snapshots and the operation requires no snapshots."),
  ShareNotFound(404, "The specified share does not exist."),
  ShareSnapshotCountExceeded(409, "The total number of snapshots for the share is over the limit."),
  ShareSnapshotInProgress(409, "A snapshot operation for the specified share is in progress."),
  ShareSnapshotNotFound(404, "The specified share snapshot does not exist."),
  ShareSnapshotOperationNotSupported(
      400, "The specified operation is not supported on a share snapshot."),
  SharingViolation(409, "The specified resource may be in use by an SMB client."),
  UnsupportedHeader(400, "One of the HTTP headers specified in the request is not supported."),
  UnsupportedHttpVerb(405, "The resource doesn't support the specified HTTP verb.");

  private final int status;
  private final String message;

  ErrorCode(int status, String message) {
    this.status = status;
    this.message = message;
  }

  /** The HTTP status it comes with. */
  public int status() {
    return status;
  }

  /** The text for people. */
  public String message() {
    return message;
  }

  /** The code of this name, case and all. */
  public static Optional<ErrorCode> named(String name) {
    for (ErrorCode c : values()) {
      if (c.name().equals(name)) {
        return Optional.of(c);
      }
    }
    return Optional.empty();
  }
}
