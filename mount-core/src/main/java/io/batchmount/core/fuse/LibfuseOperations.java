package io.batchmount.core.fuse;

import io.batchmount.core.AttributeChange;
import io.batchmount.core.Caller;
import io.batchmount.core.Errno;
import io.batchmount.core.FileAttributes;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FileSystem;
import io.batchmount.core.FileSystemUsage;
import io.batchmount.core.FileType;
import io.batchmount.core.FsException;
import io.batchmount.core.FsPaths;
import io.batchmount.core.OpenOptions;
import io.batchmount.core.OperationContext;
import io.batchmount.core.RenameMode;
import io.batchmount.core.XattrMode;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicReference;
import jnr.ffi.Pointer;
import jnr.ffi.Struct;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import ru.serce.jnrfuse.FuseFillDir;
import ru.serce.jnrfuse.FuseStubFS;
import ru.serce.jnrfuse.struct.FileStat;
import ru.serce.jnrfuse.struct.FuseContext;
import ru.serce.jnrfuse.struct.FuseFileInfo;
import ru.serce.jnrfuse.struct.Statvfs;
import ru.serce.jnrfuse.struct.Timespec;

/** The callbacks of libfuse 2, each turned into one call of the SPI. Thread-safe. */
final class LibfuseOperations extends FuseStubFS {
  private static final Logger LOG = LoggerFactory.getLogger(LibfuseOperations.class);

  /** Bits of {@code struct fuse_file_info}, which jnr-fuse declares as padding: word at 20. */
  private static final long FLAG_WORD = 20;

  private static final int DIRECT_IO = 1;
  private static final int KEEP_CACHE = 2;

  /** Word of {@code struct fuse_operations} with flags, which jnr-fuse declares as padding. */
  private static final long OPERATIONS_FLAG_WORD = 304;

  /** {@code flag_utime_omit_ok}: without it a change of one of the two times is dropped. */
  private static final int UTIME_OMIT_OK = 4;

  private static final long UTIME_NOW = (1L << 30) - 1; // bits/stat.h
  private static final long UTIME_OMIT = (1L << 30) - 2;

  private static final int KEPT_ID = -1; // chown(2): leave this one as it is
  private static final int STATFS_BLOCK_BYTES = 4096;
  private static final int S_IFMT = 0170000;
  private static final String USER_NAMESPACE = "user.";
  private static final char UNDECODABLE = '�'; // what bytes that are no UTF-8 become

  /** One call of the SPI. */
  @FunctionalInterface
  private interface Call {
    int run() throws FsException;
  }

  private final FileSystem fileSystem;
  private final FuseMountOptions options;
  private final LibFuse2 library;
  private final RequestLog log;
  private final HandleTable<FileHandle> files = new HandleTable<>();
  private final AtomicReference<Runnable> whenReady = new AtomicReference<>(() -> {});

  LibfuseOperations(FileSystem fileSystem, FuseMountOptions options, LibFuse2 library) {
    this.fileSystem = fileSystem;
    this.options = options;
    this.library = library;
    this.log = new RequestLog(fileSystem.name());
  }

  /** Address of the {@code struct fuse_operations}. */
  Pointer table() {
    Pointer table = Struct.getMemory(fuseOperations);
    table.putInt(OPERATIONS_FLAG_WORD, table.getInt(OPERATIONS_FLAG_WORD) | UTIME_OMIT_OK);
    return table;
  }

  long tableBytes() {
    return Struct.size(fuseOperations);
  }

  void whenReady(Runnable action) {
    whenReady.set(action);
  }

  /** Saves and closes what the kernel left open because the mount was taken away. */
  void closeAll() {
    for (FileHandle handle : files.removeAll()) {
      try {
        handle.flush();
      } catch (FsException e) {
        LOG.warn(
            "{}: a file that was open could not be saved: {}", fileSystem.name(), e.toLogLine());
      }
      try {
        handle.close();
      } catch (FsException e) {
        LOG.debug("close after the end of the mount: {}", e.toLogLine());
      }
    }
  }

  /** Answers in libfuse's way: a count or zero, or an errno below zero. */
  private int answer(int opcode, Call call) {
    try (OperationContext context =
        OperationContext.open(options.operationTimeout(), () -> library.fuse_interrupted() != 0)) {
      return call.run();
    } catch (FsException e) {
      log.failed(opcode, e);
      return -e.errno().number();
    } catch (RuntimeException | Error e) {
      log.failed(opcode, e);
      return -Errno.EIO.number();
    }
  }

