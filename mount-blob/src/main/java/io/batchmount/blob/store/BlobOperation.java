package io.batchmount.blob.store;

/** The requests of {@link BlobStore}, as they are counted, slowed down and failed. */
public enum BlobOperation {
  LIST,
  HEAD,
  GET,
  PUT_BLOB,
  PUT_BLOCK,
  PUT_BLOCK_FROM_URL,
  GET_BLOCK_LIST,
  PUT_BLOCK_LIST,
  CREATE_APPEND,
  APPEND_BLOCK,
  SET_METADATA,
  COPY,
  DELETE,
  ACCOUNT_INFORMATION,
  CREATE_DIRECTORY,
  DELETE_DIRECTORY,
  RENAME;

  /** Whether the request changes the container. */
  public boolean isWrite() {
    return switch (this) {
      case LIST, HEAD, GET, GET_BLOCK_LIST, ACCOUNT_INFORMATION -> false;
      default -> true;
    };
  }
}
