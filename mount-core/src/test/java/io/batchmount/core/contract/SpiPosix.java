package io.batchmount.core.contract;

import io.batchmount.core.AttributeChange;
import io.batchmount.core.Caller;
import io.batchmount.core.Errno;
import io.batchmount.core.FileAttributes;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FileSystem;
import io.batchmount.core.FileSystemUsage;
import io.batchmount.core.FsException;
import io.batchmount.core.FsPaths;
import io.batchmount.core.OpenOptions;
import io.batchmount.core.RenameMode;
import io.batchmount.core.XattrMode;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * System calls on the SPI itself. It does what the kernel does before a request reaches a file
 * system: walks the directories of a path, checks the access mode of descriptors, makes directory
 * descriptors; no more, so that the errors of the file system are seen. Thread-safe.
 */
public final class SpiPosix implements Posix {
  private record OpenFile(FileHandle handle, int flags) {
    boolean readable() {
      return (flags & O_ACCMODE) != O_WRONLY;
    }

    boolean writable() {
      return (flags & O_ACCMODE) != O_RDONLY;
    }
  }

  private final FileSystem fileSystem;
  private final Map<Integer, OpenFile> files = new HashMap<>(); // guarded by files
  private int lastFd = 2; // guarded by files

  public SpiPosix(FileSystem fileSystem) {
    this.fileSystem = fileSystem;
  }

  @Override
  public boolean throughKernel() {
    return false;
  }

  @Override
  public int open(String path, int flags, int mode) throws FsException {
    walk(path);
    OpenOptions options =
        new OpenOptions(
            (flags & O_ACCMODE) != O_WRONLY,
            (flags & O_ACCMODE) != O_RDONLY,
            (flags & O_APPEND) != 0,
            (flags & O_TRUNC) != 0,
            (flags & O_CREAT) != 0 && (flags & O_EXCL) != 0,
            false,
            (flags & O_SYNC) == O_SYNC);
    FileHandle handle =
        (flags & O_CREAT) != 0
            ? fileSystem.create(path, mode, Caller.ROOT, options)
            : fileSystem.open(path, options);
    synchronized (files) {
      files.put(++lastFd, new OpenFile(handle, flags));
      return lastFd;
    }
  }

  @Override
  public void close(int fd) throws FsException {
    OpenFile file;
    synchronized (files) {
      file = file(fd);
      files.remove(fd);
    }
    try {
      file.handle().flush();
    } finally {
      file.handle().close();
    }
  }

  @Override
  public byte[] pread(int fd, int count, long offset) throws FsException {
    OpenFile file = file(fd);
    if (!file.readable()) {
      throw new FsException(Errno.EBADF, "not open for reading");
    }
    ByteBuffer buffer = ByteBuffer.allocateDirect(count);
    int read = file.handle().read(buffer, offset);
    if (read != buffer.position()) {
      throw new AssertionError("read said " + read + " and moved to " + buffer.position());
    }
    buffer.flip();
    byte[] bytes = new byte[read];
    buffer.get(bytes);
    return bytes;
  }

  @Override
  public int pwrite(int fd, byte[] data, long offset) throws FsException {
    OpenFile file = file(fd);
    if (!file.writable()) {
      throw new FsException(Errno.EBADF, "not open for writing");
    }
    ByteBuffer buffer = ByteBuffer.allocateDirect(data.length).put(data).flip();
    int written = file.handle().write(buffer, offset);
    if (buffer.hasRemaining() || written != data.length) {
      throw new AssertionError("write took " + written + " of " + data.length);
    }
    return written;
  }

  @Override
  public void ftruncate(int fd, long size) throws FsException {
    OpenFile file = file(fd);
    if (!file.writable()) {
      throw new FsException(Errno.EINVAL, "not open for writing"); // ftruncate(2) says EINVAL
    }
    file.handle().truncate(size);
  }

  @Override
  public void fsync(int fd) throws FsException {
    file(fd).handle().fsync(false);
  }

  @Override
  public void fdatasync(int fd) throws FsException {
    file(fd).handle().fsync(true);
  }

  @Override
  public FileAttributes fstat(int fd) throws FsException {
    return file(fd).handle().attributes();
  }

  @Override
  public void fchmod(int fd, int mode) throws FsException {
    file(fd).handle().setAttributes(AttributeChange.ofPermissions(mode));
  }

  @Override
  public void futimens(int fd, Optional<Instant> atime, Optional<Instant> mtime)
      throws FsException {
    file(fd).handle().setAttributes(AttributeChange.ofTimes(mtime, atime));
  }

