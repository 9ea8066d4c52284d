package io.batchmount.core.fuse;

import io.batchmount.core.AttributeChange;
import io.batchmount.core.Caller;
import io.batchmount.core.Errno;
import io.batchmount.core.FileAttributes;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FileSystem;
import io.batchmount.core.FsException;
import io.batchmount.core.HeldBytes;
import io.batchmount.core.OpenOptions;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Requests about open files. */
final class FileRequests {
  /** Below this a copy costs less than to gather addresses. */
  private static final int HELD_BYTES = 16 << 10;

  private static final Logger LOG = LoggerFactory.getLogger(FileRequests.class);

  private final FileSystem fileSystem;
  private final FuseMountOptions options;
  private final NodeTable nodes;
  private final HandleTable<OpenFile> files;
  private final Notifier notifier;

  FileRequests(
      FileSystem fileSystem,
      FuseMountOptions options,
      NodeTable nodes,
      HandleTable<OpenFile> files,
      Notifier notifier) {
    this.fileSystem = fileSystem;
    this.options = options;
    this.nodes = nodes;
    this.files = files;
    this.notifier = notifier;
  }

  /**
   * A file that is not there any more, or is another version than the node's open files, is
   * answered with ESTALE: the kernel then looks the name up again, so that a program sees either
   * the new file or ENOENT from the look-up, never an error because it lost a race.
   */
  void open(FuseMessage message) throws FsException {
    Node node = nodes.get(message.nodeId());
    int flags = message.u32(0);
    boolean kill = (message.u32(4) & FuseProtocol.OPEN_KILL_SUIDGID) != 0;
    boolean writes = (flags & Native.O_ACCMODE) != Native.O_RDONLY || (flags & Native.O_TRUNC) != 0;
    if (writes && !nodes.mayWrite(node)) {
      throw new FsException(Errno.ESTALE, "an older version is open for reading");
    }
    FileHandle handle;
    try {
      handle = nodes.atPath(node, path -> fileSystem.open(path, openOptions(flags)));
    } catch (FsException e) {
      if (e.errno() == Errno.ENOENT) {
        throw new FsException(Errno.ESTALE, e.getMessage(), e);
      }
      throw e;
    }
    checkSameFile(node, handle);
    Opened opened = register(node, handle, kill);
    message.putOpenOut(opened.number, opened.flags);
  }

  /**
   * The name may have been given to another file since the kernel looked it up, while the old one
   * is open here: it has to look again, or the handles of two files would share a node.
   */
  private void checkSameFile(Node node, FileHandle handle) throws FsException {
    try {
      FileAttributes opened = handle.attributes();
      if (handle.version().isEmpty()
          && NodeTable.isOtherFile(node, opened)
          && !nodes.standFor(node, opened)) {
        nodes.detach(node);
        throw new FsException(Errno.ESTALE, "the file was replaced; the old one is open");
      }
    } catch (FsException | RuntimeException e) {
      handle.close();
      throw e;
    }
  }

  void create(FuseMessage message) throws FsException {
    Node parent = nodes.get(message.nodeId());
    int flags = message.u32(0);
    int mode = message.u32(4) & FileAttributes.PERMISSION_MASK;
    boolean kill = (message.u32(12) & FuseProtocol.OPEN_KILL_SUIDGID) != 0;
    Caller caller = message.caller();
    String name = message.namesAt(16).name();
    String path = nodes.path(parent.id, name);
    FileHandle handle = fileSystem.create(path, mode, caller, openOptions(flags));
    FileAttributes attributes;
    Node node;
    Opened opened;
    try {
      attributes = handle.attributes();
      node = nodes.enter(parent, name, path, attributes);
    } catch (FsException | RuntimeException e) {
      handle.close();
      throw e;
    }
    try {
      opened = register(node, handle, kill);
    } catch (FsException | RuntimeException e) {
      nodes.forget(node.id, 1); // the kernel is not told of it
      throw e;
    }
    message.putEntryOut(
        node.id,
        attributes,
        node.inode,
        options.entryTimeout(),
        options.attributeTimeout(attributes));
    message.putOpenOut(opened.number, opened.flags);
  }

  private record Opened(long number, int flags) {}

