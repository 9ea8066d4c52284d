package io.batchmount.emulator.files.protocol;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;

/**
 * The 64-bit cyclic redundancy check of Azure Storage: reflected, polynomial 0x9A6C9329AC4BC9B5.
 */
final class Crc64 {
  private static final long POLYNOMIAL = 0x9A6C9329AC4BC9B5L;
  private static final long[] TABLE = new long[256];

  static {
    for (int i = 0; i < TABLE.length; i++) {
      long c = i;
      for (int bit = 0; bit < 8; bit++) {
        c = (c & 1) == 0 ? c >>> 1 : (c >>> 1) ^ POLYNOMIAL;
      }
      TABLE[i] = c;
    }
  }

  private Crc64() {}

  /** The check of the bytes in base64, low byte first. */
  static String base64(byte[] bytes) {
    long c = -1;
    for (byte b : bytes) {
      c = TABLE[(int) (c ^ b) & 0xff] ^ (c >>> 8);
    }
    byte[] value =
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(~c).array();
    return Base64.getEncoder().encodeToString(value);
  }
}
