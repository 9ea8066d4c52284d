package io.batchmount.core.fuse;

import static io.batchmount.core.fuse.FuseProtocol.FATTR_ATIME;
import static io.batchmount.core.fuse.FuseProtocol.FATTR_ATIME_NOW;
import static io.batchmount.core.fuse.FuseProtocol.FATTR_FH;
import static io.batchmount.core.fuse.FuseProtocol.FATTR_GID;
import static io.batchmount.core.fuse.FuseProtocol.FATTR_KILL_SUIDGID;
import static io.batchmount.core.fuse.FuseProtocol.FATTR_MODE;
import static io.batchmount.core.fuse.FuseProtocol.FATTR_MTIME;
import static io.batchmount.core.fuse.FuseProtocol.FATTR_MTIME_NOW;
import static io.batchmount.core.fuse.FuseProtocol.FATTR_SIZE;
import static io.batchmount.core.fuse.FuseProtocol.FATTR_UID;

import io.batchmount.core.AttributeChange;
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
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/** Requests about names and attributes. */
final class NodeRequests {
  private static final int S_IFMT = 0170000;
  private static final int STATFS_BLOCK_BYTES = 4096;

  private final FileSystem fileSystem;
  private final FuseMountOptions options;
  private final NodeTable nodes;
  private final HandleTable<OpenFile> files;

  NodeRequests(
      FileSystem fileSystem,
      FuseMountOptions options,
      NodeTable nodes,
      HandleTable<OpenFile> files) {
    this.fileSystem = fileSystem;
    this.options = options;
    this.nodes = nodes;
    this.files = files;
  }

  void lookup(FuseMessage message) throws FsException {
    Node parent = nodes.get(message.nodeId());
    String name = message.namesAt(0).name();
    try {
      enter(message, parent, name);
    } catch (FsException e) {
      if (e.errno() != Errno.ENOENT || options.negativeTimeout().isZero()) {
        throw e;
      }
      message.putNegativeEntry(options.negativeTimeout());
    }
  }

  /** Answers with the entry of a name as the file system has it now. */
  private void enter(FuseMessage message, Node parent, String name) throws FsException {
    String path = nodes.path(parent.id, name);
    FileAttributes attributes = fileSystem.getAttributes(path);
    Node node = nodes.enter(parent, name, path, attributes);
    message.putEntryOut(
        node.id,
        attributes,
        node.inode,
        options.entryTimeout(),
        options.attributeTimeout(attributes));
  }

  void forget(FuseMessage message) {
    nodes.forget(message.nodeId(), message.u64(0));
  }

  void batchForget(FuseMessage message) {
    int count = message.u32(0);
    for (int i = 0; i < count; i++) {
      nodes.forget(message.u64(8 + i * 16), message.u64(16 + i * 16));
    }
  }

  void getAttributes(FuseMessage message) throws FsException {
    boolean byHandle = (message.u32(0) & FuseProtocol.GETATTR_FH) != 0;
    Node node = nodes.get(message.nodeId());
    Optional<OpenFile> file = byHandle ? Optional.of(files.get(message.u64(8))) : Optional.empty();
    answer(message, node, attributes(node, file));
  }

  private void answer(FuseMessage message, Node node, FileAttributes attributes) {
    message.putAttrOut(attributes, inode(node, attributes), options.attributeTimeout(attributes));
  }

  private static long inode(Node node, FileAttributes attributes) {
    return attributes.inode() != 0 ? attributes.inode() : node.inode;
  }

  /** Through the handle where there is one, or must be one because the name is gone. */
  private FileAttributes attributes(Node node, Optional<OpenFile> file) throws FsException {
    if (file.isPresent()) {
      // the kernel has one size for all handles of a node: that of the one which writes
      return nodes.follower(node).orElse(file.get()).handle.attributes();
    }
    if (nodes.findPath(node).isEmpty()) {
      return nameless(node).attributes();
    }
    FileAttributes attributes;
    try {
      attributes = nodes.atPath(node, fileSystem::getAttributes);
    } catch (FsException e) {
      Optional<OpenFile> open = nodes.anyOpen(node);
      if (e.errno() != Errno.ENOENT || open.isEmpty()) {
        throw e;
      }
      // somebody else deleted it: fstat(2) of who has it open has no such errno
      return open.get().handle.attributes();
    }
    if (attributes.type() != node.type || nodes.differs(node, attributes)) {
      // another file took the name: the kernel looks the name up again and gets a new node
      nodes.detach(node);
      throw new FsException(Errno.ESTALE, "the file was replaced");
    }
    return attributes;
  }

