package io.batchmount.files;

import io.batchmount.core.FileSystem;
import io.batchmount.core.contract.Capabilities;
import io.batchmount.core.contract.FileSystemContract;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** The contract of every file system, over the SDK and the emulator. */
class EmulatedShareContractTest extends FileSystemContract {
  @TempDir Path directory;
  private ShareFixture fixture;

  @Override
  public Capabilities capabilities() {
    return MemoryShareContractTest.shareCapabilities();
  }

  @Override
  protected FileSystem newFileSystem() throws Exception {
    fixture = ShareFixture.over(EmulatedShare.fresh(), directory);
    return fixture.mount();
  }

  @Override
  protected FileSystem reopenFileSystem() throws Exception {
    return fixture.mount();
  }

  @AfterEach
  void closeFixture() throws Exception {
    fixture.close();
  }
}
