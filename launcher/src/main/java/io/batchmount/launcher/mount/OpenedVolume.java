package io.batchmount.launcher.mount;

import io.batchmount.blob.store.BlobStore;
import io.batchmount.core.FileSystem;
import io.batchmount.files.store.ShareStore;
import java.io.IOException;
import java.util.Optional;

/**
 * A volume as a file system, with its store, which is closed after it.
 *
 * @param fileSystem what is served
 * @param share the share's store, of shares
 * @param blob the container's store, of containers
 */
public record OpenedVolume(
    FileSystem fileSystem, Optional<ShareStore> share, Optional<BlobStore> blob)
    implements AutoCloseable {
  @Override
  public void close() throws IOException {
    fileSystem.close();
    share.ifPresent(ShareStore::close);
    blob.ifPresent(BlobStore::close);
  }
}
