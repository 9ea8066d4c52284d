package io.batchmount.files.write;

import io.batchmount.core.FsException;
import io.batchmount.core.journal.Extent;
import io.batchmount.core.journal.JournalEntry;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Bytes of one file that go to the service in one flush: an entry of the journal, and what is
 * needed to know whether they may be moved. Guarded by the state lock of its file.
 */
final class Buffer {
  private JournalEntry entry;

  /** Size of the file when the first byte came. */
  private long base;

  /**
   * Whether all bytes were appended at the end that the file had, so that they may move with it.
   */
  private boolean appendOnly = true;

  Buffer(JournalEntry entry, long base) {
    this.entry = entry;
    this.base = base;
  }

  JournalEntry entry() {
    return entry;
  }

  long base() {
    return base;
  }

  boolean isAppendOnly() {
    return appendOnly;
  }

  void write(ByteBuffer source, long offset, boolean append) throws FsException {
    appendOnly &= append;
    entry.write(source, offset);
  }

  /** Its bytes now lie {@code delta} further; {@code replacement} is a fresh entry for them. */
  void move(long delta, JournalEntry replacement) throws FsException {
    for (Extent extent : entry.dirty().extents()) {
      for (long at = extent.from(); at < extent.to(); at += MOVE_CHUNK) {
        ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(MOVE_CHUNK, extent.to() - at));
        entry.read(chunk, at);
        replacement.write(chunk.flip(), at + delta);
      }
    }
    JournalEntry old = entry;
    entry = replacement;
    base += delta;
    old.complete();
  }

  /** Its extents, none longer than {@code limit}. */
  List<Extent> chunks(int limit) {
    List<Extent> chunks = new ArrayList<>();
    for (Extent extent : entry.dirty().extents()) {
      for (long at = extent.from(); at < extent.to(); at += limit) {
        chunks.add(new Extent(at, Math.min(extent.to(), at + limit)));
      }
    }
    return chunks;
  }

  private static final int MOVE_CHUNK = 256 << 10; // moving is rare: small buffers are enough
}
