package io.batchmount.emulator.files.model;

import java.io.IOException;

/** Where pages are kept. Thread-safe. */
public interface PageStore {
  /**
   * Keeps bytes as pages: all but the last one are full.
   *
   * @throws IOException if there is no room for them
   */
  Page[] store(byte[] bytes, int offset, int length) throws IOException;

  /**
   * Keeps pages that are stored from now on from being taken for garbage until this is closed: for
   * pages that are stored before the lock is taken under which they become part of a file.
   */
  default Hold hold() {
    return () -> {};
  }

  /** See {@link #hold}. */
  @FunctionalInterface
  interface Hold extends AutoCloseable {
    @Override
    void close();
  }
}
