package io.batchmount.core.fuse;

import jnr.ffi.Pointer;
import jnr.ffi.annotations.Out;
import jnr.ffi.types.intptr_t;
import jnr.ffi.types.size_t;
import jnr.ffi.types.ssize_t;

/**
 * The functions of libc that the binding calls, under their own names; errno is fetched with {@link
 * Native#errno}. Public only because jnr-ffi implements it in a package of its own; not for use
 * outside this package.
 */
public interface LibC {
  int open(byte[] path, int flags, int mode);

  int close(int fd);

  @ssize_t
  long read(int fd, @intptr_t long buffer, @size_t long count);

  @ssize_t
  long write(int fd, @intptr_t long buffer, @size_t long count);

  @ssize_t
  long writev(int fd, @intptr_t long vectors, int count);

  int mount(byte[] source, byte[] target, byte[] type, @size_t long flags, byte[] data);

  int umount2(byte[] target, int flags);

  int getuid();

  int getgid();

  int socketpair(int domain, int type, int protocol, @Out int[] fds);

  int fcntl(int fd, int command, int argument);

  @ssize_t
  long recvmsg(int fd, Pointer message, int flags);

  int posix_spawn(
      @Out int[] pid, byte[] path, Pointer actions, Pointer attributes, Pointer argv, Pointer env);

  int waitpid(int pid, @Out int[] status, int options);
}
