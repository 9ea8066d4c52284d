package io.batchmount.blob;

import io.batchmount.core.FsException;
import io.batchmount.core.testkit.ForwardingFileSystem;

/** A {@link BlobTestMount} that ends with its file system, as the contract suite expects. */
final class BlobContractFileSystem extends ForwardingFileSystem {
  private final BlobTestMount mount;

  BlobContractFileSystem(BlobTestMount mount) {
    super(mount.fileSystem());
    this.mount = mount;
  }

  @Override
  public void close() throws FsException {
    mount.close();
  }
}
