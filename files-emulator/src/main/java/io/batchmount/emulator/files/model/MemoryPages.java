package io.batchmount.emulator.files.model;

import java.util.Arrays;

/** Keeps pages in memory, each as long as its bytes. */
public final class MemoryPages implements PageStore {
  @Override
  public Page[] store(byte[] bytes, int offset, int length) {
    Page[] pages = new Page[(length + Page.SIZE - 1) / Page.SIZE];
    for (int i = 0; i < pages.length; i++) {
      int from = offset + i * Page.SIZE;
      int n = Math.min(Page.SIZE, offset + length - from);
      pages[i] = new MemoryPage(Arrays.copyOfRange(bytes, from, from + n), n);
    }
    return pages;
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared, never changed
  private record MemoryPage(byte[] bytes, int length) implements Page {
    @Override
    public void read(int from, byte[] dst, int dstOffset, int count) {
      System.arraycopy(bytes, from, dst, dstOffset, count);
    }

    @Override
    public Page prefix(int n) {
      return n >= length
          ? this
          : new MemoryPage(n < bytes.length / 2 ? Arrays.copyOf(bytes, n) : bytes, n);
    }
  }
}
