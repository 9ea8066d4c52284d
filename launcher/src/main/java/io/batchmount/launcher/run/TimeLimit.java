package io.batchmount.launcher.run;

import java.time.Duration;

/**
 * The time that a job may take from when it runs, its preparation included. Measured by the clock
 * that nobody sets, so that a corrected time of day ends no job.
 */
final class TimeLimit {
  /** Longer than any machine is up; keeps the arithmetic in range. */
  private static final Duration FOREVER = Duration.ofDays(3650);

  private final long begin = System.nanoTime();
  private final Duration limit;

  /** Begins now. */
  TimeLimit(Duration limit) {
    this.limit = limit.compareTo(FOREVER) < 0 ? limit : FOREVER;
  }

  /** What is left; zero when it is over. */
  Duration left() {
    Duration left = limit.minusNanos(System.nanoTime() - begin);
    return left.isNegative() ? Duration.ZERO : left;
  }

  boolean isOver() {
    return left().isZero();
  }
}