  @Override
  public FileAttributes lstat(String path) throws FsException {
    walk(path);
    return fileSystem.getAttributes(path);
  }

  @Override
  public void truncate(String path, long size) throws FsException {
    walk(path);
    fileSystem.truncate(path, size);
  }

  @Override
  public void chmod(String path, int mode) throws FsException {
    walk(path);
    fileSystem.setAttributes(path, AttributeChange.ofPermissions(mode));
  }

  @Override
  public void lchown(String path, OptionalInt uid, OptionalInt gid) throws FsException {
    walk(path);
    fileSystem.setAttributes(path, AttributeChange.ofOwner(uid, gid));
  }

  @Override
  public void utimens(String path, Optional<Instant> atime, Optional<Instant> mtime)
      throws FsException {
    walk(path);
    fileSystem.setAttributes(path, AttributeChange.ofTimes(mtime, atime));
  }

  @Override
  public List<String> list(String path) throws FsException {
    walk(path);
    List<String> names = new ArrayList<>();
    fileSystem.readDirectory(
        path,
        entry -> {
          names.add(entry.name());
          return true;
        });
    return names;
  }

  @Override
  public void mkdir(String path, int mode) throws FsException {
    walk(path);
    fileSystem.makeDirectory(path, mode, Caller.ROOT);
  }

  @Override
  public void rmdir(String path) throws FsException {
    walk(path);
    fileSystem.removeDirectory(path);
  }

  @Override
  public void unlink(String path) throws FsException {
    walk(path);
    fileSystem.unlink(path);
  }

  @Override
  public void rename(String from, String to) throws FsException {
    walk(from);
    walk(to);
    if (!from.equals(to) && !FsPaths.isRoot(to) && FsPaths.isWithin(from, to)) {
      // Linux refuses a target above the source by itself, once it has found the source
      fileSystem.getAttributes(from);
      throw new FsException(Errno.ENOTEMPTY, to + ": " + from + " is in it");
    }
    fileSystem.rename(from, to, RenameMode.REPLACE);
  }

  @Override
  public void renameNoReplace(String from, String to) throws FsException {
    walk(from);
    walk(to);
    fileSystem.rename(from, to, RenameMode.NO_REPLACE);
  }

  @Override
  public void symlink(String target, String path) throws FsException {
    walk(path);
    fileSystem.makeSymlink(path, target, Caller.ROOT);
  }

  @Override
  public String readlink(String path) throws FsException {
    walk(path);
    return fileSystem.readSymlink(path);
  }

  @Override
  public void link(String existing, String path) throws FsException {
    walk(existing);
    walk(path);
    fileSystem.makeHardLink(existing, path);
  }

  @Override
  public byte[] getXattr(String path, String name) throws FsException {
    walk(path);
    return fileSystem.getXattr(path, name);
  }

  @Override
  public void setXattr(String path, String name, byte[] value, int flags) throws FsException {
    walk(path);
    XattrMode mode =
        switch (flags) {
          case XATTR_CREATE -> XattrMode.CREATE;
          case XATTR_REPLACE -> XattrMode.REPLACE;
          default -> XattrMode.ANY;
        };
    fileSystem.setXattr(path, name, value, mode);
  }

  @Override
  public List<String> listXattrs(String path) throws FsException {
    walk(path);
    return fileSystem.listXattrs(path);
  }

  @Override
  public void removeXattr(String path, String name) throws FsException {
    walk(path);
    fileSystem.removeXattr(path, name);
  }

  @Override
  public FileSystemUsage statvfs() throws FsException {
    return fileSystem.usage();
  }

  @Override
  public void close() throws Exception {
    List<OpenFile> left;
    synchronized (files) {
      left = List.copyOf(files.values());
      files.clear();
    }
    for (OpenFile file : left) {
      file.handle().close();
    }
    fileSystem.close();
  }

  private OpenFile file(int fd) throws FsException {
    synchronized (files) {
      OpenFile file = files.get(fd);
      if (file == null) {
        throw new FsException(Errno.EBADF, "descriptor " + fd + " is not open");
      }
      return file;
    }
  }

  /** Looks at each directory above a path, as {@code path_resolution(7)} does. */
  private void walk(String path) throws FsException {
    FsPaths.checkNameLength(path);
    for (int slash = path.indexOf('/', 1); slash > 0; slash = path.indexOf('/', slash + 1)) {
      FsPaths.checkNameLength(path.substring(0, slash));
      if (!fileSystem.getAttributes(path.substring(0, slash)).isDirectory()) {
        throw new FsException(Errno.ENOTDIR, path.substring(0, slash) + ": not a directory");
      }
    }
  }
}
