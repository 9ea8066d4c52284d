package io.batchmount.core.contract;

import jnr.ffi.Pointer;
import jnr.ffi.annotations.In;
import jnr.ffi.annotations.Out;
import jnr.ffi.types.size_t;
import jnr.ffi.types.ssize_t;

/** The system calls that the cases make. */
public interface TestLibC {
  int open(@In byte[] path, int flags, int mode);

  int close(int fd);

  @ssize_t
  long pread(int fd, @Out byte[] buffer, @size_t long count, long offset);

  @ssize_t
  long pwrite(int fd, @In byte[] buffer, @size_t long count, long offset);

  int ftruncate(int fd, long size);

  int truncate(@In byte[] path, long size);

  int fsync(int fd);

  int fdatasync(int fd);

  int fchmod(int fd, int mode);

  int chmod(@In byte[] path, int mode);

  int lchown(@In byte[] path, int uid, int gid);

  int utimensat(int directory, @In byte[] path, @In long[] times, int flags);

  int futimens(int fd, @In long[] times);

  int statx(int directory, @In byte[] path, int flags, int mask, Pointer buffer);

  Pointer opendir(@In byte[] path);

  Pointer readdir(Pointer directory);

  int closedir(Pointer directory);

  int mkdir(@In byte[] path, int mode);

  int rmdir(@In byte[] path);

  int unlink(@In byte[] path);

  int rename(@In byte[] from, @In byte[] to);

  int renameat2(int oldDirectory, @In byte[] from, int newDirectory, @In byte[] to, int flags);

  int symlink(@In byte[] target, @In byte[] path);

  @ssize_t
  long readlink(@In byte[] path, @Out byte[] buffer, @size_t long size);

  int link(@In byte[] existing, @In byte[] path);

  int mkfifo(@In byte[] path, int mode);

  int mknod(@In byte[] path, int mode, @size_t long device);

  int fallocate(int fd, int mode, long offset, long length);

  @ssize_t
  long lgetxattr(@In byte[] path, @In byte[] name, @Out byte[] value, @size_t long size);

  int lsetxattr(@In byte[] path, @In byte[] name, @In byte[] value, @size_t long size, int flags);

  @ssize_t
  long llistxattr(@In byte[] path, @Out byte[] list, @size_t long size);

  int lremovexattr(@In byte[] path, @In byte[] name);

  int statvfs(@In byte[] path, Pointer buffer);

  int umask(int mask);

  Pointer mmap(Pointer address, @size_t long length, int protection, int flags, int fd, long at);

  int munmap(Pointer address, @size_t long length);

  int msync(Pointer address, @size_t long length, int flags);
}