  private static String checked(String path) throws FsException {
    if (path.indexOf(UNDECODABLE) >= 0) {
      throw new FsException(Errno.EILSEQ, path + ": the name is not valid UTF-8");
    }
    FsPaths.checkNameLength(path);
    return path;
  }

  private Caller caller() {
    FuseContext context = getContext();
    return new Caller(context.uid.intValue(), context.gid.intValue());
  }

  @Override
  public Pointer init(Pointer connection) {
    whenReady.get().run();
    return connection;
  }

  @Override
  public int getattr(String path, FileStat stat) {
    return answer(FuseProtocol.GETATTR, () -> fill(stat, fileSystem.getAttributes(checked(path))));
  }

  @Override
  public int fgetattr(String path, FileStat stat, FuseFileInfo info) {
    return answer(FuseProtocol.GETATTR, () -> fill(stat, files.get(info.fh.get()).attributes()));
  }

  private static int fill(FileStat stat, FileAttributes attributes) {
    stat.st_mode.set(attributes.mode());
    stat.st_nlink.set(attributes.links());
    stat.st_uid.set(attributes.uid());
    stat.st_gid.set(attributes.gid());
    stat.st_size.set(attributes.size());
    stat.st_blocks.set((attributes.size() + 511) / 512); // in units of 512 bytes, inode(7)
    stat.st_blksize.set(STATFS_BLOCK_BYTES);
    stat.st_ino.set(attributes.inode());
    put(stat.st_atim, attributes.atime());
    put(stat.st_mtim, attributes.mtime());
    put(stat.st_ctim, attributes.ctime());
    return 0;
  }

  private static void put(Timespec target, Instant time) {
    target.tv_sec.set(time.getEpochSecond());
    target.tv_nsec.set(time.getNano());
  }

  @Override
  public int readlink(String path, Pointer buffer, long size) {
    return answer(
        FuseProtocol.READLINK,
        () -> {
          byte[] target = fileSystem.readSymlink(checked(path)).getBytes(StandardCharsets.UTF_8);
          int length = (int) Math.min(target.length, size - 1); // cut as readlink(2) does
          buffer.put(0, target, 0, length);
          buffer.putByte(length, (byte) 0);
          return 0;
        });
  }

  @Override
  public int mknod(String path, long mode, long device) {
    return answer(
        FuseProtocol.MKNOD,
        () -> {
          if ((mode & S_IFMT) != FileType.REGULAR.modeBits() && (mode & S_IFMT) != 0) {
            throw new FsException(
                Errno.EPERM, path + ": devices, sockets and named pipes cannot be kept");
          }
          FileHandle handle =
              fileSystem.create(
                  checked(path), permissions(mode), caller(), OpenOptions.WRITE.withExclusive());
          try {
            handle.flush();
          } finally {
            handle.close();
          }
          return 0;
        });
  }

  private static int permissions(long mode) {
    return (int) mode & FileAttributes.PERMISSION_MASK;
  }

  @Override
  public int mkdir(String path, long mode) {
    return answer(
        FuseProtocol.MKDIR,
        () -> {
          fileSystem.makeDirectory(checked(path), permissions(mode), caller());
          return 0;
        });
  }

  @Override
  public int unlink(String path) {
    return answer(
        FuseProtocol.UNLINK,
        () -> {
          fileSystem.unlink(checked(path));
          return 0;
        });
  }

  @Override
  public int rmdir(String path) {
    return answer(
        FuseProtocol.RMDIR,
        () -> {
          fileSystem.removeDirectory(checked(path));
          return 0;
        });
  }

  @Override
  public int symlink(String target, String path) {
    return answer(
        FuseProtocol.SYMLINK,
        () -> {
          fileSystem.makeSymlink(checked(path), target, caller());
          return 0;
        });
  }

  @Override
  public int rename(String from, String to) {
    return answer(
        FuseProtocol.RENAME,
        () -> {
          fileSystem.rename(checked(from), checked(to), RenameMode.REPLACE);
          return 0;
        });
  }

  @Override
  public int link(String existing, String path) {
    return answer(
        FuseProtocol.LINK,
        () -> {
          fileSystem.makeHardLink(checked(existing), checked(path));
          return 0;
        });
  }

  @Override
  public int chmod(String path, long mode) {
    return set(path, AttributeChange.ofPermissions(permissions(mode)));
  }

  @Override
  public int chown(String path, long uid, long gid) {
    return answer(
        FuseProtocol.SETATTR,
        () -> {
          fileSystem.setAttributes(checked(path), AttributeChange.ofOwner(id(uid), id(gid)));
          Optional<Integer> plain = SetIdBits.without(fileSystem.getAttributes(path));
          if (plain.isPresent()) {
            fileSystem.setAttributes(path, AttributeChange.ofPermissions(plain.get()));
          }
          return 0;
        });
  }

