package io.batchmount.blob;

import io.batchmount.blob.store.BlobProperties;
import io.batchmount.core.FsException;
import java.util.Optional;

/**
 * What the write engine needs of the name space: look-ups through the caches, the mapping of names,
 * and a place to report what it changed, so that this mount sees its own changes at once. All
 * methods are thread-safe.
 */
public interface BlobNamespace {

  /** Looks a path up through the caches (promise 7). Empty when there is no such name. */
  Optional<BlobEntry> find(String path) throws FsException;

  /** Looks a path up at the service, whatever the caches hold, and remembers the answer. */
  Optional<BlobEntry> refresh(String path) throws FsException;

  /**
   * The blob name of a path, without trailing slash; empty for the root.
   *
   * @throws FsException EINVAL when the name cannot be stored, ENAMETOOLONG when it is longer than
   *     the service allows
   */
  String blobName(String path) throws FsException;

  /** The prefix of everything below a directory: ends with {@code /}, empty for a bare root. */
  String directoryPrefix(String path) throws FsException;

  /** The path of a blob name, the inverse of {@link #blobName}. Empty when outside the mount. */
  Optional<String> pathOf(String blobName);

  /** Asks the service whether a directory has no entry (its own marker does not count). */
  boolean isEmptyAtService(String path) throws FsException;

  /** A file or symbolic link was made or changed at the service by this mount. */
  void fileStored(String path, BlobProperties properties);

  /** A marker for a directory was made by this mount: it is known to be empty. */
  void directoryMade(String path, BlobProperties marker);

  /** The marker of a directory was made or changed by this mount; what is below it is unchanged. */
  default void directoryChanged(String path, BlobProperties marker) {
    forget(path);
  }

  /** A directory without a marker now exists or goes on to exist (something is kept below it). */
  void directoryKept(String path);

  /** A name was removed by this mount. */
  void removed(String path);

  /** Forgets all that is known at a path and below it, and that its parent was listed. */
  void forget(String path);
}
