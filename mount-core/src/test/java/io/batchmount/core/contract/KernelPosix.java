package io.batchmount.core.contract;

import io.batchmount.core.Errno;
import io.batchmount.core.FileAttributes;
import io.batchmount.core.FileSystemUsage;
import io.batchmount.core.FileType;
import io.batchmount.core.FsException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;

/**
 * System calls on a directory of this machine, a mount as a rule. Sets the process's umask to 0 so
 * that modes are what was asked.
 */
public final class KernelPosix implements Posix {
  private static final int AT_FDCWD = -100;
  private static final int AT_SYMLINK_NOFOLLOW = 0x100;
  private static final int AT_EMPTY_PATH = 0x1000;
  private static final int STATX_BASIC_STATS = 0x7ff;
  private static final int STATX_BYTES = 256;
  private static final int STATVFS_BYTES = 256;
  private static final int DIRENT_NAME = 19; // offset of d_name on 64-bit Linux
  private static final int RENAME_NOREPLACE = 1;
  private static final long UTIME_OMIT = (1L << 30) - 2;
  private static final long UTIME_NOW = (1L << 30) - 1;
  private static final int LONGEST = 70_000; // xattr values and lists

  private static final TestLibC LIBC = LibraryLoader.create(TestLibC.class).load("c");
  private static final Runtime RUNTIME = Runtime.getRuntime(LIBC);

  private final Path root;
  private final AutoCloseable end;

  /**
   * @param end what {@link #close} does: unmount
   */
  public KernelPosix(Path root, AutoCloseable end) {
    this.root = root;
    this.end = end;
    LIBC.umask(0);
  }

  /** libc, for cases that only the kernel knows. */
  public static TestLibC libc() {
    return LIBC;
  }

  @Override
  public boolean throughKernel() {
    return true;
  }

  /** A path of this machine as C wants it. */
  public byte[] real(String path) {
    return cString(path.equals("/") ? root.toString() : root + path);
  }

  private static byte[] cString(String text) {
    return (text + "\0").getBytes(StandardCharsets.UTF_8);
  }

  /** Throws the errno where a call failed. */
  public static long check(String what, long result) throws FsException {
    if (result >= 0) {
      return result;
    }
    throw failure(what);
  }

  private static FsException failure(String what) {
    int number = RUNTIME.getLastError();
    Errno errno =
        Arrays.stream(Errno.values())
            .filter(each -> each.number() == number)
            .findFirst()
            .orElseThrow(() -> new AssertionError(what + " failed with errno " + number));
    return new FsException(errno, what + ": " + errno.text());
  }

  @Override
  public int open(String path, int flags, int mode) throws FsException {
    return (int) check("open " + path, LIBC.open(real(path), flags | 02000000, mode));
  }

  @Override
  public void close(int fd) throws FsException {
    check("close", LIBC.close(fd));
  }

  @Override
  public byte[] pread(int fd, int count, long offset) throws FsException {
    byte[] bytes = new byte[count];
    byte[] part = new byte[Math.max(1, count)];
    int done = 0;
    while (done < count) {
      long read = check("pread", LIBC.pread(fd, part, count - done, offset + done));
      if (read == 0) {
        break;
      }
      System.arraycopy(part, 0, bytes, done, (int) read);
      done += (int) read;
    }
    return Arrays.copyOf(bytes, done);
  }

  @Override
  public int pwrite(int fd, byte[] data, long offset) throws FsException {
    return (int) check("pwrite", LIBC.pwrite(fd, data, data.length, offset));
  }

  @Override
  public void ftruncate(int fd, long size) throws FsException {
    check("ftruncate", LIBC.ftruncate(fd, size));
  }

  @Override
  public void fsync(int fd) throws FsException {
    check("fsync", LIBC.fsync(fd));
  }

  @Override
  public void fdatasync(int fd) throws FsException {
    check("fdatasync", LIBC.fdatasync(fd));
  }

  @Override
  public FileAttributes fstat(int fd) throws FsException {
    return statx("fstat", fd, cString(""), AT_EMPTY_PATH);
  }

  @Override
  public FileAttributes lstat(String path) throws FsException {
    return statx("lstat " + path, AT_FDCWD, real(path), AT_SYMLINK_NOFOLLOW);
  }

  private static FileAttributes statx(String what, int directory, byte[] path, int flags)
      throws FsException {
    Pointer buffer = Memory.allocateDirect(RUNTIME, STATX_BYTES, true);
    check(what, LIBC.statx(directory, path, flags, STATX_BASIC_STATS, buffer));
    int mode = buffer.getShort(28) & 0xffff;
    FileType type =
        Arrays.stream(FileType.values())
            .filter(each -> each.modeBits() == (mode & 0170000))
            .findFirst()
            .orElseThrow();
    return new FileAttributes(
        type,
        buffer.getLongLong(40),
        mode,
        buffer.getInt(20),
        buffer.getInt(24),
        time(buffer, 112),
        time(buffer, 96),
        time(buffer, 64),
        buffer.getLongLong(32),
        buffer.getInt(16));
  }

  private static Instant time(Pointer buffer, int offset) {
    return Instant.ofEpochSecond(buffer.getLongLong(offset), buffer.getInt(offset + 8));
  }

  @Override
  public void fchmod(int fd, int mode) throws FsException {
    check("fchmod", LIBC.fchmod(fd, mode));
  }

