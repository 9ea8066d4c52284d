package io.batchmount.blob.read;

/**
 * Measures what the link carries and how long a request takes; their product is what must be on its
 * way to keep the link busy. Thread-safe.
 */
final class Bandwidth {
  /** Weight of a new sample: half of the estimate is younger than ten samples. */
  private static final double WEIGHT = 0.07;

  /** Length of one sample of the rate. */
  private static final long SAMPLE_NANOS = 100_000_000L;

  private double bytesPerNano;
  private double requestNanos;
  private long sampleStart = System.nanoTime();
  private long sampleBytes;

  /** A request ended. */
  synchronized void request(int bytes, long nanos) {
    requestNanos = requestNanos == 0 ? nanos : requestNanos + (nanos - requestNanos) * WEIGHT;
    sampleBytes += bytes;
    long now = System.nanoTime();
    long elapsed = now - sampleStart;
    if (elapsed >= SAMPLE_NANOS) {
      double rate = (double) sampleBytes / elapsed;
      // the link's capacity is what was once seen; pauses of readers do not make it smaller
      bytesPerNano = Math.max(rate, bytesPerNano * (1 - WEIGHT) + rate * WEIGHT);
      sampleStart = now;
      sampleBytes = 0;
    }
  }

  /** Bytes on their way that keep the link busy, 0 while unknown. */
  synchronized long delayProduct() {
    return (long) (bytesPerNano * requestNanos);
  }
}
