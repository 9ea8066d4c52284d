package io.batchmount.blob;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.batchmount.blob.store.BlobStore;
import io.batchmount.blob.store.InMemoryBlobStore;
import io.batchmount.core.Caller;
import io.batchmount.core.Errno;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FileSystem;
import io.batchmount.core.FsException;
import io.batchmount.core.OpenOptions;
import io.batchmount.core.contract.KernelPosix;
import io.batchmount.core.contract.Posix;
import io.batchmount.core.fuse.FuseMount;
import io.batchmount.core.fuse.FuseMountOptions;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A blob that is replaced by another node while programs read it through the kernel's cache. */
class BlobVersionsMountTest {
  private static final int SIZE = 600_000;

  @TempDir Path directory;

  private static byte[] filled(int size, char letter) {
    byte[] bytes = new byte[size];
    Arrays.fill(bytes, (byte) letter);
    return bytes;
  }

  /** Puts a blob in place as another node does. */
  private void replace(BlobStore store, int size, char letter) throws Exception {
    Path own = Files.createTempDirectory(directory, "other");
    try (BlobTestMount other = BlobTestMount.open(store, own)) {
      FileSystem fileSystem = other.fileSystem();
      FileHandle file =
          fileSystem.create("/f", 0644, Caller.ROOT, OpenOptions.WRITE.withTruncate());
      file.write(ByteBuffer.wrap(filled(size, letter)), 0);
      file.flush();
      file.close();
    }
  }

  @Test
  void handlesOfTwoVersionsNeverMix() throws Exception {
    assumeTrue(Files.exists(Path.of("/dev/fuse")), "no /dev/fuse: nothing can be mounted here");
    InMemoryBlobStore store = InMemoryBlobStore.create();
    replace(store, SIZE, 'a');
    Path mountPoint = Files.createDirectory(directory.resolve("mnt"));
    try (BlobTestMount blob = BlobTestMount.open(store, directory)) {
      FuseMount mount = FuseMount.mount(blob.fileSystem(), mountPoint, FuseMountOptions.defaults());
      try {
        Posix posix = new KernelPosix(mountPoint, () -> {});
        int old = posix.open("/f", Posix.O_RDONLY, 0);
        assertThat(posix.pread(old, 100_000, 0)).isEqualTo(filled(100_000, 'a'));
        replace(store, SIZE / 2, 'b');
        await().atMost(60, TimeUnit.SECONDS).until(() -> posix.lstat("/f").size() == SIZE / 2);
        int fresh = posix.open("/f", Posix.O_RDONLY, 0);
        for (int round = 0; round < 3; round++) {
          assertThat(posix.pread(fresh, SIZE, 0)).isEqualTo(filled(SIZE / 2, 'b'));
          assertThat(posix.fstat(fresh).size()).isEqualTo(SIZE / 2);
          assertThat(posix.fstat(old).size()).isEqualTo(SIZE);
          assertThat(posix.pread(old, 100_000, 0)).isEqualTo(filled(100_000, 'a'));
          readsOldVersionOrNothing(posix, old);
        }
        posix.close(old);
        posix.close(fresh);
      } finally {
        mount.unmount(Duration.ofSeconds(60), pending -> {});
      }
    }
  }

  private static void readsOldVersionOrNothing(Posix posix, int fd) {
    try {
      assertThat(posix.pread(fd, SIZE, 0)).isEqualTo(filled(SIZE, 'a'));
    } catch (FsException e) {
      assertThat(e.errno()).isEqualTo(Errno.ESTALE);
    }
  }
}
