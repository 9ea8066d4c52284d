package io.batchmount.core.fuse;

import io.batchmount.core.FileSystem;
import io.batchmount.core.contract.MountedFileSystemContract;
import io.batchmount.core.memory.MemoryFileSystem;

class MemoryMountContractTest extends MountedFileSystemContract {
  private MemoryFileSystem fileSystem;

  @Override
  protected FileSystem newFileSystem() {
    fileSystem = new MemoryFileSystem();
    return fileSystem;
  }

  @Override
  protected FileSystem reopenFileSystem() {
    return fileSystem;
  }
}
