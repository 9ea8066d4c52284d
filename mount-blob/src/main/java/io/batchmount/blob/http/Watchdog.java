package io.batchmount.blob.http;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Ends calls whose time is over: a thread that waits in a system call cannot look at the clock.
 * Sleeps without waking while there is no call. Thread-safe.
 */
final class Watchdog {
  /** How soon an interrupted program gets its prompt back. */
  private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Set<Call> calls = ConcurrentHashMap.newKeySet();
  private final Thread thread;
  private volatile boolean sleeping;

  Watchdog() {
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
      while (calls.isEmpty()) {
        LockSupport.park(this);
      }
      sleeping = false;
      LockSupport.parkNanos(this, STEP_NANOS);
      calls.forEach(Call::look);
    }
  }
}
