package io.batchmount.core;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/**
 * The one bound on data buffers of a process: block cache, read-ahead and staging take from it
 * before they allocate, and wait when it is used up, so that load slows work down and never grows
 * the process.
 *
 * <p>Holders that can give memory back (caches) register a reclaimer; it is called, without the
 * lock, when somebody waits. Demand (a kernel request that waits for the bytes) is served before
 * speculation (prefetch), which never waits: it gets memory at once or not at all, and never the
 * last {@link #DEMAND_RESERVE_PERCENT} percent.
 *
 * <p>Thread-safe.
 */
public final class MemoryBudget {
  /**
   * Share of the budget that speculation may not take, so that a demand read finds room at once.
   */
  public static final int DEMAND_RESERVE_PERCENT = 10;

  private static final long POLL_MILLIS = 50; // how often a waiter looks for interruption

  private final long capacity;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition freed = lock.newCondition();
  private final List<LongConsumer> reclaimers = new ArrayList<>();
  private long used;
  private long peak;
  private long waits;

  /**
   * @param capacity bytes, at least 1
   */
  public MemoryBudget(long capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("memory budget must be positive: " + capacity);
    }
    this.capacity = capacity;
  }

  /** All bytes of the budget. */
  public long capacity() {
    return capacity;
  }

  /** Bytes taken now. */
  public long used() {
    lock.lock();
    try {
      return used;
    } finally {
      lock.unlock();
    }
  }

  /** Most bytes ever taken at one time. */
  public long peak() {
    lock.lock();
    try {
      return peak;
    } finally {
      lock.unlock();
    }
  }

  /** How often somebody had to wait for memory. */
  public long waits() {
    lock.lock();
    try {
      return waits;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Adds a holder that can give memory back.
   *
   * @param reclaimer called with the number of bytes that are wanted; gives back what it can
   *     through {@link #release}, before it returns or soon after
   */
  public void addReclaimer(LongConsumer reclaimer) {
    lock.lock();
    try {
      reclaimers.add(reclaimer);
    } finally {
      lock.unlock();
    }
  }

  /** Takes bytes for speculative work, if enough are free beyond the reserve; never waits. */
  public boolean tryAcquireSpeculative(long bytes) {
    lock.lock();
    try {
      if (used + bytes > capacity - capacity * DEMAND_RESERVE_PERCENT / 100) {
        return false;
      }
      take(bytes);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Takes bytes if they are free now; never waits. */
  public boolean tryAcquire(long bytes) {
    lock.lock();
    try {
      if (used + bytes > capacity) {
        return false;
      }
      take(bytes);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes bytes for demanded work; waits for them, first asking the reclaimers. Ends with the
   * current operation ({@link OperationContext}) or after {@code limit}, whichever is first.
   *
   * @param bytes at most the capacity
   * @throws FsException EINTR, or ENOMEM when none came free in time or more is asked than there is
   */
  public void acquire(long bytes, Duration limit) throws FsException {
    acquire(bytes, limit, () -> false);
  }

  /**
   * As {@link #acquire(long, Duration)}, for a holder that may find memory in what it has.
   *
   * @param found looked at whenever something may have changed ({@link #wake}); must not wait
   * @return whether the bytes were taken; false when the holder found some before
   */
  public boolean acquire(long bytes, Duration limit, BooleanSupplier found) throws FsException {
    if (bytes > capacity) {
      throw new FsException(
          Errno.ENOMEM,
          bytes + " bytes of memory are needed at once and --memory allows " + capacity);
    }
    long end = System.nanoTime() + limit.toNanos();
    boolean waited = false;
    while (true) {
      List<LongConsumer> ask;
      lock.lock();
      try {
        if (used + bytes <= capacity) {
          take(bytes);
          return true;
        }
        if (!waited) {
          waits++;
          waited = true;
        }
        ask = List.copyOf(reclaimers);
      } finally {
        lock.unlock();
      }
      ask.forEach(reclaimer -> reclaimer.accept(bytes));
      if (found.getAsBoolean()) {
        return false;
      }
      lock.lock();
      try {
        if (used + bytes > capacity) {
          freed.await(POLL_MILLIS, TimeUnit.MILLISECONDS);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new FsException(Errno.EINTR, "interrupted while waiting for memory", e);
      } finally {
        lock.unlock();
      }
      OperationContext.current().check("waiting for memory");
      if (System.nanoTime() - end > 0) {
        throw new FsException(
            Errno.ENOMEM, "no memory came free in time; raise --memory or open fewer files");
      }
    }
  }

  /** Lets those who wait look again. */
  public void wake() {
    lock.lock();
    try {
      freed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Gives bytes back. */
  public void release(long bytes) {
    lock.lock();
    try {
      if (bytes > used) {
        throw new IllegalStateException("more memory given back than was taken");
      }
      used -= bytes;
      freed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void take(long bytes) {
    used += bytes;
    peak = Math.max(peak, used);
  }
}
