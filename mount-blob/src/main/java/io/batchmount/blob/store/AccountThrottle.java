package io.batchmount.blob.store;

import io.batchmount.core.FsException;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Slows all streams of an account down together once the service said that it is busy: the limits
 * are the account's, so one stream that goes on costs all others. While a pause lasts no request
 * begins; afterwards they begin spread over a part of the pause, so that they do not arrive at
 * once.
 *
 * <p>Thread-safe. One object for an account and process.
 */
final class AccountThrottle {
  /** Longest pause that is believed: a service that says more gets asked again after it. */
  static final Duration MAX_PAUSE = Duration.ofSeconds(30);

  private static final long POLL_MILLIS = 50; // how often a waiter looks for interruption
  private static final ConcurrentHashMap<String, AccountThrottle> ALL = new ConcurrentHashMap<>();

  private final AtomicLong until = new AtomicLong(System.nanoTime());
  private final AtomicLong spread = new AtomicLong();
  private final AtomicLong pauses = new AtomicLong();

  /** The throttle of an account at an endpoint. */
  static AccountThrottle of(BlobLocation location) {
    return ALL.computeIfAbsent(
        location.endpoint() + " " + location.account(), unused -> new AccountThrottle());
  }

  /** The service asked for a pause. */
  void pause(Duration asked) {
    long nanos = Math.min(asked.toNanos(), MAX_PAUSE.toNanos());
    long end = System.nanoTime() + nanos;
    pauses.incrementAndGet();
    spread.set(nanos / 4);
    until.accumulateAndGet(end, (old, now) -> now - old > 0 ? now : old);
  }

  /** How often the service asked. */
  long pauses() {
    return pauses.get();
  }

  /** Returns when a request may begin. */
  void await(RetryClock clock) throws FsException {
    long end = until.get();
    if (end - System.nanoTime() <= 0) {
      return;
    }
    long mine = end + ThreadLocalRandom.current().nextLong(Math.max(1, spread.get()));
    long left;
    while ((left = mine - System.nanoTime()) > 0) {
      clock.sleep(Math.min(left, TimeUnit.MILLISECONDS.toNanos(POLL_MILLIS)));
    }
  }
}
