package io.batchmount.blob.store;

import java.nio.ByteBuffer;

/** Takes the bytes of a download as they come. Called by one thread at a time. */
public interface DownloadTarget {
  /** Bytes that are still wanted. */
  int remaining();

  /** Takes the next bytes, at most {@link #remaining}; the buffer may be used again afterwards. */
  void put(ByteBuffer bytes);
}
