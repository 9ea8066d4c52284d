package io.batchmount.blob;

import io.batchmount.blob.store.HierarchicalMemoryStore;
import io.batchmount.blob.store.InMemoryBlobStore;
import io.batchmount.core.FileSystem;
import io.batchmount.core.contract.Capabilities;
import io.batchmount.core.contract.FileSystemContract;
import java.nio.file.Path;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract suite on an account with a hierarchical namespace, in memory. */
class HierarchicalContractTest extends FileSystemContract {
  @TempDir Path directory;
  private HierarchicalMemoryStore store;

  @Override
  public Capabilities capabilities() {
    return BlobContractTest.blobCapabilities();
  }

  /** A blob has no holes; {@link BlobContractTest#largeSparseFile} does it with more. */
  @Override
  @Test
  public void largeSparseFile() throws Exception {
    put("/f", "begin");
    posix().truncate("/f", 1L << 20);
    Assertions.assertThat(posix().lstat("/f").size()).isEqualTo(1L << 20);
  }

  @Override
  protected FileSystem newFileSystem() throws Exception {
    store = new HierarchicalMemoryStore(InMemoryBlobStore.create());
    return reopenFileSystem();
  }

  @Override
  protected FileSystem reopenFileSystem() throws Exception {
    return new BlobContractFileSystem(BlobTestMount.open(store, directory));
  }
}
