package io.batchmount.files.store;

import java.time.Instant;

/**
 * The answer to a ranged Get File.
 *
 * @param bytes bytes put into the buffer
 * @param size size of the whole file
 * @param etag version that the bytes are of; empty when the range began at or behind the end, where
 *     the service tells the size alone
 * @param lastWriteTime last write time of that version; {@link Instant#EPOCH} in the same case
 * @param fileId id of the file; empty in the same case
 */
public record RangeRead(int bytes, long size, String etag, Instant lastWriteTime, String fileId) {
  /** True when the range began at or behind the end of the file. */
  public boolean behindEnd() {
    return etag.isEmpty();
  }
}
