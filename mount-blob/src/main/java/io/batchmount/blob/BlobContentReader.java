package io.batchmount.blob;

import io.batchmount.blob.store.BlobProperties;
import io.batchmount.core.FsException;
import java.nio.ByteBuffer;

/**
 * Reads one version of a blob through the shared block cache. The write engine fills the unchanged
 * parts of a file with it. Thread-safe.
 */
public interface BlobContentReader {
  /**
   * Reads until the buffer is full or the blob ends.
   *
   * @param version names the blob, its ETag and size; another version is never read
   * @return bytes read
   * @throws FsException ESTALE when the version is gone and not cached
   */
  int read(BlobProperties version, ByteBuffer target, long offset) throws FsException;
}
