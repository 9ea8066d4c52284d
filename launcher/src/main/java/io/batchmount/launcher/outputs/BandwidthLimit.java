package io.batchmount.launcher.outputs;

import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * Spreads bytes over time: each caller is told to wait until its bytes are due at the agreed rate.
 * Thread-safe.
 */
final class BandwidthLimit {
  private final OptionalLong bytesPerSecond;
  private long freeAt = System.nanoTime(); // guarded by this

  BandwidthLimit(OptionalLong bytesPerSecond) {
    this.bytesPerSecond = bytesPerSecond;
  }

  /** Waits for the turn of that many bytes. */
  void await(long bytes) throws InterruptedException {
    if (bytesPerSecond.isPresent()) {
      TimeUnit.NANOSECONDS.sleep(reserve(bytes));
    }
  }

  private synchronized long reserve(long bytes) {
    long now = System.nanoTime();
    long start = freeAt - now > 0 ? freeAt : now;
    double nanos = (double) bytes / bytesPerSecond.getAsLong() * TimeUnit.SECONDS.toNanos(1);
    freeAt = start + (long) nanos;
    return start - now;
  }
}
