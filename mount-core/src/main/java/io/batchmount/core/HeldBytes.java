package io.batchmount.core;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * Bytes of a file where they lie, held until {@link #close}: what a read gives that need not be
 * copied. Used and closed by one thread.
 */
public interface HeldBytes extends AutoCloseable {
  /** The bytes in order, in direct buffers from position to limit; not to be changed. */
  List<ByteBuffer> buffers();

  /** Lets the bytes go. */
  @Override
  void close();
}
