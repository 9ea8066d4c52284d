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
}
