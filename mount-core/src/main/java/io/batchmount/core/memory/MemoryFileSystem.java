package io.batchmount.core.memory;

import io.batchmount.core.AttributeChange;
import io.batchmount.core.Caller;
import io.batchmount.core.DirectoryEntry;
import io.batchmount.core.DirectorySink;
import io.batchmount.core.Errno;
import io.batchmount.core.FileAttributes;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FileSystem;
import io.batchmount.core.FileSystemUsage;
import io.batchmount.core.FileType;
import io.batchmount.core.FsException;
import io.batchmount.core.FsPaths;
import io.batchmount.core.OpenOptions;
import io.batchmount.core.RenameMode;
import io.batchmount.core.XattrMode;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A file system in memory that does what POSIX and the Linux manual pages say: the reference that
 * others are compared with. Everything is atomic: one lock guards the tree, and each file's content
 * has one of its own, so that reads and writes of different files do not wait for each other.
 *
 * <p>It checks no permissions (the kernel does, with {@code default_permissions}) and follows no
 * symbolic links (the kernel does). {@link #close} keeps the content: the object can be mounted
 * again.
 */
public final class MemoryFileSystem implements FileSystem {
  /** Bytes of file pages unless said otherwise; as much as a test may want, far below a heap. */
  public static final long DEFAULT_CAPACITY = 512L << 20;

  /**
   * Names and values of all extended attributes of one file: what blob metadata can hold, so that
   * the reference has the bound that the stores have.
   */
  public static final int MAX_XATTR_BYTES = 8 * 1024;

  private static final int ROOT_PERMISSIONS = 0755;
  private static final int SYMLINK_PERMISSIONS = 0777; // symlink(7): they are always rwxrwxrwx
  private static final int MAX_TARGET_BYTES = 4095; // limits.h PATH_MAX, less the final zero
  private static final long MAX_FILES = 1L << 32; // shown by statvfs; memory ends earlier

  private final String name;
  private final InstantSource clock;
  private final MemorySpace space;
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final MemoryNode root; // the tree below it is guarded by lock
  private long lastInode = 1; // guarded by lock
  private long files = 1; // guarded by lock

  /** An empty file system of {@link #DEFAULT_CAPACITY} bytes. */
  public MemoryFileSystem() {
    this("memory", DEFAULT_CAPACITY, InstantSource.system());
  }

  /**
   * @param name for logs and the mount table
   * @param capacity bytes of file pages before ENOSPC
   * @param clock gives the times of changes
   */
  public MemoryFileSystem(String name, long capacity, InstantSource clock) {
    this.name = name;
    this.clock = clock;
    this.space = new MemorySpace(capacity);
    this.root = newNode(FileType.DIRECTORY, ROOT_PERMISSIONS, Caller.ROOT, "");
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public FileAttributes getAttributes(String path) throws FsException {
    lock.readLock().lock();
    try {
      return find(path).attributes();
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public void setAttributes(String path, AttributeChange change) throws FsException {
    lock.writeLock().lock();
    try {
      find(path).change(change, clock.instant());
    } finally {
      lock.writeLock().unlock();
    }
  }

  @Override
  public void truncate(String path, long size) throws FsException {
    lock.writeLock().lock();
    try {
      MemoryNode node = regular(path);
      node.content.truncate(size);
      node.modified(clock.instant());
    } finally {
      lock.writeLock().unlock();
    }
  }

  @Override
  public void readDirectory(String path, DirectorySink sink) throws FsException {
    List<DirectoryEntry> entries;
    lock.readLock().lock();
    try {
      MemoryNode directory = directory(path);
      entries = new ArrayList<>(directory.children().size());
      directory
          .children()
          .forEach((child, node) -> entries.add(new DirectoryEntry(child, node.attributes())));
    } finally {
      lock.readLock().unlock();
    }
    for (DirectoryEntry entry : entries) { // not under the lock: the sink may be slow
      if (!sink.accept(entry)) {
        return;
      }
    }
  }

  @Override
  public void makeDirectory(String path, int permissions, Caller caller) throws FsException {
    lock.writeLock().lock();
    try {
      add(path, () -> newNode(FileType.DIRECTORY, permissions, caller, ""));
    } finally {
      lock.writeLock().unlock();
    }
  }

  @Override
  public void removeDirectory(String path) throws FsException {
    lock.writeLock().lock();
    try {
      MemoryNode node = directory(path);
      if (node == root) {
        throw new FsException(Errno.EBUSY, "the root of a file system cannot be removed");
      }
      if (!node.children().isEmpty()) {
        throw new FsException(Errno.ENOTEMPTY, path + ": directory not empty");
      }
      detach(path, node);
    } finally {
      lock.writeLock().unlock();
    }
  }

  @Override
  public void unlink(String path) throws FsException {
    lock.writeLock().lock();
    try {
      MemoryNode node = find(path);
      if (node.isDirectory()) {
        throw new FsException(Errno.EISDIR, path + ": is a directory");
      }
      detach(path, node);
    } finally {
      lock.writeLock().unlock();
    }
  }

  @Override
  public void rename(String from, String to, RenameMode mode) throws FsException {
    lock.writeLock().lock();
    try {
      if (FsPaths.isRoot(from) || FsPaths.isRoot(to)) {
        throw new FsException(Errno.EBUSY, "the root of a file system cannot be renamed");
      }
      MemoryNode node = find(from);
      MemoryNode target = parentOf(to);
      Optional<MemoryNode> existing = target.child(FsPaths.name(to));
      FsPaths.checkNameLength(to);
      if (existing.isPresent() && mode == RenameMode.NO_REPLACE) {
        throw new FsException(Errno.EEXIST, to + ": file exists");
      }
      if (existing.isPresent() && existing.get() == node) {
        return; // rename(2): two names of one file, nothing is done
      }
      if (node.isDirectory() && FsPaths.isWithin(to, from)) {
        throw new FsException(Errno.EINVAL, from + ": cannot be moved into itself, " + to);
      }
      if (existing.isPresent()) {
        checkReplaceable(node, existing.get(), to);
        detach(to, existing.get());
      }
      parentOf(from).detach(FsPaths.name(from), clock.instant());
      target.attach(FsPaths.name(to), node, clock.instant());
      node.touched(clock.instant());
    } finally {
      lock.writeLock().unlock();
    }
  }

  private static void checkReplaceable(MemoryNode node, MemoryNode existing, String to)
      throws FsException {
    if (node.isDirectory() && !existing.isDirectory()) {
      throw new FsException(Errno.ENOTDIR, to + ": a directory cannot replace a file");
    }
    if (!node.isDirectory() && existing.isDirectory()) {
      throw new FsException(Errno.EISDIR, to + ": a file cannot replace a directory");
    }
    if (!existing.children().isEmpty()) {
      throw new FsException(Errno.ENOTEMPTY, to + ": directory not empty");
    }
  }

  @Override
  public void makeSymlink(String path, String target, Caller caller) throws FsException {
    if (target.isEmpty()) {
      throw new FsException(Errno.ENOENT, path + ": the target of a symbolic link is empty");
    }
    if (target.getBytes(StandardCharsets.UTF_8).length > MAX_TARGET_BYTES) {
      throw new FsException(
          Errno.ENAMETOOLONG, path + ": the target is longer than " + MAX_TARGET_BYTES + " bytes");
    }
    lock.writeLock().lock();
    try {
      add(path, () -> newNode(FileType.SYMLINK, SYMLINK_PERMISSIONS, caller, target));
    } finally {
      lock.writeLock().unlock();
    }
  }

  @Override
  public String readSymlink(String path) throws FsException {
    lock.readLock().lock();
    try {
      MemoryNode node = find(path);
      if (node.type != FileType.SYMLINK) {
        throw new FsException(Errno.EINVAL, path + ": not a symbolic link");
      }
      return node.target;
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public void makeHardLink(String existing, String path) throws FsException {
    lock.writeLock().lock();
    try {
      MemoryNode node = find(existing);
      if (node.isDirectory()) {
        throw new FsException(Errno.EPERM, existing + ": directories have one name only");
      }
      add(path, () -> node);
      node.addLink(1);
      node.touched(clock.instant());
    } finally {
      lock.writeLock().unlock();
    }
  }

  @Override
  public FileHandle open(String path, OpenOptions options) throws FsException {
    lock.writeLock().lock();
    try {
      return openNode(regular(path), options);
    } finally {
      lock.writeLock().unlock();
    }
  }

  @Override
  public FileHandle create(String path, int permissions, Caller caller, OpenOptions options)
      throws FsException {
    lock.writeLock().lock();
    try {
      boolean exists = FsPaths.isRoot(path) || parentOf(path).child(FsPaths.name(path)).isPresent();
      if (exists && options.exclusive()) {
        throw new FsException(Errno.EEXIST, path + ": file exists");
      }
      MemoryNode node =
          exists
              ? regular(path)
              : add(path, () -> newNode(FileType.REGULAR, permissions, caller, ""));
      return openNode(node, options);
    } finally {
      lock.writeLock().unlock();
    }
  }

  private FileHandle openNode(MemoryNode node, OpenOptions options) throws FsException {
    if (options.truncate()) {
      node.content.truncate(0);
      node.modified(clock.instant());
    }
    return new MemoryFileHandle(node, options, clock);
  }

  @Override
  public byte[] getXattr(String path, String xattr) throws FsException {
    lock.readLock().lock();
    try {
      MemoryNode node = find(path);
      checkNamespace(xattr);
      byte[] value = node.xattrs.get(xattr);
      if (value == null) {
        throw noXattr(path, xattr);
      }
      return value.clone();
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public void setXattr(String path, String xattr, byte[] value, XattrMode mode) throws FsException {
    lock.writeLock().lock();
    try {
      MemoryNode node = find(path);
      checkNamespace(xattr);
      boolean exists = node.xattrs.containsKey(xattr);
      if (mode == XattrMode.CREATE && exists) {
        throw new FsException(Errno.EEXIST, path + ": has an attribute " + xattr);
      }
      if (mode == XattrMode.REPLACE && !exists) {
        throw noXattr(path, xattr);
      }
      long others = 0;
      for (var entry : node.xattrs.entrySet()) {
        if (!entry.getKey().equals(xattr)) {
          others += bytes(entry.getKey()) + entry.getValue().length;
        }
      }
      if (others + bytes(xattr) + value.length > MAX_XATTR_BYTES) {
        throw new FsException(
            Errno.ENOSPC, path + ": attributes are larger than " + MAX_XATTR_BYTES + " bytes");
      }
      node.xattrs.put(xattr, value.clone());
      node.touched(clock.instant());
    } finally {
      lock.writeLock().unlock();
    }
  }

  @Override
  public List<String> listXattrs(String path) throws FsException {
    lock.readLock().lock();
    try {
      return List.copyOf(find(path).xattrs.keySet());
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public void removeXattr(String path, String xattr) throws FsException {
    lock.writeLock().lock();
    try {
      MemoryNode node = find(path);
      checkNamespace(xattr);
      if (node.xattrs.remove(xattr) == null) {
        throw noXattr(path, xattr);
      }
      node.touched(clock.instant());
    } finally {
      lock.writeLock().unlock();
    }
  }

  @Override
  public FileSystemUsage usage() {
    lock.readLock().lock();
    try {
      return new FileSystemUsage(
          space.capacity(), space.free(), MAX_FILES, MAX_FILES - files, FsPaths.MAX_NAME_BYTES);
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public void close() {}

  // ---- the tree; callers hold the lock

  private interface NodeSource {
    MemoryNode get();
  }

  private MemoryNode find(String path) throws FsException {
    MemoryNode node = root;
    int start = 1;
    while (start < path.length()) {
      int slash = path.indexOf('/', start);
      int end = slash < 0 ? path.length() : slash;
      if (!node.isDirectory()) {
        throw notDirectory(path.substring(0, start - 1));
      }
      Optional<MemoryNode> child = node.child(path.substring(start, end));
      if (child.isEmpty()) {
        FsPaths.checkNameLength(path.substring(0, end));
        throw FsException.noEntry(path);
      }
      node = child.get();
      start = end + 1;
    }
    return node;
  }

  private MemoryNode parentOf(String path) throws FsException {
    return directory(FsPaths.parent(path));
  }

  private MemoryNode directory(String path) throws FsException {
    MemoryNode node = find(path);
    if (!node.isDirectory()) {
      throw notDirectory(path);
    }
    return node;
  }

  private MemoryNode regular(String path) throws FsException {
    MemoryNode node = find(path);
    return switch (node.type) {
      case REGULAR -> node;
      case DIRECTORY -> throw new FsException(Errno.EISDIR, path + ": is a directory");
      case SYMLINK -> throw new FsException(Errno.ELOOP, path + ": is a symbolic link");
    };
  }

  private MemoryNode add(String path, NodeSource source) throws FsException {
    if (FsPaths.isRoot(path)) {
      throw new FsException(Errno.EEXIST, "the root of a file system is always there");
    }
    MemoryNode parent = parentOf(path);
    FsPaths.checkNameLength(path);
    if (parent.child(FsPaths.name(path)).isPresent()) {
      throw new FsException(Errno.EEXIST, path + ": file exists");
    }
    MemoryNode node = source.get();
    parent.attach(FsPaths.name(path), node, clock.instant());
    files++;
    return node;
  }

  private void detach(String path, MemoryNode node) throws FsException {
    parentOf(path).detach(FsPaths.name(path), clock.instant());
    node.touched(clock.instant());
    node.addLink(-1);
    files--;
  }

  private MemoryNode newNode(FileType type, int permissions, Caller owner, String target) {
    return new MemoryNode(
        type, lastInode++, permissions, owner, clock.instant(), new MemoryContent(space), target);
  }

  private static void checkNamespace(String xattr) throws FsException {
    if (!xattr.startsWith("user.")) {
      throw new FsException(Errno.ENOTSUP, xattr + ": only attributes user.* can be kept");
    }
  }

  private static FsException noXattr(String path, String xattr) {
    return new FsException(Errno.ENODATA, path + ": no attribute " + xattr);
  }

  private static FsException notDirectory(String path) {
    return new FsException(Errno.ENOTDIR, path + ": not a directory");
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
