package io.batchmount.emulator.files.model;

import java.io.IOException;

/**
 * An immutable piece of a file's content. What lies beyond its length reads as zeros. Thread-safe.
 */
public interface Page {
  /** Bytes of content that one page stands for. */
  int SIZE = 64 * 1024;

  /** Bytes that are kept, at most {@link #SIZE}. */
  int length();

  /**
   * Copies bytes that are kept.
   *
   * @param from offset in the page; {@code from + count} is at most {@link #length()}
   * @throws IOException if they cannot be read from disk
   */
  void read(int from, byte[] dst, int dstOffset, int count) throws IOException;

  /** The same with at most so many bytes. */
  Page prefix(int length);
}
