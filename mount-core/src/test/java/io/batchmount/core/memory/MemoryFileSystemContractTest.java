package io.batchmount.core.memory;

import io.batchmount.core.FileSystem;
import io.batchmount.core.contract.FileSystemContract;

class MemoryFileSystemContractTest extends FileSystemContract {
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
