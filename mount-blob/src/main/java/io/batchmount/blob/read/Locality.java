package io.batchmount.blob.read;

/**
 * Watches where random reads go. When many land near earlier ones, fetching a little more around
 * each saves requests; when none do, it wastes bytes. Used under the lock of its handle's tracker.
 */
final class Locality {
  /** Reads that are looked back at. */
  private static final int WINDOW = 32;

  /** What counts as near. */
  private static final long NEAR = 256L << 10;

  /** Unit while nothing is known, and with little locality: one page, 32 KiB. */
  static final int SMALL_UNIT = 1;

  /** Unit when half of the reads land near earlier ones: 128 KiB. */
  static final int LARGE_UNIT = 4;

  private final long[] offsets = new long[WINDOW];
  private int seen;
  private double near;

  /** A random read happened. */
  void read(long offset) {
    boolean isNear = false;
    for (int i = 0; i < Math.min(seen, WINDOW); i++) {
      isNear |= Math.abs(offsets[i] - offset) <= NEAR;
    }
    offsets[seen % WINDOW] = offset;
    seen++;
    near += ((isNear ? 1.0 : 0.0) - near) / Math.min(seen, WINDOW);
  }

  /** Pages that a request's ends are rounded to. */
  int unitPages() {
    return seen >= WINDOW / 2 && near >= 0.5 ? LARGE_UNIT : SMALL_UNIT;
  }
}
