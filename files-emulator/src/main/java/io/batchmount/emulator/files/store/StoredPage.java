package io.batchmount.emulator.files.store;

import io.batchmount.emulator.files.model.Page;
import java.io.IOException;

/**
 * A page in a segment.
 *
 * @param segment the file
 * @param position where it begins there
 * @param length how many bytes it has
 */
record StoredPage(Segment segment, long position, int length) implements Page {
  @Override
  public void read(int from, byte[] dst, int dstOffset, int count) throws IOException {
    segment.read(position + from, dst, dstOffset, count);
  }

  @Override
  public Page prefix(int n) {
    return n >= length ? this : new StoredPage(segment, position, n);
  }
}
