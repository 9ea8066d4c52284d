package io.batchmount.launcher.outputs;

import java.util.concurrent.Semaphore;

/**
 * Bound on the bytes of data that are on their way. A single block larger than the bound takes all
 * of it, so that it is alone. Thread-safe, first come first served.
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

  /** Takes room for that many bytes; waits for it. Give it back by {@link #release}. */
  void acquire(int bytes) throws InterruptedException {
    free.acquire(grains(bytes));
  }

  void release(int bytes) {
    free.release(grains(bytes));
  }

  private int grains(int bytes) {
    return Math.min(capacity, (bytes + GRAIN - 1) / GRAIN);
  }
}
