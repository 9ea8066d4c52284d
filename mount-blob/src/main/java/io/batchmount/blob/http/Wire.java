package io.batchmount.blob.http;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The bytes of one connection. One thread reads and writes; any may close, which ends a blocked
 * call of the other with an exception.
 */
interface Wire extends Closeable {
  /**
   * Waits for at least one byte.
   *
   * @param targets filled in order; with room for at least one byte
   * @return bytes read; -1 when the other end has closed
   */
  int read(ByteBuffer[] targets) throws IOException;

  /**
   * Whether an idle connection can be used again: the other end has not closed it, and sent nothing
   * that nobody asked for.
   */
  boolean isAlive() throws IOException;

  /** Writes all. */
  void write(ByteBuffer source) throws IOException;
}
