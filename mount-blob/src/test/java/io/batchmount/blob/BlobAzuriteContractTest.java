package io.batchmount.blob;

import io.batchmount.core.FileSystem;
import io.batchmount.core.contract.Capabilities;
import io.batchmount.core.contract.FileSystemContract;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The contract suite on blobs, over Azurite; in the long run because each case is many requests.
 */
@Tag("long")
class BlobAzuriteContractTest extends FileSystemContract {
  @TempDir Path directory;
  private String container;

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
    container = AzuriteContainers.create().getBlobContainerName();
    return reopenFileSystem();
  }

  @Override
  protected FileSystem reopenFileSystem() throws Exception {
    return new BlobContractFileSystem(
        BlobTestMount.open(AzuriteContainers.open(container), directory));
  }
}
