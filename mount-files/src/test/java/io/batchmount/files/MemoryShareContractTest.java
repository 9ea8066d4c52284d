package io.batchmount.files;

import io.batchmount.core.Errno;
import io.batchmount.core.FileSystem;
import io.batchmount.core.contract.Capabilities;
import io.batchmount.core.contract.FileSystemContract;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** The contract of every file system, over the share in memory. */
class MemoryShareContractTest extends FileSystemContract {
  @TempDir Path directory;
  private static ShareFixture fixture;

  /** What a share cannot do, whatever serves it. */
  static Capabilities shareCapabilities() {
    return Capabilities.all()
        .without(
            Capabilities.Feature.HARD_LINKS, Errno.ENOTSUP, "SMB shares have no links over REST")
        .without(
            Capabilities.Feature.CASE_SENSITIVE_NAMES,
            Errno.EEXIST,
            "the service compares names without case")
        .without(Capabilities.Feature.ATIME, Errno.ENOTSUP, "the service does not let it be set");
  }

  @Override
  public Capabilities capabilities() {
    return shareCapabilities();
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
