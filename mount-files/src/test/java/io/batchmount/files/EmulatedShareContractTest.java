package io.batchmount.files;

import io.batchmount.core.FileSystem;
import io.batchmount.core.contract.Capabilities;
import io.batchmount.core.contract.FileSystemContract;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** The contract of every file system, over the SDK and the emulator. */
class EmulatedShareContractTest extends FileSystemContract {
  @TempDir Path directory;
  private static ShareFixture fixture;

  @Override
  public Capabilities capabilities() {
    return MemoryShareContractTest.shareCapabilities();
  }

  @Override
  protected FileSystem newFileSystem() throws Exception {
    // the mount of the case before has been closed by then, and after the methods of this class
    if (fixture != null) {
      fixture.close();
    }
    fixture = ShareFixture.over(EmulatedShare.fresh(), directory);
    return fixture.mount();
  }

  @Override
  protected FileSystem reopenFileSystem() throws Exception {
    return fixture.mount();
  }
}
