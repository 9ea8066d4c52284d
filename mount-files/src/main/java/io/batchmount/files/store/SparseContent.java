package io.batchmount.files.store;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.TreeMap;

/** Bytes of a sparse file in pages; pages never written cost nothing. Not thread-safe. */
final class SparseContent {
  /** Small enough that sparse files stay small, large enough that a range of 4 MiB is 64 pages. */
  private static final int PAGE = 64 << 10;

  private final TreeMap<Long, byte[]> pages = new TreeMap<>();

  void write(long offset, ByteBuffer data) {
    ByteBuffer source = data.duplicate();
    while (source.hasRemaining()) {
      long page = offset / PAGE;
      int at = (int) (offset % PAGE);
      int count = Math.min(PAGE - at, source.remaining());
      source.get(pages.computeIfAbsent(page, p -> new byte[PAGE]), at, count);
      offset += count;
    }
  }

  void read(long offset, ByteBuffer target, int length) {
    while (length > 0) {
      int at = (int) (offset % PAGE);
      int count = Math.min(PAGE - at, length);
      byte[] page = pages.get(offset / PAGE);
      if (page == null) {
        target.put(new byte[count]);
      } else {
        target.put(page, at, count);
      }
      offset += count;
      length -= count;
    }
  }

  void truncate(long size) {
    long firstGone = (size + PAGE - 1) / PAGE;
    pages.tailMap(firstGone, true).clear();
    byte[] last = pages.get(size / PAGE);
    if (last != null) {
      Arrays.fill(last, (int) (size % PAGE), PAGE, (byte) 0);
    }
  }

  long allocated() {
    return (long) pages.size() * PAGE;
  }
}
