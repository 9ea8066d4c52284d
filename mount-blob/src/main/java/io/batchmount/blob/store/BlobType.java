package io.batchmount.blob.store;

/** The kinds of blobs. */
public enum BlobType {
  BLOCK,
  APPEND,
  PAGE
}
