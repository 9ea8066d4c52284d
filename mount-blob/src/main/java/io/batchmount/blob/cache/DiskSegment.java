package io.batchmount.blob.cache;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What is known of one segment's file: length and checksum of each page that it holds. Thread-safe.
 */
final class DiskSegment {
  /** Pages of a segment: 8 MiB. */
  static final int PAGES = 256;

  /** Where page data begins: behind the header and the table. */
  static final int DATA_OFFSET = 8 << 10;

  /** Where the table of pages begins. */
  static final int TABLE_OFFSET = 4 << 10;

  /** A table entry: length and checksum. */
  static final int SLOT_BYTES = 8;

  private final int[] lengths;
  private final int[] checksums;
  private int present;

  DiskSegment(int pages) {
    lengths = new int[pages];
    checksums = new int[pages];
  }

  /** Reads a table as it is in the file; entries that cannot be are left out. */
  static DiskSegment parse(ByteBuffer table) {
    int pages = Math.min(PAGES, table.remaining() / SLOT_BYTES);
    int last = 0;
    int[] lengths = new int[pages];
    int[] checksums = new int[pages];
    for (int i = 0; i < pages; i++) {
      lengths[i] = table.getInt();
      checksums[i] = table.getInt();
      if (lengths[i] <= 0 || lengths[i] > PagePool.PAGE_BYTES) {
        lengths[i] = 0;
      } else {
        last = i + 1;
      }
    }
    DiskSegment segment = new DiskSegment(Math.max(1, last));
    for (int i = 0; i < last; i++) {
      if (lengths[i] > 0) {
        segment.lengths[i] = lengths[i];
        segment.checksums[i] = checksums[i];
        segment.present++;
      }
    }
    return segment;
  }

  /** This table with room for more pages; itself when there is room. */
  synchronized DiskSegment withRoom(int pages) {
    if (pages <= lengths.length) {
      return this;
    }
    DiskSegment larger = new DiskSegment(pages);
    System.arraycopy(lengths, 0, larger.lengths, 0, lengths.length);
    System.arraycopy(checksums, 0, larger.checksums, 0, checksums.length);
    larger.present = present;
    return larger;
  }

  synchronized boolean has(int page) {
    return page < lengths.length && lengths[page] > 0;
  }

  synchronized int length(int page) {
    return page < lengths.length ? lengths[page] : 0;
  }

  synchronized int checksum(int page) {
    return checksums[page];
  }

  synchronized void set(int page, int length, int checksum) {
    if (lengths[page] == 0) {
      present++;
    }
    lengths[page] = length;
    checksums[page] = checksum;
  }

  synchronized void clear(int page) {
    if (page < lengths.length && lengths[page] > 0) {
      lengths[page] = 0;
      present--;
    }
  }

  synchronized void clearAll() {
    Arrays.fill(lengths, 0);
    present = 0;
  }

  /** Bytes that the file takes: blocks of 4 KiB. */
  synchronized int bytes() {
    long sum = DATA_OFFSET;
    for (int length : lengths) {
      sum += (length + 4095) & ~4095;
    }
    return (int) sum;
  }

  synchronized int present() {
    return present;
  }
}
