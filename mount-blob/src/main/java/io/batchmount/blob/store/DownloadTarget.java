package io.batchmount.blob.store;

import java.nio.ByteBuffer;

/** Takes the bytes of a download as they come. Called by one thread at a time. */
public interface DownloadTarget {
  /** Bytes that are still wanted. */
  int remaining();

  /**
   * Where the next bytes may be written without a copy between.
   *
   * @param most bytes that the buffers may have room for together, at most {@link #remaining}
   * @return buffers in order, each at position 0; none when the bytes have to come through {@link
   *     #put}
   */
  default ByteBuffer[] room(int most) {
    return new ByteBuffer[0];
  }

  /** So many bytes were written into the buffers of the last {@link #room}. */
  default void filled(int bytes) {
    throw new IllegalStateException("no room was given");
  }

  /** Takes the next bytes, at most {@link #remaining}; the buffer may be used again afterwards. */
  void put(ByteBuffer bytes);

  /**
   * Gives the last bytes back: they come again, because they were not what the service has.
   *
   * @param bytes at most what was put since the last call of {@link #verified}
   */
  void takeBack(int bytes);

  /** What was put so far is what the service has: its checksum fits. Only where one is asked. */
  void verified();
}