  /** A handle of a file that has no name any more. */
  private FileHandle nameless(Node node) throws FsException {
    return nodes
        .anyOpen(node)
        .map(file -> file.handle)
        .orElseThrow(() -> new FsException(Errno.ESTALE, "the file has no name any more"));
  }

  void setAttributes(FuseMessage message) throws FsException {
    int valid = message.u32(0);
    Node node = nodes.get(message.nodeId());
    Optional<OpenFile> file =
        (valid & FATTR_FH) != 0 ? Optional.of(files.get(message.u64(8))) : Optional.empty();
    long size = message.u64(16);
    AttributeChange change = change(message, valid);
    if ((valid & FATTR_SIZE) != 0) {
      if (size < 0) {
        throw new FsException(Errno.EFBIG, "larger than any file");
      }
      nodes.written(node);
      if (file.isPresent()) {
        file.get().handle.truncate(size);
      } else if (nodes.findPath(node).isEmpty()) {
        nameless(node).truncate(size);
      } else {
        nodes.atPath(
            node,
            path -> {
              fileSystem.truncate(path, size);
              return path;
            });
      }
    }
    boolean owner = (valid & (FATTR_UID | FATTR_GID)) != 0;
    if ((valid & FATTR_MODE) == 0
        && node.type == FileType.REGULAR
        && (owner || (valid & FATTR_KILL_SUIDGID) != 0)) {
      Optional<Integer> plain = SetIdBits.without(attributes(node, file));
      if (plain.isPresent()) {
        change =
            new AttributeChange(
                OptionalInt.of(plain.get()),
                change.uid(),
                change.gid(),
                change.mtime(),
                change.atime());
      }
    }
    if (!isEmpty(change)) {
      apply(node, change);
    }
    answer(message, node, attributes(node, file));
  }

  /** By path, for the change is the file's, not the handle's; by handle when no name is left. */
  private void apply(Node node, AttributeChange change) throws FsException {
    if (change.permissions().isPresent()) {
      nodes.anyOpen(node).ifPresent(file -> file.plainMode = false);
    }
    if (nodes.findPath(node).isEmpty()) {
      nameless(node).setAttributes(change);
      return;
    }
    nodes.atPath(
        node,
        path -> {
          fileSystem.setAttributes(path, change);
          return path;
        });
  }

  private static AttributeChange change(FuseMessage message, int valid) {
    return new AttributeChange(
        integer(valid, FATTR_MODE, message.u32(68) & FileAttributes.PERMISSION_MASK),
        integer(valid, FATTR_UID, message.u32(76)),
        integer(valid, FATTR_GID, message.u32(80)),
        time(valid, FATTR_MTIME, FATTR_MTIME_NOW, message.u64(40), message.u32(60)),
        time(valid, FATTR_ATIME, FATTR_ATIME_NOW, message.u64(32), message.u32(56)));
  }

  private static OptionalInt integer(int valid, int flag, int value) {
    return (valid & flag) != 0 ? OptionalInt.of(value) : OptionalInt.empty();
  }

  private static Optional<Instant> time(int valid, int flag, int now, long seconds, int nanos) {
    if ((valid & flag) == 0) {
      return Optional.empty();
    }
    return Optional.of((valid & now) != 0 ? Instant.now() : Instant.ofEpochSecond(seconds, nanos));
  }

  private static boolean isEmpty(AttributeChange change) {
    return change.permissions().isEmpty()
        && change.uid().isEmpty()
        && change.gid().isEmpty()
        && change.mtime().isEmpty()
        && change.atime().isEmpty();
  }

  void readSymlink(FuseMessage message) throws FsException {
    Node node = nodes.get(message.nodeId());
    String target = nodes.atPath(node, fileSystem::readSymlink);
    message.putBytes(target.getBytes(StandardCharsets.UTF_8));
  }

