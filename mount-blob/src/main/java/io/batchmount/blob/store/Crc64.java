package io.batchmount.blob.store;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.zip.Checksum;

/**
 * The CRC64 that the Blob service gives with ranges ({@code x-ms-content-crc64}): polynomial {@code
 * 9A6C9329AC4BC9B5} reflected, begun and ended with all ones, known as CRC-64/NVME. Eight bytes a
 * step by table. Not thread-safe.
 */
final class Crc64 implements Checksum {
  private static final long POLYNOMIAL = 0x9A6C9329AC4BC9B5L;
  private static final int STEP = Long.BYTES;

  /** {@code TABLES[k][b]}: what byte b does when k zero bytes follow it. */
  private static final long[][] TABLES = tables();

  private long state = ~0L;

  private static long[][] tables() {
    long[][] tables = new long[STEP][256];
    for (int b = 0; b < 256; b++) {
      long crc = b;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 1) == 0 ? crc >>> 1 : (crc >>> 1) ^ POLYNOMIAL;
      }
      tables[0][b] = crc;
    }
    for (int k = 1; k < STEP; k++) {
      for (int b = 0; b < 256; b++) {
        long before = tables[k - 1][b];
        tables[k][b] = (before >>> 8) ^ tables[0][(int) before & 0xff];
      }
    }
    return tables;
  }

  @Override
  public void update(int b) {
    state = (state >>> 8) ^ TABLES[0][(int) (state ^ b) & 0xff];
  }

  @Override
  public void update(byte[] bytes, int offset, int length) {
    update(ByteBuffer.wrap(bytes, offset, length));
  }

  /** Takes all bytes from position to limit; the position moves to the limit. */
  @Override
  public void update(ByteBuffer bytes) {
    ByteBuffer view = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    long crc = state;
    int at = view.position();
    int end = view.limit();
    for (; end - at >= STEP; at += STEP) {
      long x = crc ^ view.getLong(at);
      crc =
          TABLES[7][(int) x & 0xff]
              ^ TABLES[6][(int) (x >>> 8) & 0xff]
              ^ TABLES[5][(int) (x >>> 16) & 0xff]
              ^ TABLES[4][(int) (x >>> 24) & 0xff]
              ^ TABLES[3][(int) (x >>> 32) & 0xff]
              ^ TABLES[2][(int) (x >>> 40) & 0xff]
              ^ TABLES[1][(int) (x >>> 48) & 0xff]
              ^ TABLES[0][(int) (x >>> 56)];
    }
    for (; at < end; at++) {
      crc = (crc >>> 8) ^ TABLES[0][(int) (crc ^ view.get(at)) & 0xff];
    }
    state = crc;
    bytes.position(end);
  }

  @Override
  public long getValue() {
    return ~state;
  }

  @Override
  public void reset() {
    state = ~0L;
  }

  /** As the service writes it: eight bytes, the lowest first, in Base64. */
  String base64() {
    return Base64.getEncoder()
        .encodeToString(
            ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(getValue())
                .array());
  }
}
