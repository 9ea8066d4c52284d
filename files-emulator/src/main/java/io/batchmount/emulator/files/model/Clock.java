package io.batchmount.emulator.files.model;

import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/** Gives each change a moment of its own, so that no two changes have one ETag. Thread-safe. */
public final class Clock {
  private final AtomicLong last = new AtomicLong();

  /** The present, and later than every moment given before. */
  public long next() {
    long now = Ticks.of(Instant.now());
    return last.updateAndGet(before -> Math.max(before + 1, now));
  }

  /** Makes all moments given from now on later than this one. */
  public void notBefore(long ticks) {
    last.accumulateAndGet(ticks, Math::max);
  }
}
