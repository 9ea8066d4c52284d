package io.batchmount.files.store;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Properties of a file or directory as the service keeps them.
 *
 * @param name last path segment, as stored; empty for the root
 * @param directory whether it is a directory
 * @param size bytes of a file, 0 of a directory
 * @param etag in quotes
 * @param creationTime resolution 100 ns
 * @param lastWriteTime resolution 100 ns
 * @param changeTime resolution 100 ns
 * @param attributes attribute bits
 * @param fileId unique within the share
 * @param metadata what a properties call brought; empty in listings, which never carry metadata
 * @param headers content headers; empty in listings
 * @param leased whether a lease is active; false in listings, which do not tell
 */
public record StoredItem(
    String name,
    boolean directory,
    long size,
    String etag,
    Instant creationTime,
    Instant lastWriteTime,
    Instant changeTime,
    Set<FileAttribute> attributes,
    String fileId,
    Map<String, String> metadata,
    Optional<ContentHeaders> headers,
    boolean leased) {
  public StoredItem {
    attributes = Set.copyOf(attributes);
    metadata = Map.copyOf(metadata);
  }
}
