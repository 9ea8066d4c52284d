package io.batchmount.blob.http;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Ends calls whose time is over: a thread that waits in a system call cannot look at the clock.
 * While there is no call it wakes once, to have what is idle closed. Thread-safe.
 */
final class Watchdog {
  /** How soon an interrupted program gets its prompt back. */
  private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Set<Call> calls = ConcurrentHashMap.newKeySet();
  private final Thread thread;
  private final long idleNanos;
  private final Runnable whenIdle;
  private volatile boolean sleeping;

  /**
   * @param idleNanos after so long without any call {@code whenIdle} runs
   */
  Watchdog(long idleNanos, Runnable whenIdle) {
    this.idleNanos = idleNanos;
    this.whenIdle = whenIdle;
    thread = new Thread(this::watch, "batchmount-http-watch");
    thread.setDaemon(true);
    thread.start();
  }

  void add(Call call) {
    calls.add(call);
    if (sleeping) {
      LockSupport.unpark(thread);
    }
  }

  void remove(Call call) {
    calls.remove(call);
  }

  private void watch() {
    while (true) {
      sleeping = true;
      sleep();
      sleeping = false;
      LockSupport.parkNanos(this, STEP_NANOS);
      calls.forEach(Call::look);
    }
  }

  /** Until there is a call. */
  private void sleep() {
    long idleAt = System.nanoTime() + idleNanos;
    boolean tidy = false;
    while (calls.isEmpty()) {
      long left = idleAt - System.nanoTime();
      if (tidy) {
        LockSupport.park(this);
      } else if (left > 0) {
        LockSupport.parkNanos(this, left);
      } else {
        whenIdle.run();
        tidy = true;
      }
    }
  }
}