  private static OptionalInt id(long value) {
    return (int) value == KEPT_ID ? OptionalInt.empty() : OptionalInt.of((int) value);
  }

  @Override
  public int utimens(String path, Timespec[] times) {
    Instant now = Instant.now();
    return set(path, AttributeChange.ofTimes(time(times[1], now), time(times[0], now)));
  }

  private static Optional<Instant> time(Timespec time, Instant now) {
    long nanos = time.tv_nsec.longValue();
    if (nanos == UTIME_OMIT) {
      return Optional.empty();
    }
    return Optional.of(
        nanos == UTIME_NOW ? now : Instant.ofEpochSecond(time.tv_sec.longValue(), nanos));
  }

  private int set(String path, AttributeChange change) {
    return answer(
        FuseProtocol.SETATTR,
        () -> {
          fileSystem.setAttributes(checked(path), change);
          return 0;
        });
  }

  @Override
  public int truncate(String path, long size) {
    return answer(
        FuseProtocol.SETATTR,
        () -> {
          fileSystem.truncate(checked(path), size);
          return 0;
        });
  }

  @Override
  public int ftruncate(String path, long size, FuseFileInfo info) {
    return answer(
        FuseProtocol.SETATTR,
        () -> {
          files.get(info.fh.get()).truncate(size);
          return 0;
        });
  }

  @Override
  public int open(String path, FuseFileInfo info) {
    return answer(
        FuseProtocol.OPEN,
        () -> {
          try {
            return opened(info, fileSystem.open(checked(path), options(info)));
          } catch (FsException e) {
            // the kernel has just looked the name up: it was replaced in between, and ESTALE makes
            // the kernel look again
            throw e.errno() == Errno.ENOENT ? new FsException(Errno.ESTALE, e.getMessage(), e) : e;
          }
        });
  }

  @Override
  public int create(String path, long mode, FuseFileInfo info) {
    return answer(
        FuseProtocol.CREATE,
        () ->
            opened(
                info,
                fileSystem.create(checked(path), permissions(mode), caller(), options(info))));
  }

  private int opened(FuseFileInfo info, FileHandle handle) {
    int flags = 0;
    if (handle.wantsDirectIo()) {
      flags |= DIRECT_IO;
    } else if (handle.keepsPageCache()) {
      flags |= KEEP_CACHE;
    }
    Pointer memory = Struct.getMemory(info);
    memory.putInt(FLAG_WORD, memory.getInt(FLAG_WORD) | flags);
    info.fh.set(files.add(handle));
    return 0;
  }

  private static OpenOptions options(FuseFileInfo info) {
    return FileRequests.openOptions(info.flags.intValue());
  }

  @Override
  public int read(String path, Pointer buffer, long size, long offset, FuseFileInfo info) {
    return answer(
        FuseProtocol.READ,
        () -> {
          ByteBuffer bytes = ByteBuffer.allocate((int) size);
          int count = Math.max(0, files.get(info.fh.get()).read(bytes, offset));
          buffer.put(0, bytes.array(), 0, count);
          return count;
        });
  }

  @Override
  public int write(String path, Pointer buffer, long size, long offset, FuseFileInfo info) {
    return answer(
        FuseProtocol.WRITE,
        () -> {
          byte[] bytes = new byte[(int) size];
          buffer.get(0, bytes, 0, bytes.length);
          return files.get(info.fh.get()).write(ByteBuffer.wrap(bytes), offset);
        });
  }

  @Override
  public int flush(String path, FuseFileInfo info) {
    return answer(
        FuseProtocol.FLUSH,
        () -> {
          files.get(info.fh.get()).flush();
          return 0;
        });
  }

  @Override
  public int fsync(String path, int dataOnly, FuseFileInfo info) {
    return answer(
        FuseProtocol.FSYNC,
        () -> {
          files.get(info.fh.get()).fsync(dataOnly != 0);
          return 0;
        });
  }

  @Override
  public int fsyncdir(String path, FuseFileInfo info) {
    return 0; // names are durable when they are made
  }

  @Override
  public int fallocate(String path, int mode, long offset, long length, FuseFileInfo info) {
    return answer(
        FuseProtocol.FALLOCATE,
        () -> {
          if (mode != 0) {
            throw new FsException(
                Errno.ENOTSUP, "space can be added to a file, not taken out of it");
          }
          FileHandle handle = files.get(info.fh.get());
          if (handle.attributes().size() < offset + length) {
            handle.truncate(offset + length);
          }
          return 0;
        });
  }