  void makeSymlink(FuseMessage message) throws FsException {
    Node parent = nodes.get(message.nodeId());
    String name = message.namesAt(0).name();
    String target = message.text();
    fileSystem.makeSymlink(nodes.path(parent.id, name), target, message.caller());
    enter(message, parent, name);
  }

  /** Regular files only: nothing else of mknod(2) can be kept, which EPERM says there. */
  void makeNode(FuseMessage message) throws FsException {
    Node parent = nodes.get(message.nodeId());
    int mode = message.u32(0);
    String name = message.namesAt(16).name();
    String path = nodes.path(parent.id, name);
    if ((mode & S_IFMT) != FileType.REGULAR.modeBits() && (mode & S_IFMT) != 0) {
      throw new FsException(
          Errno.EPERM, path + ": devices, sockets and named pipes cannot be kept");
    }
    FileHandle handle =
        fileSystem.create(
            path,
            mode & FileAttributes.PERMISSION_MASK,
            message.caller(),
            OpenOptions.WRITE.withExclusive());
    try {
      handle.flush();
    } finally {
      handle.close();
    }
    enter(message, parent, name);
  }

  void makeDirectory(FuseMessage message) throws FsException {
    Node parent = nodes.get(message.nodeId());
    int mode = message.u32(0) & FileAttributes.PERMISSION_MASK;
    String name = message.namesAt(8).name();
    fileSystem.makeDirectory(nodes.path(parent.id, name), mode, message.caller());
    enter(message, parent, name);
  }

  void unlink(FuseMessage message) throws FsException {
    Node parent = nodes.get(message.nodeId());
    String name = message.namesAt(0).name();
    fileSystem.unlink(nodes.path(parent.id, name));
    nodes.removed(parent, name);
  }

  void removeDirectory(FuseMessage message) throws FsException {
    Node parent = nodes.get(message.nodeId());
    String name = message.namesAt(0).name();
    fileSystem.removeDirectory(nodes.path(parent.id, name));
    nodes.removed(parent, name);
  }

  void rename(FuseMessage message) throws FsException {
    rename(message, 8, 0);
  }

  void rename2(FuseMessage message) throws FsException {
    rename(message, 16, message.u32(8));
  }

  private void rename(FuseMessage message, int namesOffset, int flags) throws FsException {
    if ((flags & ~FuseProtocol.RENAME_NOREPLACE) != 0) {
      throw new FsException(Errno.EINVAL, "two names cannot be exchanged in one step");
    }
    Node from = nodes.get(message.nodeId());
    Node to = nodes.get(message.u64(0));
    String oldName = message.namesAt(namesOffset).name();
    String newName = message.name();
    String oldPath = nodes.path(from.id, oldName);
    String newPath = nodes.path(to.id, newName);
    Object move = nodes.beginMove(oldPath, newPath);
    try {
      fileSystem.rename(oldPath, newPath, flags == 0 ? RenameMode.REPLACE : RenameMode.NO_REPLACE);
      nodes.moved(from, oldName, to, newName);
    } finally {
      nodes.endMove(move);
    }
  }

  void makeHardLink(FuseMessage message) throws FsException {
    Node parent = nodes.get(message.nodeId());
    Node existing = nodes.get(message.u64(0));
    String name = message.namesAt(8).name();
    fileSystem.makeHardLink(nodes.path(existing), nodes.path(parent.id, name));
    enter(message, parent, name);
  }

  void usage(FuseMessage message) throws FsException {
    FileSystemUsage usage = fileSystem.usage();
    message.putLong(usage.totalBytes() / STATFS_BLOCK_BYTES);
    message.putLong(usage.freeBytes() / STATFS_BLOCK_BYTES);
    message.putLong(usage.freeBytes() / STATFS_BLOCK_BYTES);
    message.putLong(usage.totalFiles());
    message.putLong(usage.freeFiles());
    message.putInt(STATFS_BLOCK_BYTES);
    message.putInt(Math.min(usage.maxNameLength(), FsPaths.MAX_NAME_BYTES));
    message.putInt(STATFS_BLOCK_BYTES);
    message.putZeros(7 * Integer.BYTES);
  }
}
