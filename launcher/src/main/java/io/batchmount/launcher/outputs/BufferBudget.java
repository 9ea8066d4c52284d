package io.batchmount.launcher.outputs;

import java.util.concurrent.Semaphore;

/**
 * Bound on the bytes of data buffers. A single buffer larger than the bound takes all of it, so
 * that it is alone. Thread-safe, first come first served.
 */
final class BufferBudget {
  /** Grain of the count, so that large bounds fit a semaphore. */
  private static final int GRAIN = 4096;

  private final int capacity;
  private final Semaphore free;

  BufferBudget(long bytes) {
    capacity = (int) Math.max(1, Math.min(Integer.MAX_VALUE, bytes / GRAIN));
    free = new Semaphore(capacity, true);
  }

  /** Makes a buffer when there is room; give it back by {@link #release}. */
  byte[] acquire(int bytes) throws InterruptedException {
    free.acquire(grains(bytes));
    return new byte[bytes];
  }

  void release(byte[] buffer) {
    free.release(grains(buffer.length));
  }

  private int grains(int bytes) {
    return Math.min(capacity, (bytes + GRAIN - 1) / GRAIN);
  }
}
