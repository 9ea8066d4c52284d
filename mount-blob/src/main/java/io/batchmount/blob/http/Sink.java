package io.batchmount.blob.http;

import java.nio.ByteBuffer;

/** Takes the body of an answer, in order, called by one thread. */
public interface Sink {
  /**
   * Where the next bytes may be written directly.
   *
   * @param most bytes that the buffers may have room for, all together
   * @return buffers in order; none when the bytes must come through {@link #put}
   */
  ByteBuffer[] room(int most);

  /** So many bytes were written into the buffers of the last {@link #room}. */
  void filled(int bytes);

  /** Takes bytes from a buffer that is used again afterwards. */
  void put(ByteBuffer bytes);
}
