package io.batchmount.launcher.mount;

import io.batchmount.core.FileSystem;
import io.batchmount.files.store.ShareStore;
import java.io.IOException;
import java.util.Optional;

/**
 * A volume as a file system, with its store, which is closed after it.
 *
 * @param fileSystem what is served
 * @param share the share's store, of shares
 * @param release closes what is below
 */
public record OpenedVolume(FileSystem fileSystem, Optional<ShareStore> share, AutoCloseable release)
    implements AutoCloseable {
  @Override
  public void close() throws IOException {
    fileSystem.close();
    try {
      release.close();
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
    }
  }
}
