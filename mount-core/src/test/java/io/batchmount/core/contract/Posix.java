package io.batchmount.core.contract;

import io.batchmount.core.FileAttributes;
import io.batchmount.core.FileSystemUsage;
import io.batchmount.core.FsException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * System calls on one file system, with paths below its root. Flags have the numbers of
 * asm-generic/fcntl.h. A call that fails throws an {@link FsException} with the errno.
 */
public interface Posix extends AutoCloseable {
  int O_RDONLY = 0;
  int O_WRONLY = 1;
  int O_RDWR = 2;
  int O_ACCMODE = 3;
  int O_CREAT = 0100;
  int O_EXCL = 0200;
  int O_TRUNC = 01000;
  int O_APPEND = 02000;
  int O_SYNC = 04010000;

  /** Flags of {@link #setXattr} (linux/xattr.h). */
  int XATTR_CREATE = 1;

  int XATTR_REPLACE = 2;

  /** Whether the calls go through the kernel. */
  boolean throughKernel();

  /** {@code open(2)}: a descriptor. */
  int open(String path, int flags, int mode) throws FsException;

  void close(int fd) throws FsException;

  /** {@code pread(2)}: the bytes read, fewer than {@code count} at the end of the file only. */
  byte[] pread(int fd, int count, long offset) throws FsException;

  /** {@code pwrite(2)}: as Linux does it, at the end when the descriptor has {@code O_APPEND}. */
  int pwrite(int fd, byte[] data, long offset) throws FsException;

  void ftruncate(int fd, long size) throws FsException;

  void fsync(int fd) throws FsException;

  void fdatasync(int fd) throws FsException;

  FileAttributes fstat(int fd) throws FsException;

  void fchmod(int fd, int mode) throws FsException;

  /** {@code futimens(3)}: an empty time is {@code UTIME_OMIT}. */
  void futimens(int fd, Optional<Instant> atime, Optional<Instant> mtime) throws FsException;

  FileAttributes lstat(String path) throws FsException;

  void truncate(String path, long size) throws FsException;

  void chmod(String path, int mode) throws FsException;

  void lchown(String path, OptionalInt uid, OptionalInt gid) throws FsException;

  void utimens(String path, Optional<Instant> atime, Optional<Instant> mtime) throws FsException;

  /** All names of a directory but {@code .} and {@code ..}, in the order given. */
  List<String> list(String path) throws FsException;

  void mkdir(String path, int mode) throws FsException;

  void rmdir(String path) throws FsException;

  void unlink(String path) throws FsException;

  void rename(String from, String to) throws FsException;

  /** {@code renameat2(2)} with {@code RENAME_NOREPLACE}. */
  void renameNoReplace(String from, String to) throws FsException;

  void symlink(String target, String path) throws FsException;

  String readlink(String path) throws FsException;

  void link(String existing, String path) throws FsException;

  byte[] getXattr(String path, String name) throws FsException;

  void setXattr(String path, String name, byte[] value, int flags) throws FsException;

  List<String> listXattrs(String path) throws FsException;

  void removeXattr(String path, String name) throws FsException;

  FileSystemUsage statvfs() throws FsException;

  /** Ends the file system under the calls: unmounts where it is mounted, closes it. */
  @Override
  void close() throws Exception;
}
