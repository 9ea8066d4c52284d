package io.batchmount.blob;

import io.batchmount.blob.store.BlobProperties;
import java.util.Objects;
import java.util.Optional;

/**
 * What a path of the mount is in the container.
 *
 * @param path path below the mount point
 * @param kind what it is
 * @param blobName the blob that holds it: of a file its name; of a directory its name without the
 *     trailing slash, whether or not such a blob exists; empty for the root
 * @param properties of the blob; empty for directories without a marker blob. Of a marker its name
 *     may be {@code dir} or {@code dir/}
 */
public record BlobEntry(
    String path, Kind kind, String blobName, Optional<BlobProperties> properties) {

  /** The kinds of entries. Symbolic links are files here: their metadata tells. */
  public enum Kind {
    /** A blob with content. */
    FILE,
    /** A directory that a marker blob keeps alive ({@code hdi_isfolder}, or {@code dir/}). */
    MARKED_DIRECTORY,
    /** A directory that exists because blobs are below it. */
    IMPLICIT_DIRECTORY
  }

  public BlobEntry {
    Objects.requireNonNull(path);
    Objects.requireNonNull(kind);
    Objects.requireNonNull(blobName);
    Objects.requireNonNull(properties);
    if (kind == Kind.FILE && properties.isEmpty()) {
      throw new IllegalArgumentException(path + ": a file has properties");
    }
  }

  public static BlobEntry file(String path, BlobProperties properties) {
    return new BlobEntry(path, Kind.FILE, properties.name(), Optional.of(properties));
  }

  public static BlobEntry markedDirectory(String path, String blobName, BlobProperties marker) {
    return new BlobEntry(path, Kind.MARKED_DIRECTORY, blobName, Optional.of(marker));
  }

  public static BlobEntry implicitDirectory(String path, String blobName) {
    return new BlobEntry(path, Kind.IMPLICIT_DIRECTORY, blobName, Optional.empty());
  }

  public boolean isDirectory() {
    return kind != Kind.FILE;
  }

  /** The version of the blob, quotes included; empty for implicit directories. */
  public Optional<String> etag() {
    return properties.map(BlobProperties::etag);
  }
}
