package io.batchmount.core.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.batchmount.core.Errno;
import io.batchmount.core.FileSystem;
import io.batchmount.core.PendingData;
import io.batchmount.core.fuse.FuseMount;
import io.batchmount.core.fuse.FuseMountOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import jnr.ffi.Pointer;
import org.junit.jupiter.api.Test;

/**
 * The suite through a real mount, and what only a kernel can ask. Skipped with a word where there
 * is no {@code /dev/fuse}.
 */
public abstract class MountedFileSystemContract extends FileSystemContract {
  private static final Duration UNMOUNT_LIMIT = Duration.ofSeconds(60);

  /** How the file system of a case is mounted. */
  protected FuseMountOptions mountOptions() {
    return FuseMountOptions.defaults();
  }

  @Override
  protected Posix driver(FileSystem fileSystem) throws Exception {
    assumeTrue(Files.exists(Path.of("/dev/fuse")), "no /dev/fuse: nothing can be mounted here");
    Path mountPoint = Files.createTempDirectory("contract");
    FuseMount mount;
    try {
      mount = FuseMount.mount(fileSystem, mountPoint, mountOptions());
    } catch (Exception e) {
      fileSystem.close();
      throw e;
    }
    return new KernelPosix(
        mount.mountPoint(),
        () -> {
          try {
            PendingData left = mount.unmount(UNMOUNT_LIMIT, pending -> {});
            assertThat(left.isClean()).as("all is saved after unmounting: %s", left).isTrue();
          } finally {
            fileSystem.close();
          }
          Files.delete(mountPoint);
        });
  }

  private KernelPosix kernel() {
    return (KernelPosix) opened();
  }

  @Test
  void mkfifoAndDevicesAreRefused() throws Exception {
    expect(
        Errno.EPERM,
        () -> KernelPosix.check("mkfifo", KernelPosix.libc().mkfifo(kernel().real("/p"), 0644)));
    int device = 0020000 | 0644;
    expect(
        Errno.EPERM,
        () ->
            KernelPosix.check(
                "mknod", KernelPosix.libc().mknod(kernel().real("/n"), device, 0x103)));
    assertThat(posix().list("/")).isEmpty();
  }

  @Test
  void mknodOfRegularFile() throws Exception {
    KernelPosix.check("mknod", KernelPosix.libc().mknod(kernel().real("/f"), 0100640, 0));
    assertThat(posix().lstat("/f").isRegular()).isTrue();
    assertThat(posix().lstat("/f").permissions()).isEqualTo(0640);
  }

  @Test
  void touchSetsTheTimeOfNow() throws Exception {
    put("/f", "x");
    posix().utimens("/f", Optional.empty(), Optional.of(AttributeCases.PAST));
    kernel().touch("/f");
    assertThat(posix().lstat("/f").mtime())
        .isAfter(Instant.now().minus(AttributeCases.CLOCK_TOLERANCE));
  }

  @Test
  void nameThatIsNotUtf8() throws Exception {
    byte[] path = kernel().real("/x__");
    path[path.length - 2] = (byte) 0xff;
    path[path.length - 3] = (byte) 0xc3;
    expect(
        Errno.EILSEQ,
        () -> KernelPosix.check("open", KernelPosix.libc().open(path, WRONLY | CREAT, 0644)));
    expect(Errno.EILSEQ, () -> KernelPosix.check("mkdir", KernelPosix.libc().mkdir(path, 0755)));
    assertThat(posix().list("/")).isEmpty();
  }

  @Test
  void fallocateGrowsTheFile() throws Exception {
    int fd = posix().open("/f", RDWR | CREAT, 0644);
    try {
      writeAll(fd, bytes("content"), 0);
      KernelPosix.check("fallocate", KernelPosix.libc().fallocate(fd, 0, 0, 10_000));
      assertThat(posix().fstat(fd).size()).isEqualTo(10_000);
      KernelPosix.check("fallocate", KernelPosix.libc().fallocate(fd, 0, 0, 100));
      assertThat(posix().fstat(fd).size()).isEqualTo(10_000);
      assertThat(posix().pread(fd, 8, 0)).isEqualTo(bytes("content\0"));
      int punchHole = 3;
      expect(
          Errno.ENOTSUP,
          () -> KernelPosix.check("fallocate", KernelPosix.libc().fallocate(fd, punchHole, 0, 10)));
    } finally {
      posix().close(fd);
    }
  }

