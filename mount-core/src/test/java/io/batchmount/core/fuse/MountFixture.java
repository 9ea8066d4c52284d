package io.batchmount.core.fuse;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.batchmount.core.FileSystem;
import io.batchmount.core.contract.KernelPosix;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Mounts for a test, all gone after it, whatever happened. */
abstract class MountFixture {
  static final Duration LIMIT = Duration.ofSeconds(60);

  private final List<FuseMount> mounts = new ArrayList<>();
  private final List<Path> directories = new ArrayList<>();

  @BeforeEach
  void needsFuse() {
    assumeTrue(Files.exists(Path.of("/dev/fuse")), "no /dev/fuse: nothing can be mounted here");
  }

  Path directory() throws Exception {
    Path directory = Files.createTempDirectory("mount").toRealPath();
    directories.add(directory);
    return directory;
  }

  FuseMount mount(FileSystem fileSystem, FuseMountOptions options) throws Exception {
    FuseMount mount = FuseMount.mount(fileSystem, directory(), options);
    mounts.add(mount);
    return mount;
  }

  FuseMount mount(FileSystem fileSystem) throws Exception {
    return mount(fileSystem, FuseMountOptions.defaults());
  }

  /** System calls on a mount. */
  static KernelPosix posix(FuseMount mount) {
    return new KernelPosix(mount.mountPoint(), () -> {});
  }

  @AfterEach
  void unmountAll() throws Exception {
    Exception first = null;
    for (FuseMount mount : mounts) {
      try {
        if (mount.isAlive()) {
          mount.unmount(Duration.ofSeconds(5), pending -> {});
        }
      } catch (Exception e) {
        first = first == null ? e : first;
      }
    }
    for (Path directory : directories) {
      if (MountTable.read().at(directory).isPresent()) {
        Mounter.unmountLazily(directory);
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
