package io.batchmount.files.attributes;

import java.time.Instant;
import java.util.OptionalLong;

/**
 * The mark of a file that was grown for bytes which are still on their way.
 *
 * <p>The service can only grow a file first and put the range afterwards. The request that grows it
 * sets the last write time to a reserved moment that tells the size up to which the file is
 * complete: {@link #BASE} plus one tick (100 ns) for each byte. The Put Range that brings the last
 * of the bytes sets the last write time to now, with no further call. A reader that finds a
 * reserved moment shows the file with the size that the moment tells. A file that was extended on
 * purpose carries no such moment and keeps its size.
 *
 * <p>The largest file has 2^42 bytes, so the reserved moments span five days and two hours of the
 * year 1700, which no file was written in.
 */
public final class GrowthMark {
  /** The moment that says "complete up to byte 0". */
  public static final Instant BASE = Instant.parse("1700-01-01T00:00:00Z");

  private static final long MAX_BYTES = 4L << 40;
  private static final long TICKS_PER_SECOND = 10_000_000;

  private GrowthMark() {}

  /** The last write time for a file that is complete up to {@code size}. */
  public static Instant of(long size) {
    return BASE.plusSeconds(size / TICKS_PER_SECOND).plusNanos(size % TICKS_PER_SECOND * 100);
  }

  /** The size that a last write time tells, when it is a mark. */
  public static OptionalLong completeSize(Instant lastWriteTime) {
    long seconds = lastWriteTime.getEpochSecond() - BASE.getEpochSecond();
    if (seconds < 0 || seconds > MAX_BYTES / TICKS_PER_SECOND) {
      return OptionalLong.empty();
    }
    long size = seconds * TICKS_PER_SECOND + lastWriteTime.getNano() / 100;
    return size <= MAX_BYTES ? OptionalLong.of(size) : OptionalLong.empty();
  }

  /** Whether a last write time is a mark. */
  public static boolean isMark(Instant lastWriteTime) {
    return completeSize(lastWriteTime).isPresent();
  }

  /** The size that readers may see of a file with this size and last write time. */
  public static long visibleSize(long size, Instant lastWriteTime) {
    return Math.min(size, completeSize(lastWriteTime).orElse(size));
  }
}
