package io.batchmount.blob.store;

import java.nio.ByteBuffer;

/** Takes the bytes of a download as they come. Called by one thread at a time. */
public interface DownloadTarget {
  /** Bytes that are still wanted. */
  int remaining();

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
