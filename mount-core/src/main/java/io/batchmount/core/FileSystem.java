package io.batchmount.core;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * A file system as the FUSE binding needs it. Thread-safe: the binding calls from many threads.
 *
 * <p>Paths are absolute below the mount point, begin with {@code /}, have no {@code .} or {@code
 * ..} components, no doubled and no trailing slash; the root is {@code "/"}. Names are Unicode
 * strings of at most 255 bytes in UTF-8. Symbolic links are not followed: the kernel does that.
 *
 * <p>Errors are {@link FsException}s with the errno that {@code path_resolution(7)} and the page of
 * the system call name. What a store cannot do fails with the errno of the table in {@code
 * docs/semantics.md}, never by pretending.
 */
public interface FileSystem extends AutoCloseable {

  /** A short name for logs and the mount table, such as {@code blob:corpus}. */
  String name();

  /** {@code lstat(2)}. */
  FileAttributes getAttributes(String path) throws FsException;

  /** {@code chmod}, {@code chown}, {@code utimensat}: returns when the change is stored. */
  void setAttributes(String path, AttributeChange change) throws FsException;

  /** {@code truncate(2)} by path. */
  void truncate(String path, long size) throws FsException;

  /**
   * Lists a directory, entry by entry as pages arrive, without {@code .} and {@code ..}. Each name
   * comes once; the order is the store's.
   */
  void readDirectory(String path, DirectorySink sink) throws FsException;

  /** {@code mkdir(2)}. */
  void makeDirectory(String path, int permissions, Caller caller) throws FsException;

  /** {@code rmdir(2)}: ENOTEMPTY unless the directory is empty at the service. */
  void removeDirectory(String path) throws FsException;

  /** {@code unlink(2)}: open handles go on reading what they had. */
  void unlink(String path) throws FsException;

  /** {@code rename(2)}, of files, directories and symbolic links. */
  void rename(String from, String to, RenameMode mode) throws FsException;

  /** {@code symlink(2)}. */
  void makeSymlink(String path, String target, Caller caller) throws FsException;

  /** {@code readlink(2)}: EINVAL when it is not a symbolic link. */
  String readSymlink(String path) throws FsException;

  /** {@code link(2)}. No store of ours has hard links of its own: ENOTSUP unless overridden. */
  default void makeHardLink(String existing, String path) throws FsException {
    throw new FsException(
        Errno.ENOTSUP, path + ": hard links cannot be kept by " + name() + "; use a copy");
  }

  /** Opens an existing file. */
  FileHandle open(String path, OpenOptions options) throws FsException;

  /**
   * Opens a file and makes it where it is absent ({@code O_CREAT}); EEXIST with {@link
   * OpenOptions#exclusive} when it is there.
   */
  FileHandle create(String path, int permissions, Caller caller, OpenOptions options)
      throws FsException;

  /**
   * {@code getxattr(2)}: ENODATA when it is absent, ENOTSUP outside the {@code user.} name space.
   */
  byte[] getXattr(String path, String name) throws FsException;

  /** {@code setxattr(2)}: ENOSPC when the store has no room for it. */
  void setXattr(String path, String name, byte[] value, XattrMode mode) throws FsException;

  /** {@code listxattr(2)}. */
  List<String> listXattrs(String path) throws FsException;

  /** {@code removexattr(2)}: ENODATA when it is absent. */
  void removeXattr(String path, String name) throws FsException;

  /** {@code statvfs(3)}. */
  FileSystemUsage usage() throws FsException;

  /** What waits to be saved right now. Cheap: counts, no request. */
  default PendingData pending() {
    return PendingData.NONE;
  }

  /**
   * Saves all pending data. Called before unmounting, with no operation running; new ones may still
   * come.
   *
   * @param timeout how long to try
   * @param progress told what is left, about once a second
   * @return what could not be saved; clean when all is in the service
   */
  default PendingData drain(Duration timeout, Consumer<PendingData> progress) throws FsException {
    return pending();
  }

  /** Releases threads, files and connections. Unsaved data stays in the journal. */
  @Override
  void close() throws FsException;
}