  @Override
  public void futimens(int fd, Optional<Instant> atime, Optional<Instant> mtime)
      throws FsException {
    check("futimens", LIBC.futimens(fd, times(atime, mtime)));
  }

  @Override
  public void truncate(String path, long size) throws FsException {
    check("truncate " + path, LIBC.truncate(real(path), size));
  }

  @Override
  public void chmod(String path, int mode) throws FsException {
    check("chmod " + path, LIBC.chmod(real(path), mode));
  }

  @Override
  public void lchown(String path, OptionalInt uid, OptionalInt gid) throws FsException {
    check("lchown " + path, LIBC.lchown(real(path), uid.orElse(-1), gid.orElse(-1)));
  }

  @Override
  public void utimens(String path, Optional<Instant> atime, Optional<Instant> mtime)
      throws FsException {
    check(
        "utimensat " + path,
        LIBC.utimensat(AT_FDCWD, real(path), times(atime, mtime), AT_SYMLINK_NOFOLLOW));
  }

  /** Both times to the clock's. */
  public void touch(String path) throws FsException {
    long[] now = {0, UTIME_NOW, 0, UTIME_NOW};
    check("utimensat " + path, LIBC.utimensat(AT_FDCWD, real(path), now, AT_SYMLINK_NOFOLLOW));
  }

  private static long[] times(Optional<Instant> atime, Optional<Instant> mtime) {
    return new long[] {
      atime.map(Instant::getEpochSecond).orElse(0L),
      atime.map(time -> (long) time.getNano()).orElse(UTIME_OMIT),
      mtime.map(Instant::getEpochSecond).orElse(0L),
      mtime.map(time -> (long) time.getNano()).orElse(UTIME_OMIT)
    };
  }

  @Override
  public List<String> list(String path) throws FsException {
    Pointer directory = LIBC.opendir(real(path));
    if (directory == null) {
      throw failure("opendir " + path);
    }
    List<String> names = new ArrayList<>();
    try {
      RUNTIME.setLastError(0);
      for (Pointer entry = LIBC.readdir(directory);
          entry != null;
          entry = LIBC.readdir(directory)) {
        String name = entry.getString(DIRENT_NAME, 256, StandardCharsets.UTF_8);
        if (!name.equals(".") && !name.equals("..")) {
          names.add(name);
        }
        RUNTIME.setLastError(0);
      }
      if (RUNTIME.getLastError() != 0) {
        throw failure("readdir " + path);
      }
    } finally {
      LIBC.closedir(directory);
    }
    return names;
  }

  @Override
  public void mkdir(String path, int mode) throws FsException {
    check("mkdir " + path, LIBC.mkdir(real(path), mode));
  }

  @Override
  public void rmdir(String path) throws FsException {
    check("rmdir " + path, LIBC.rmdir(real(path)));
  }

  @Override
  public void unlink(String path) throws FsException {
    check("unlink " + path, LIBC.unlink(real(path)));
  }

  @Override
  public void rename(String from, String to) throws FsException {
    check("rename " + from + " to " + to, LIBC.rename(real(from), real(to)));
  }

  @Override
  public void renameNoReplace(String from, String to) throws FsException {
    check(
        "renameat2 " + from + " to " + to,
        LIBC.renameat2(AT_FDCWD, real(from), AT_FDCWD, real(to), RENAME_NOREPLACE));
  }

  @Override
  public void symlink(String target, String path) throws FsException {
    check("symlink " + path, LIBC.symlink(cString(target), real(path)));
  }

  @Override
  public String readlink(String path) throws FsException {
    byte[] target = new byte[5_000];
    int length = (int) check("readlink " + path, LIBC.readlink(real(path), target, target.length));
    return new String(target, 0, length, StandardCharsets.UTF_8);
  }

  @Override
  public void link(String existing, String path) throws FsException {
    check("link " + path, LIBC.link(real(existing), real(path)));
  }

  @Override
  public byte[] getXattr(String path, String name) throws FsException {
    byte[] value = new byte[LONGEST];
    int length =
        (int)
            check(
                "getxattr " + path, LIBC.lgetxattr(real(path), cString(name), value, value.length));
    return Arrays.copyOf(value, length);
  }

  @Override
  public void setXattr(String path, String name, byte[] value, int flags) throws FsException {
    check(
        "setxattr " + path, LIBC.lsetxattr(real(path), cString(name), value, value.length, flags));
  }

  @Override
  public List<String> listXattrs(String path) throws FsException {
    byte[] list = new byte[LONGEST];
    int length = (int) check("listxattr " + path, LIBC.llistxattr(real(path), list, list.length));
    String names = new String(list, 0, length, StandardCharsets.UTF_8);
    return Arrays.stream(names.split("\0")).filter(name -> !name.isEmpty()).toList();
  }

  @Override
  public void removeXattr(String path, String name) throws FsException {
    check("removexattr " + path, LIBC.lremovexattr(real(path), cString(name)));
  }

  @Override
  public FileSystemUsage statvfs() throws FsException {
    Pointer buffer = Memory.allocateDirect(RUNTIME, STATVFS_BYTES, true);
    check("statvfs", LIBC.statvfs(real("/"), buffer));
    long unit = buffer.getLongLong(8);
    return new FileSystemUsage(
        buffer.getLongLong(16) * unit,
        buffer.getLongLong(24) * unit,
        buffer.getLongLong(40),
        buffer.getLongLong(48),
        (int) buffer.getLongLong(80));
  }

  @Override
  public void close() throws Exception {
    end.close();
  }
}
