package io.batchmount.core.journal;

/**
 * A range of bytes of a file.
 *
 * @param from first byte, at least 0
 * @param to first byte behind it, above {@code from}
 */
public record Extent(long from, long to) {
  public Extent {
    if (from < 0 || to <= from) {
      throw new IllegalArgumentException("not a range of bytes: [" + from + "," + to + ")");
    }
  }

  /** Bytes in it. */
  public long length() {
    return to - from;
  }
}
