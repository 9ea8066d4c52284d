package io.batchmount.core.fuse;

import io.batchmount.core.Errno;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;

/** Access to libc, and the numbers that differ between machines. */
final class Native {
  static final int EINTR = 4;
  static final int EAGAIN = 11;
  static final int ENOENT = 2;
  static final int ENODEV = 19;
  static final int EBUSY = 16;
  static final int EPERM = 1;
  static final int EACCES = 13;
  static final int EINVAL = 22;
  static final int ENOTCONN = 107;

  static final int O_RDONLY = 0;
  static final int O_RDWR = 2;
  static final int O_CLOEXEC = 02000000;
  static final int O_NONBLOCK = 04000;
  static final int O_ACCMODE = 3;
  static final int O_WRONLY = 1;
  static final int O_EXCL = 0200;
  static final int O_TRUNC = 01000;
  static final int O_APPEND = 02000;
  static final int O_DSYNC = 010000; // O_SYNC has this bit too

  private static final boolean ARM =
      System.getProperty("os.arch", "").toLowerCase(Locale.ROOT).matches("aarch64|arm.*");

  /** arm/include/uapi/asm/fcntl.h has numbers of its own for these two. */
  static final int O_DIRECT = ARM ? 0200000 : 040000;

  static final int O_DIRECTORY = ARM ? 040000 : 0200000;

  static final long MS_RDONLY = 1;
  static final long MS_NOSUID = 2;
  static final long MS_NODEV = 4;

  static final int MNT_FORCE = 1;
  static final int MNT_DETACH = 2;
  static final int UMOUNT_NOFOLLOW = 8;

  private static final LibC LIBC = LibraryLoader.create(LibC.class).load("c");
  private static final Runtime RUNTIME = Runtime.getRuntime(LIBC);

  private Native() {}

  static LibC libc() {
    return LIBC;
  }

  static Runtime runtime() {
    return RUNTIME;
  }

  /** The errno of this thread's last call. */
  static int errno() {
    return RUNTIME.getLastError();
  }

  /** Text for an errno: its name where we know it. */
  static String describe(int number) {
    Optional<Errno> known =
        Arrays.stream(Errno.values()).filter(each -> each.number() == number).findFirst();
    return known.map(each -> each.text() + " (" + each + ")").orElse("error " + number);
  }

  /** A string as C wants it: UTF-8, a zero at the end. */
  static byte[] cString(String text) {
    return (text + "\0").getBytes(StandardCharsets.UTF_8);
  }

  /** Where a direct buffer lies. */
  static long address(ByteBuffer direct) {
    return Pointer.wrap(RUNTIME, direct).address();
  }
}
