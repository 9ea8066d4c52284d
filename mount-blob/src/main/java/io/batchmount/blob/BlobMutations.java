package io.batchmount.blob;

import io.batchmount.core.AttributeChange;
import io.batchmount.core.Caller;
import io.batchmount.core.FileAttributes;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FsException;
import io.batchmount.core.OpenOptions;
import io.batchmount.core.PendingData;
import io.batchmount.core.RenameMode;
import io.batchmount.core.XattrMode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Everything that changes the container: the write engine. {@code BlobFileSystem} asks it first for
 * files that are open for writing here, whose content and size the service does not know yet.
 *
 * <p>Paths are those of the SPI. An implementation looks names up in {@link BlobNamespace}, reports
 * its changes there, and has checked what POSIX asks (parent exists, is a directory, target is
 * free) when it returns. Read-only mounts are refused before it is called. Thread-safe.
 */
public interface BlobMutations extends AutoCloseable {

  /** Attributes of a file with unsaved changes in this mount; empty when the service knows all. */
  Optional<FileAttributes> pendingAttributes(String path) throws FsException;

  /**
   * Names directly below a directory that exist in this mount only so far (created, not committed),
   * with attributes.
   */
  Map<String, FileAttributes> pendingEntries(String directory) throws FsException;

  /**
   * A handle on the unsaved content, for a reader that opens a file which is being written here;
   * empty when the service has all of it.
   */
  Optional<FileHandle> openPending(String path, OpenOptions options) throws FsException;

  /** Opens an existing file for writing. */
  FileHandle openForWrite(String path, OpenOptions options) throws FsException;

  /** {@link io.batchmount.core.FileSystem#create}. */
  FileHandle create(String path, int permissions, Caller caller, OpenOptions options)
      throws FsException;

  /** {@link io.batchmount.core.FileSystem#truncate}. */
  void truncate(String path, long size) throws FsException;

  /** {@link io.batchmount.core.FileSystem#setAttributes}. */
  void setAttributes(String path, AttributeChange change) throws FsException;

  /** {@link io.batchmount.core.FileSystem#makeDirectory}. */
  void makeDirectory(String path, int permissions, Caller caller) throws FsException;

  /** {@link io.batchmount.core.FileSystem#removeDirectory}. */
  void removeDirectory(String path) throws FsException;

  /** {@link io.batchmount.core.FileSystem#unlink}. */
  void unlink(String path) throws FsException;

  /** {@link io.batchmount.core.FileSystem#rename}. */
  void rename(String from, String to, RenameMode mode) throws FsException;

  /** {@link io.batchmount.core.FileSystem#makeSymlink}. */
  void makeSymlink(String path, String target, Caller caller) throws FsException;

  /** {@link io.batchmount.core.FileSystem#setXattr}, {@code user.} names only. */
  void setXattr(String path, String name, byte[] value, XattrMode mode) throws FsException;

  /** {@link io.batchmount.core.FileSystem#removeXattr}, {@code user.} names only. */
  void removeXattr(String path, String name) throws FsException;

  /** The attributes that metadata and properties of a stored entry tell. */
  FileAttributes attributes(BlobEntry entry);

  /** The target of a stored symbolic link; empty when the entry is none. */
  Optional<String> symlinkTarget(BlobEntry entry) throws FsException;

  /** The {@code user.} extended attributes that an entry's metadata holds. */
  Map<String, byte[]> xattrs(BlobEntry entry) throws FsException;

  /** The {@code user.} attributes of a file that the service does not know yet; else empty. */
  default Optional<Map<String, byte[]>> pendingXattrs(String path) {
    return Optional.empty();
  }

  /** {@link io.batchmount.core.FileSystem#pending}. */
  PendingData pending();

  /** {@link io.batchmount.core.FileSystem#drain}. */
  PendingData drain(Duration timeout, Consumer<PendingData> progress) throws FsException;

  /** Names of files whose data waits or failed, for {@code status}. */
  default List<String> pendingPaths() {
    return List.of();
  }

  @Override
  void close() throws FsException;
}
