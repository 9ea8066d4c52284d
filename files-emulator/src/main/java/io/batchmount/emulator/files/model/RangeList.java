package io.batchmount.emulator.files.model;

import java.util.Arrays;

/**
 * An immutable set of byte ranges, sorted, joined where they touch. Kept as alternating starts and
 * ends (exclusive). Thread-safe.
 */
public final class RangeList {
  /** The empty set. */
  public static final RangeList EMPTY = new RangeList(new long[0]);

  private final long[] bounds;

  private RangeList(long[] bounds) {
    this.bounds = bounds;
  }

  /** Of alternating starts and ends, sorted and disjoint. */
  public static RangeList of(long... bounds) {
    return bounds.length == 0 ? EMPTY : new RangeList(bounds.clone());
  }

  /** How many ranges. */
  public int size() {
    return bounds.length / 2;
  }

  /** Where range {@code i} starts. */
  public long start(int i) {
    return bounds[2 * i];
  }

  /** Where range {@code i} ends, exclusive. */
  public long end(int i) {
    return bounds[2 * i + 1];
  }

  /** The sum of the lengths. */
  public long total() {
    long sum = 0;
    for (int i = 0; i < size(); i++) {
      sum += end(i) - start(i);
    }
    return sum;
  }

  /** With the bytes from {@code from} to below {@code to}. */
  public RangeList plus(long from, long to) {
    return from >= to ? this : splice(from, to, true);
  }

  /** Without the bytes from {@code from} to below {@code to}. */
  public RangeList minus(long from, long to) {
    return from >= to || bounds.length == 0 ? this : splice(from, to, false);
  }

  private RangeList splice(long from, long to, boolean add) {
    // the bounds that stay before and after; those that touch are swallowed when adding
    int left = Arrays.binarySearch(bounds, from);
    left = left >= 0 ? left : -left - 1;
    int right = Arrays.binarySearch(bounds, to);
    right = right >= 0 ? right + 1 : -right - 1;
    boolean insideLeft = left % 2 == 1; // from lies in (or at the end of) a range
    boolean insideRight = right % 2 == 1; // to lies in (or at the start of) a range
    boolean writeFrom = add != insideLeft;
    boolean writeTo = add != insideRight;
    long[] out = new long[left + (writeFrom ? 1 : 0) + (writeTo ? 1 : 0) + bounds.length - right];
    System.arraycopy(bounds, 0, out, 0, left);
    int at = left;
    if (writeFrom) {
      out[at++] = from;
    }
    if (writeTo) {
      out[at++] = to;
    }
    System.arraycopy(bounds, right, out, at, bounds.length - right);
    return dropEmpty(out);
  }

  private static RangeList dropEmpty(long[] bounds) {
    int n = 0;
    for (int i = 0; i < bounds.length; i += 2) {
      if (bounds[i] < bounds[i + 1]) {
        bounds[n++] = bounds[i];
        bounds[n++] = bounds[i + 1];
      }
    }
    return n == 0 ? EMPTY : new RangeList(n == bounds.length ? bounds : Arrays.copyOf(bounds, n));
  }

  /** What is in both. */
  public RangeList intersect(long from, long to) {
    return minus(Long.MIN_VALUE, from).minus(to, Long.MAX_VALUE);
  }

  /** Alternating starts and ends, a copy. */
  public long[] toArray() {
    return bounds.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RangeList r && Arrays.equals(bounds, r.bounds);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bounds);
  }

  @Override
  public String toString() {
    return Arrays.toString(bounds);
  }
}