  @Test
  void mappedFileIsReadAndWritten() throws Exception {
    int size = 100_000;
    put("/f", pattern(size, 1));
    int fd = posix().open("/f", RDWR, 0);
    try {
      int readWrite = 3;
      int shared = 1;
      int sync = 4;
      Pointer mapped =
          KernelPosix.libc().mmap(Pointer.wrap(runtime(), 0L), size, readWrite, shared, fd, 0);
      assertThat(mapped.address()).isNotEqualTo(-1L);
      byte[] content = new byte[size];
      mapped.get(0, content, 0, size);
      assertThat(content).isEqualTo(pattern(size, 1));
      mapped.put(50_000, bytes("written through memory"), 0, 22);
      KernelPosix.check("msync", KernelPosix.libc().msync(mapped, size, sync));
      KernelPosix.check("munmap", KernelPosix.libc().munmap(mapped, size));
    } finally {
      posix().close(fd);
    }
    byte[] expected = pattern(size, 1);
    System.arraycopy(bytes("written through memory"), 0, expected, 50_000, 22);
    assertThat(get("/f")).isEqualTo(expected);
    reopen();
    assertThat(get("/f")).isEqualTo(expected);
  }

  /** The two descriptors may not differ in what they see, however the kernel keeps the pages. */
  @Test
  void mappedWhileAnotherDescriptorOnlyWrites() throws Exception {
    int size = 100_000;
    byte[] expected = pattern(size, 2);
    int out = posix().open("/f", WRONLY | Posix.O_CREAT, 0644);
    int both = posix().open("/f", RDWR, 0);
    try {
      posix().pwrite(out, expected, 0);
      int readWrite = 3;
      int shared = 1;
      int sync = 4;
      Pointer mapped =
          KernelPosix.libc().mmap(Pointer.wrap(runtime(), 0L), size, readWrite, shared, both, 0);
      assertThat(mapped.address()).isNotEqualTo(-1L);
      byte[] content = new byte[size];
      mapped.get(0, content, 0, size);
      assertThat(content).isEqualTo(expected);
      mapped.put(60_000, bytes("by memory"), 0, 9);
      KernelPosix.check("msync", KernelPosix.libc().msync(mapped, size, sync));
      KernelPosix.check("munmap", KernelPosix.libc().munmap(mapped, size));
      System.arraycopy(bytes("by memory"), 0, expected, 60_000, 9);
      posix().pwrite(out, bytes("by write"), 60_020);
      System.arraycopy(bytes("by write"), 0, expected, 60_020, 8);
      assertThat(posix().pread(both, size, 0)).isEqualTo(expected);
    } finally {
      posix().close(both);
      posix().close(out);
    }
    assertThat(get("/f")).isEqualTo(expected);
    reopen();
    assertThat(get("/f")).isEqualTo(expected);
  }

  private static jnr.ffi.Runtime runtime() {
    return jnr.ffi.Runtime.getRuntime(KernelPosix.libc());
  }

  @Test
  void symlinkIsFollowed() throws Exception {
    put("/f", "content");
    if (where(Capabilities.Feature.SYMLINKS, () -> posix().symlink("f", "/link"))) {
      assertThat(text("/link")).isEqualTo("content");
      posix().symlink("loop", "/loop");
      expect(Errno.ELOOP, () -> posix().open("/loop", RDONLY, 0));
    }
  }

  @Test
  void javaSeesTheFilesToo() throws Exception {
    Path root = Path.of(new String(kernel().real("/"), 0, kernel().real("/").length - 1));
    Files.writeString(root.resolve("hello.txt"), "hello");
    Files.createDirectories(root.resolve("a/b/c"));
    Files.copy(root.resolve("hello.txt"), root.resolve("a/b/c/copy.txt"));
    assertThat(Files.readString(root.resolve("a/b/c/copy.txt"))).isEqualTo("hello");
    Files.move(root.resolve("a/b"), root.resolve("moved"));
    try (var walk = Files.walk(root)) {
      assertThat(walk.map(root::relativize).map(Path::toString))
          .containsExactlyInAnyOrder("", "hello.txt", "a", "moved", "moved/c", "moved/c/copy.txt");
    }
    byte[] large = pattern(3_000_000, 9);
    Files.write(root.resolve("large"), large);
    assertThat(Arrays.equals(Files.readAllBytes(root.resolve("large")), large)).isTrue();
  }
}
