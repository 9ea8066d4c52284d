package io.batchmount.blob.store;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * What the service tells of a blob.
 *
 * @param name blob name
 * @param size bytes
 * @param etag version, in quotes as sent
 * @param lastModified time of the last change, whole seconds
 * @param type kind of blob
 * @param metadata user metadata, names as stored; compared without case by the service
 * @param contentType stored content type, if any
 * @param contentMd5 stored MD5 in base64, if any
 * @param accessTier tier, such as {@code Archive}; empty where the service tells none
 */
public record BlobProperties(
    String name,
    long size,
    String etag,
    Instant lastModified,
    BlobType type,
    Map<String, String> metadata,
    Optional<String> contentType,
    Optional<String> contentMd5,
    Optional<String> accessTier) {

  public BlobProperties {
    metadata = Map.copyOf(metadata);
  }

  /** True when the bytes cannot be read before the blob is rehydrated. */
  public boolean isArchived() {
    return accessTier.filter("Archive"::equalsIgnoreCase).isPresent();
  }
}
