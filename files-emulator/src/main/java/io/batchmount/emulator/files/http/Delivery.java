package io.batchmount.emulator.files.http;

import java.util.OptionalLong;

/**
 * How to send an answer; anything but {@link #NORMAL} is an injected fault.
 *
 * @param resetBefore whether to reset the connection in place of any answer
 * @param resetAfterBytes reset once this many bytes of the body were sent
 * @param bytesPerSecond the rate of the body; 0 for no limit
 */
public record Delivery(boolean resetBefore, OptionalLong resetAfterBytes, long bytesPerSecond) {
  /** Without any fault. */
  public static final Delivery NORMAL = new Delivery(false, OptionalLong.empty(), 0);

  /** The connection is reset and no answer is sent. */
  public static final Delivery RESET = new Delivery(true, OptionalLong.empty(), 0);
}
