package io.batchmount.blob.store;

import java.util.Map;
import java.util.Optional;

/**
 * What a write stores beside the bytes.
 *
 * @param contentType {@code x-ms-blob-content-type}
 * @param metadata replaces all metadata
 */
public record BlobHeaders(Optional<String> contentType, Map<String, String> metadata) {
  /** Neither type nor metadata. */
  public static final BlobHeaders NONE = new BlobHeaders(Optional.empty(), Map.of());

  public BlobHeaders {
    metadata = Map.copyOf(metadata);
  }
}
