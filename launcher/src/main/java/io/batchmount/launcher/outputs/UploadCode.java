package io.batchmount.launcher.outputs;

import io.batchmount.launcher.outputs.FailureInformation.Category;

/**
 * The error codes of an upload as the task reports them (Batch REST API, task failure information),
 * each with its category.
 */
public enum UploadCode {
  /** The container does not exist; uploads never create one. */
  CONTAINER_NOT_FOUND("FileUploadContainerNotFound", Category.USER_ERROR),
  /** SAS or identity invalid, expired, or without the permission to write. */
  ACCESS_DENIED("FileUploadAccessDenied", Category.USER_ERROR),
  /** A blob of another type, an immutable or a leased one stands in the way. */
  CONFLICT("FileUploadConflict", Category.USER_ERROR),
  /** Time ran out. */
  TIMED_OUT("FileUploadTimedOut", Category.SERVER_ERROR),
  /** Anything else. */
  MISC_ERROR("FileUploadMiscError", Category.SERVER_ERROR);

  private final String wireName;
  private final Category category;

  UploadCode(String wireName, Category category) {
    this.wireName = wireName;
    this.category = category;
  }

  /** The code in records and messages. */
  public String wireName() {
    return wireName;
  }

  /** Whose fault it is. */
  public Category category() {
    return category;
  }
}
