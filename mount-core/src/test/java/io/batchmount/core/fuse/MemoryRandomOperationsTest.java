package io.batchmount.core.fuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.batchmount.core.FileSystem;
import io.batchmount.core.FsException;
import io.batchmount.core.PendingData;
import io.batchmount.core.RenameMode;
import io.batchmount.core.contract.Capabilities;
import io.batchmount.core.contract.KernelPosix;
import io.batchmount.core.contract.Posix;
import io.batchmount.core.contract.RandomOperations;
import io.batchmount.core.contract.SpiPosix;
import io.batchmount.core.memory.MemoryFileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random calls through a real mount give what the same calls on the file system itself give. */
class MemoryRandomOperationsTest {
  private static final class Mounted implements RandomOperations.Subject {
    private FileSystem fileSystem;

    @Override
    public Posix open() throws Exception {
      fileSystem = new MemoryFileSystem();
      return reopen();
    }

    @Override
    public Posix reopen() throws Exception {
      Path directory = Files.createTempDirectory("random");
      FuseMount mount = FuseMount.mount(fileSystem, directory, FuseMountOptions.defaults());
      return new KernelPosix(
          mount.mountPoint(),
          () -> {
            mount.unmount(Duration.ofSeconds(60), pending -> {});
            Files.delete(directory);
          });
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void mountAndReferenceAgree(long seed) throws Exception {
    assumeTrue(Files.exists(Path.of("/dev/fuse")), "no /dev/fuse: nothing can be mounted here");
    RandomOperations.run(new Mounted(), Capabilities.all(), seed, 600);
  }

  @Test
  @Tag("long")
  void mountAndReferenceAgreeForLong() throws Exception {
    assumeTrue(Files.exists(Path.of("/dev/fuse")), "no /dev/fuse: nothing can be mounted here");
    for (long seed = 100; seed < 200; seed++) {
      RandomOperations.run(new Mounted(), Capabilities.all(), seed, 1_000);
    }
  }

  @Test
  void aDefectIsFoundAndShownShortly() {
    RandomOperations.Subject defective =
        new RandomOperations.Subject() {
          private FileSystem fileSystem;

          @Override
          public Posix open() {
            fileSystem =
                new Draining(new MemoryFileSystem(), PendingData.NONE) {
                  @Override
                  public void rename(String from, String to, RenameMode mode) throws FsException {
                    super.rename(from, to, mode);
                    if (getAttributes(to).isRegular()) {
                      truncate(to, getAttributes(to).size() / 2);
                    }
                  }
                };
            return reopen();
          }

          @Override
          public Posix reopen() {
            return new SpiPosix(fileSystem);
          }
        };
    assertThatThrownBy(() -> RandomOperations.run(defective, Capabilities.all(), 42, 400))
        .isInstanceOf(AssertionError.class)
        .hasMessageStartingWith("seed 42: ")
        .hasMessageContaining("rename")
        .satisfies(e -> assertThat(e.getMessage().lines().count()).isLessThan(14));
  }
}
