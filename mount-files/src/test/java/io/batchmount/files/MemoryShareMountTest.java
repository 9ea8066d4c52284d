package io.batchmount.files;

import io.batchmount.core.FileSystem;
import io.batchmount.core.contract.Capabilities;
import io.batchmount.core.contract.MountedFileSystemContract;
import io.batchmount.core.fuse.FuseMountOptions;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The contract through a real mount of the share in memory. */
@Tag("long") // the emulated share runs the same through the SDK as well
class MemoryShareMountTest extends MountedFileSystemContract {
  @TempDir Path directory;
  private static ShareFixture fixture;

  @Override
  public Capabilities capabilities() {
    return MemoryShareContractTest.shareCapabilities();
  }

  @Override
  protected FuseMountOptions mountOptions() {
    return FuseMountOptions.defaults()
        .withTimeouts(Duration.ZERO, Duration.ofSeconds(1), Duration.ZERO);
  }

  @Override
  protected FileSystem newFileSystem() throws Exception {
    // the mount of the case before has been closed by then, and after the methods of this class
    if (fixture != null) {
      fixture.close();
    }
    fixture = ShareFixture.inMemory(directory);
    return fixture.mount();
  }

  @Override
  protected FileSystem reopenFileSystem() throws Exception {
    return fixture.mount();
  }
}
