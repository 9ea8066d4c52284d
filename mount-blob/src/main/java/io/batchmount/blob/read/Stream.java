package io.batchmount.blob.read;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A run of reads that follow each other in one file, with what was fetched ahead of it. Guarded by
 * its {@link StreamTracker}.
 */
final class Stream {
  /**
   * Reads behind each other until a stream counts as sequential. A random read of 128 KiB that is
   * not aligned to pages of the kernel comes as two, so two are not enough.
   */
  static final int SEQUENTIAL_READS = 3;

  /** The same for a stream that begins with the file: that is how files are read through. */
  static final int SEQUENTIAL_READS_FROM_START = 2;

  private static final int GROW_AFTER = 4; // the window grows when this part of it was read
  private static final int SLOW_FACTOR = 2;
  private static final int FAST_FACTOR = 4;

  private final long start;
  private long next; // where the following read is expected
  private int run; // reads that followed each other
  private long window; // bytes to have ahead, 0 until sequential
  private long grownAt; // where it was when the window last grew
  private long planned; // up to where was fetched or asked
  private final Deque<Fetch> ahead = new ArrayDeque<>();

  Stream(long offset) {
    this.start = offset;
    this.next = offset;
    this.planned = offset;
  }

  long next() {
    return next;
  }

  int run() {
    return run;
  }

  boolean isSequential() {
    return run >= (start == 0 ? SEQUENTIAL_READS_FROM_START : SEQUENTIAL_READS);
  }

  /** Bytes that were read in a row. */
  long runBytes() {
    return next - start;
  }

  void advanced(long end) {
    run++;
    next = Math.max(next, end);
    planned = Math.max(planned, next);
  }

  long window() {
    return window;
  }

  /**
   * Grows the window when a good part of it was read since it last grew, or when the reader waits.
   *
   * @param first window of a stream that has none yet
   * @param sure bytes in a row after which it grows faster
   */
  void grow(long first, long max, boolean waits, long sure, ReadMeters meters) {
    long before = window;
    if (window == 0) {
      window = Math.min(first, max);
      meters.streamGrew(window, true);
      grownAt = next;
      return;
    }
    if (window > max) {
      window = max; // others need their share
    } else if (window < max && (waits || next - grownAt >= window / GROW_AFTER)) {
      window = Math.min(max, window * (runBytes() >= sure ? FAST_FACTOR : SLOW_FACTOR));
      grownAt = next;
    }
    meters.streamGrew(window - before, false);
  }

  /** The stream is no more. */
  void ended(ReadMeters meters) {
    if (window > 0) {
      meters.streamEnded(window);
      window = 0;
    }
  }

  long planned() {
    return planned;
  }

  void planned(long offset) {
    planned = offset;
  }

  Deque<Fetch> ahead() {
    return ahead;
  }
}
