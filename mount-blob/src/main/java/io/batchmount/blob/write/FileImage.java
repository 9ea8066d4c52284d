package io.batchmount.blob.write;

import io.batchmount.blob.BlobContentReader;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.BlockRef;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.journal.Extent;
import io.batchmount.core.journal.ExtentSet;
import io.batchmount.core.journal.JournalEntry;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a file shall be: a saved version, cut at {@code validBase}, unsaved bytes on top, zeros
 * where neither reaches. Immutable; the journal entry behind it is not, its owner sees to it that
 * the ranges in {@code dirty} keep their bytes while an image is used.
 *
 * @param base the saved version, empty for a file that the service does not have
 * @param layout committed blocks of the base where known; an empty list means that it has none
 * @param validBase bytes at the beginning of the base that still count
 * @param size size of the file
 * @param dirty ranges whose bytes are in the journal
 * @param entry the journal entry, absent while there are no unsaved bytes
 * @param metadata metadata of the next version
 * @param contentType content type of the next version
 */
record FileImage(
    Optional<BlobProperties> base,
    Optional<List<BlockRef>> layout,
    long validBase,
    long size,
    ExtentSet dirty,
    Optional<JournalEntry> entry,
    Map<String, String> metadata,
    Optional<String> contentType) {

  FileImage {
    metadata = Map.copyOf(metadata);
  }

  /** The same bytes on top of another saved version. */
  FileImage withBase(BlobProperties newBase, Optional<List<BlockRef>> newLayout) {
    return new FileImage(
        Optional.of(newBase),
        newLayout,
        Math.min(validBase, newBase.size()),
        size,
        dirty,
        entry,
        metadata,
        contentType);
  }

  FileImage withLayout(List<BlockRef> newLayout) {
    return new FileImage(
        base, Optional.of(newLayout), validBase, size, dirty, entry, metadata, contentType);
  }

  /**
   * Reads until the buffer is full or the file ends.
   *
   * @return bytes read
   */
  int read(BlobContentReader reader, ByteBuffer target, long offset) throws FsException {
    if (offset >= size) {
      return 0;
    }
    int wanted = (int) Math.min(target.remaining(), size - offset);
    int end = target.position() + wanted;
    int outer = target.limit();
    try {
      long at = offset;
      for (Extent part : dirty.intersect(offset, offset + wanted)) {
        readClean(reader, target, at, part.from());
        int length = (int) part.length();
        target.limit(target.position() + length);
        if (entry.isPresent()) {
          entry.get().read(target, part.from());
        }
        zeros(target, target.limit() - target.position());
        at = part.to();
      }
      readClean(reader, target, at, offset + wanted);
    } finally {
      target.limit(outer);
    }
    target.position(end);
    return wanted;
  }

  private void readClean(BlobContentReader reader, ByteBuffer target, long from, long to)
      throws FsException {
    if (from >= to) {
      return;
    }
    int length = (int) (to - from);
    int fromBase = (int) Math.max(0, Math.min(length, validBase - from));
    int stop = target.position() + length;
    if (base.isPresent() && fromBase > 0) {
      int begin = target.position();
      target.limit(begin + fromBase);
      long at = from;
      while (target.hasRemaining()) {
        int got = reader.read(base.get(), target, at);
        if (got <= 0) {
          throw new FsException(
              Errno.EIO, base.get().name() + ": the saved version ends before its own size");
        }
        at += got;
      }
    }
    target.limit(stop);
    zeros(target, stop - target.position());
  }

  private static void zeros(ByteBuffer target, int count) {
    for (int i = 0; i < count; i++) {
      target.put((byte) 0);
    }
  }
}
