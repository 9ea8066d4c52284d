package io.batchmount.launcher.record;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Tells when nothing is heard of a running job any more. The time in its record is of another
 * machine's clock, which may be wrong by hours, as may be this one's: an old time alone is no sign
 * of a lost job. It is lost when its record did not change while it was looked at. Not thread-safe.
 */
public final class LostWatch {
  /** A record that is old by the clocks as well is believed after three missed writes. */
  static final Duration OLD_ALREADY = JobRecord.TOUCH_EVERY.multipliedBy(3);

  private Optional<Instant> seen = Optional.empty();
  private long sinceNanos;

  /**
   * Takes a look.
   *
   * @param record as it was just read
   * @param now this machine's time
   * @param nanoTime of {@link System#nanoTime()}
   */
  public boolean isLost(JobRecord record, Instant now, long nanoTime) {
    if (seen.isEmpty() || !seen.get().equals(record.touchedAt())) {
      seen = Optional.of(record.touchedAt());
      sinceNanos = nanoTime;
    }
    if (record.state().isOver()) {
      return false;
    }
    Duration silent = Duration.ofNanos(nanoTime - sinceNanos);
    return silent.compareTo(JobRecord.LOST_AFTER) >= 0
        || (record.isLost(now) && silent.compareTo(OLD_ALREADY) >= 0);
  }
}