  @Override
  public int release(String path, FuseFileInfo info) {
    return answer(
        FuseProtocol.RELEASE,
        () -> {
          Optional<FileHandle> handle = files.remove(info.fh.get());
          if (handle.isPresent()) {
            handle.get().close();
          }
          return 0;
        });
  }

  @Override
  public int opendir(String path, FuseFileInfo info) {
    return answer(
        FuseProtocol.OPENDIR,
        () -> {
          if (!fileSystem.getAttributes(checked(path)).isDirectory()) {
            throw new FsException(Errno.ENOTDIR, path + ": not a directory");
          }
          return 0;
        });
  }

  @Override
  public int readdir(
      String path, Pointer buffer, FuseFillDir filler, long offset, FuseFileInfo info) {
    return answer(
        FuseProtocol.READDIR,
        () -> {
          filler.apply(buffer, named("."), null, 0);
          filler.apply(buffer, named(".."), null, 0);
          fileSystem.readDirectory(
              checked(path), entry -> filler.apply(buffer, named(entry.name()), null, 0) == 0);
          return 0;
        });
  }

  /** The overload that takes a string would encode it in the default charset. */
  private static ByteBuffer named(String name) {
    return ByteBuffer.wrap(Native.cString(name));
  }

  @Override
  public int statfs(String path, Statvfs answer) {
    return answer(
        FuseProtocol.STATFS,
        () -> {
          FileSystemUsage usage = fileSystem.usage();
          answer.f_bsize.set(STATFS_BLOCK_BYTES);
          answer.f_frsize.set(STATFS_BLOCK_BYTES);
          answer.f_blocks.set(usage.totalBytes() / STATFS_BLOCK_BYTES);
          answer.f_bfree.set(usage.freeBytes() / STATFS_BLOCK_BYTES);
          answer.f_bavail.set(usage.freeBytes() / STATFS_BLOCK_BYTES);
          answer.f_files.set(usage.totalFiles());
          answer.f_ffree.set(usage.freeFiles());
          answer.f_favail.set(usage.freeFiles());
          answer.f_namemax.set(usage.maxNameLength());
          return 0;
        });
  }

  @Override
  public int setxattr(String path, String name, Pointer value, long size, int flags) {
    return answer(
        FuseProtocol.SETXATTR,
        () -> {
          checkNamespace(name);
          byte[] bytes = new byte[(int) size];
          if (size > 0) {
            value.get(0, bytes, 0, bytes.length);
          }
          fileSystem.setXattr(checked(path), name, bytes, mode(name, flags));
          return 0;
        });
  }

  private static XattrMode mode(String name, int flags) throws FsException {
    return switch (flags) {
      case 0 -> XattrMode.ANY;
      case 1 -> XattrMode.CREATE;
      case 2 -> XattrMode.REPLACE;
      default -> throw new FsException(Errno.EINVAL, name + ": contradicting flags");
    };
  }

  @Override
  public int getxattr(String path, String name, Pointer target, long room) {
    return answer(
        FuseProtocol.GETXATTR,
        () -> {
          checkNamespace(name);
          return put(fileSystem.getXattr(checked(path), name), target, room);
        });
  }

  @Override
  public int listxattr(String path, Pointer target, long room) {
    return answer(
        FuseProtocol.LISTXATTR,
        () -> {
          ByteArrayOutputStream names = new ByteArrayOutputStream();
          for (String name : fileSystem.listXattrs(checked(path))) {
            names.writeBytes(Native.cString(name));
          }
          return put(names.toByteArray(), target, room);
        });
  }

  /** With no room given the caller asks for the size. */
  private static int put(byte[] value, Pointer target, long room) throws FsException {
    if (room == 0) {
      return value.length;
    }
    if (value.length > room) {
      throw new FsException(Errno.ERANGE, "the attribute is longer than the room for it");
    }
    target.put(0, value, 0, value.length);
    return value.length;
  }

  @Override
  public int removexattr(String path, String name) {
    return answer(
        FuseProtocol.REMOVEXATTR,
        () -> {
          checkNamespace(name);
          fileSystem.removeXattr(checked(path), name);
          return 0;
        });
  }

  private static void checkNamespace(String name) throws FsException {
    if (!name.startsWith(USER_NAMESPACE)) {
      throw new FsException(Errno.ENOTSUP, name + ": only attributes user.* can be kept");
    }
  }
}
