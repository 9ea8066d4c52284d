package io.batchmount.blob;

import io.batchmount.blob.store.InMemoryBlobStore;
import io.batchmount.core.FileSystem;
import io.batchmount.core.contract.Capabilities;
import io.batchmount.core.contract.MountedFileSystemContract;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract suite on blobs through a real mount, over the in-memory store. */
class BlobMountContractTest extends MountedFileSystemContract {
  @TempDir Path directory;
  private InMemoryBlobStore store;

  @Override
  public Capabilities capabilities() {
    return BlobContractTest.blobCapabilities();
  }

  /** A blob has no holes; {@link BlobContractTest#largeSparseFile} does it with less. */
  @Override
  @Test
  public void largeSparseFile() throws Exception {
    put("/f", "begin");
    posix().truncate("/f", 20L << 20);
    org.assertj.core.api.Assertions.assertThat(posix().lstat("/f").size()).isEqualTo(20L << 20);
  }

  @Override
  protected FileSystem newFileSystem() throws Exception {
    store = InMemoryBlobStore.create();
    return reopenFileSystem();
  }

  @Override
  protected FileSystem reopenFileSystem() throws Exception {
    return new BlobContractFileSystem(BlobTestMount.open(store, directory));
  }
}
