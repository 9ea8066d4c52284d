package io.batchmount.core.journal;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether large writes go through the kernel's page cache or past it ({@code open(2)}, O_DIRECT).
 *
 * <p>Which is faster is a property of the machine. Where memory is fast and the disk is slow, the
 * page cache takes the bytes at once. Where each new page of memory is dear, as in virtual machines
 * that get theirs page by page, a fast disk takes them sooner, and without the processor. So both
 * ways are tried in turns, and the one that took less time is used for longer. Thread-safe.
 */
final class PageCacheChoice {
  private static final Logger LOG = LoggerFactory.getLogger(PageCacheChoice.class);

  /** Bytes of one try: enough for many writes, and even on a slow disk over in a moment. */
  private static final long TRIAL_BYTES = 8L << 20;

  /** Bytes between two tries of the slower way, which then takes a thirtieth of all. */
  private static final long HOLD_BYTES = 256L << 20;

  /** The way of a write. */
  enum Way {
    CACHED,
    DIRECT
  }

  private final long trial;
  private final long hold;
  private Way way = Way.CACHED;
  private long left; // bytes of this stretch, at whose end costs are compared
  private long holdLeft; // bytes until the slower way is tried again
  private double cached = Double.NaN; // ns a byte, of its last stretch; NaN: not known
  private double direct = Double.NaN;
  private long bytes; // of this stretch, measured
  private long nanos;
  private boolean trying = true; // this stretch is a try, not the faster way by what is known
  private boolean refused;

  PageCacheChoice() {
    this(TRIAL_BYTES, HOLD_BYTES);
  }

  /**
   * @param trial bytes of one try
   * @param hold bytes for which the faster way is used between tries
   */
  PageCacheChoice(long trial, long hold) {
    this.trial = trial;
    this.hold = hold;
    this.left = trial;
  }

  /** The way that the next write shall take. */
  synchronized Way next(int length) {
    if (refused) {
      return Way.CACHED;
    }
    if (left <= 0) {
      turn();
      left = trial;
    }
    left -= length;
    holdLeft = Math.max(0, holdLeft - length);
    return way;
  }

  private void turn() {
    if (bytes > 0) {
      double cost = (double) nanos / bytes;
      if (way == Way.CACHED) {
        cached = cost;
      } else {
        direct = cost;
      }
    }
    bytes = 0;
    nanos = 0;
    boolean known = !Double.isNaN(cached) && !Double.isNaN(direct);
    Way better = known && direct < cached ? Way.DIRECT : Way.CACHED;
    if (known && (trying || better != way)) {
      way = better;
      holdLeft = hold;
      trying = false;
    } else if (holdLeft == 0) {
      way = way == Way.CACHED ? Way.DIRECT : Way.CACHED;
      trying = true;
    }
  }

  /** A write took so long. */
  synchronized void took(Way taken, int length, long time) {
    if (taken == way) {
      bytes += length;
      nanos += time;
    }
  }

  /** The file system cannot write past its cache. */
  synchronized void refuse(String reason) {
    if (!refused) {
      LOG.info("the journal is written through the page cache: {}", reason);
    }
    refused = true;
  }
}