  private Opened register(Node node, FileHandle handle, boolean killSetId) throws FsException {
    try {
      OpenFile file = new OpenFile(node, handle);
      Optional<NodeTable.Pages> pages = nodes.opened(file);
      if (pages.isEmpty()) {
        throw new FsException(Errno.ESTALE, "the file was replaced; an older version is open");
      }
      if (killSetId) {
        removeSetId(file);
      }
      int flags = 0;
      if (handle.wantsDirectIo() || pages.get() == NodeTable.Pages.PAST) {
        flags |= FuseProtocol.FOPEN_DIRECT_IO;
      } else if (pages.get() == NodeTable.Pages.KEEP) {
        flags |= FuseProtocol.FOPEN_KEEP_CACHE;
      }
      return new Opened(files.add(file), flags);
    } catch (FsException | RuntimeException e) {
      handle.close();
      throw e;
    }
  }

  void read(FuseMessage message) throws FsException {
    OpenFile file = files.get(message.u64(0));
    long offset = message.u64(8);
    int size = message.u32(16);
    if (size >= HELD_BYTES) {
      Optional<HeldBytes> held = file.handle.readHeld(offset, size);
      if (held.isPresent()) {
        message.answerWith(held.get());
        return;
      }
    }
    ByteBuffer target = message.room(size);
    int count = file.handle.read(target, offset);
    message.took(Math.max(0, count));
  }

  void write(FuseMessage message) throws FsException {
    OpenFile file = files.get(message.u64(0));
    long offset = message.u64(8);
    int size = message.u32(16);
    if ((message.u32(20) & FuseProtocol.WRITE_KILL_SUIDGID) != 0 && !file.plainMode) {
      removeSetId(file);
    }
    nodes.written(file.node);
    ByteBuffer source = message.bytes(FuseProtocol.WRITE_IN_BYTES, size);
    int count = file.handle.write(source, offset);
    if (nodes.mayHavePages(file)) {
      notifier.dropPages(file.node.id, offset, Math.max(1, count));
    }
    message.putInt(count);
    message.putInt(0);
  }

  private static void removeSetId(OpenFile file) throws FsException {
    Optional<Integer> plain = SetIdBits.without(file.handle.attributes());
    if (plain.isPresent()) {
      file.handle.setAttributes(AttributeChange.ofPermissions(plain.get()));
    }
    file.plainMode = true;
  }

  void flush(FuseMessage message) throws FsException {
    files.get(message.u64(0)).handle.flush();
  }

  void fsync(FuseMessage message) throws FsException {
    files.get(message.u64(0)).handle.fsync((message.u32(8) & FuseProtocol.FSYNC_FDATASYNC) != 0);
  }

  /** Space for what will be written: growing the file is all that it can mean here. */
  void fallocate(FuseMessage message) throws FsException {
    OpenFile file = files.get(message.u64(0));
    long end = message.u64(8) + message.u64(16);
    if (message.u32(24) != 0) {
      throw new FsException(Errno.ENOTSUP, "space can be added to a file, not taken out of it");
    }
    if (end < 0) {
      throw new FsException(Errno.EFBIG, "larger than any file");
    }
    if (file.handle.attributes().size() < end) {
      file.handle.truncate(end);
      nodes.written(file.node);
    }
  }

  void release(FuseMessage message) throws FsException {
    Optional<OpenFile> file = files.remove(message.u64(0));
    if (file.isPresent()) {
      nodes.closed(file.get());
      file.get().handle.close();
    }
  }

  /** Saves and closes what the kernel left open because the connection broke. */
  void closeAll() {
    for (OpenFile file : files.removeAll()) {
      nodes.closed(file);
      try {
        file.handle.flush();
      } catch (FsException e) {
        LOG.warn(
            "{}: a file that was open could not be saved: {}", fileSystem.name(), e.toLogLine());
      }
      try {
        file.handle.close();
      } catch (FsException e) {
        LOG.debug("close after the end of the mount: {}", e.toLogLine());
      }
    }
  }

  static OpenOptions openOptions(int flags) {
    int access = flags & Native.O_ACCMODE;
    return new OpenOptions(
        access != Native.O_WRONLY,
        access != Native.O_RDONLY,
        (flags & Native.O_APPEND) != 0,
        (flags & Native.O_TRUNC) != 0,
        (flags & Native.O_EXCL) != 0,
        (flags & Native.O_DIRECT) != 0,
        (flags & Native.O_DSYNC) != 0);
  }
}
