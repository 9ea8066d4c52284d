package io.batchmount.launcher.conventions;

import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * How a file is tracked.
 *
 * @param start what becomes of a blob that is already there
 * @param interval time between two flushes. A blob takes 50,000 appends: one minute lasts 34 days,
 *     15 seconds 8.6 days
 * @param onError told of errors in the background, in the tracking thread; tracking goes on, and
 *     the unsent part is in the next flush
 */
public record TrackOptions(
    Start start, Duration interval, Consumer<OutputStorageException> onError) {
  /** Interval of the one-argument calls, as in the .NET library. */
  public static final Duration DEFAULT_INTERVAL = Duration.ofMinutes(1);

  /** What becomes of a blob that is already there when the tracking starts. */
  public enum Start {
    /** It is emptied: the blob will be equal to the file. */
    REPLACE,
    /**
     * Its length is taken as the part of the file that was sent already, so that the blob becomes
     * equal to the file when tracking goes on after a crash. Needs the permission to read. A file
     * that is shorter than the blob is taken for a new one, whose text goes behind the old.
     */
    CONTINUE,
    /** All of the file goes behind what is there: one blob for all attempts of a task. */
    APPEND
  }

  /** Refuses null and intervals that are not positive. */
  public TrackOptions {
    Objects.requireNonNull(start, "start");
    Objects.requireNonNull(interval, "interval");
    Objects.requireNonNull(onError, "onError");
    if (interval.isZero() || interval.isNegative()) {
      throw new IllegalArgumentException("interval must be longer than nothing: " + interval);
    }
  }

  /** Replace, every minute, errors only at the closing. */
  public static TrackOptions defaults() {
    return new TrackOptions(Start.REPLACE, DEFAULT_INTERVAL, error -> {});
  }

  /** The same with another interval. */
  public TrackOptions every(Duration newInterval) {
    return new TrackOptions(start, newInterval, onError);
  }

  /** The same with another start. */
  public TrackOptions startingWith(Start newStart) {
    return new TrackOptions(newStart, interval, onError);
  }

  /** The same with a listener for errors in the background. */
  public TrackOptions onError(Consumer<OutputStorageException> listener) {
    return new TrackOptions(start, interval, listener);
  }
}
