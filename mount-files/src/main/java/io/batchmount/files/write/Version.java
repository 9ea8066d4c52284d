package io.batchmount.files.write;

import io.batchmount.files.attributes.GrowthMark;
import io.batchmount.files.store.StoredItem;
import io.batchmount.files.store.Written;
import java.time.Instant;

/**
 * What an open file knows of its counterpart at the service.
 *
 * @param fileId identity; another id under the name is another file
 * @param etag version
 * @param visible bytes that readers may see
 * @param physical size at the service; larger than {@code visible} while bytes are on their way,
 *     and for good when their writer died
 * @param lastWriteTime as stored, a growth mark included
 * @param changeTime last change of anything
 */
record Version(
    String fileId,
    String etag,
    long visible,
    long physical,
    Instant lastWriteTime,
    Instant changeTime) {

  static Version of(StoredItem item) {
    return new Version(
        item.fileId(),
        item.etag(),
        GrowthMark.visibleSize(item.size(), item.lastWriteTime()),
        item.size(),
        item.lastWriteTime(),
        item.changeTime());
  }

  /** After a request of our own that left the file with this size, all of it visible. */
  Version after(Written answer, long size) {
    return new Version(
        answer.fileId().orElse(fileId),
        answer.etag(),
        size,
        size,
        answer.lastWriteTime().orElse(lastWriteTime),
        Instant.now());
  }

  /** After a request that grew the file for bytes to come. */
  Version grown(Written answer, long size, Instant mark) {
    return new Version(fileId, answer.etag(), visible, size, mark, Instant.now());
  }

  /** The same bytes under a new ETag: attributes changed. */
  Version withEtag(String newEtag) {
    return new Version(fileId, newEtag, visible, physical, lastWriteTime, Instant.now());
  }

  /** Whether the content is the same as another version's, as far as the service tells. */
  boolean sameContent(Version other) {
    return fileId.equals(other.fileId)
        && physical == other.physical
        && lastWriteTime.equals(other.lastWriteTime);
  }
}
