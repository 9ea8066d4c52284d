package io.batchmount.blob;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.blob.store.InMemoryBlobStore;
import io.batchmount.core.Errno;
import io.batchmount.core.FileSystem;
import io.batchmount.core.contract.Capabilities;
import io.batchmount.core.contract.FileSystemContract;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract suite on blobs, over the in-memory store. */
class BlobContractTest extends FileSystemContract {
  @TempDir Path directory;
  private InMemoryBlobStore store;

  static Capabilities blobCapabilities() {
    return Capabilities.all()
        .without(Capabilities.Feature.HARD_LINKS, Errno.ENOTSUP, "a blob has one name");
  }

  @Override
  public Capabilities capabilities() {
    return blobCapabilities();
  }

  /** A blob has no holes, so zeros are sent: a large one would take hours. Done with 48 MiB. */
  @Override
  @Test
  public void largeSparseFile() throws Exception {
    long size = 48L << 20;
    put("/f", "begin");
    posix().truncate("/f", size);
    assertThat(posix().lstat("/f").size()).isEqualTo(size);
    int fd = posix().open("/f", RDONLY, 0);
    try {
      assertThat(posix().pread(fd, 6, 0)).isEqualTo(bytes("begin\0"));
      assertThat(posix().pread(fd, 100, size - 10)).isEqualTo(new byte[10]);
    } finally {
      posix().close(fd);
    }
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
