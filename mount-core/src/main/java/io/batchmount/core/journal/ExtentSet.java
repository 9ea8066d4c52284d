package io.batchmount.core.journal;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * A set of byte offsets, held as disjoint ranges in ascending order; neighbours that touch are one
 * range. Adding and removing cost {@code O(log n)} and the ranges they swallow. Thread-safe.
 */
public final class ExtentSet {
  private final NavigableMap<Long, Long> ranges = new TreeMap<>(); // from -> to
  private long total;

  /** An empty set. */
  public ExtentSet() {}

  /** A set of the given ranges; they may overlap. */
  public static ExtentSet of(List<Extent> extents) {
    ExtentSet set = new ExtentSet();
    extents.forEach(extent -> set.add(extent.from(), extent.to()));
    return set;
  }

  /** Adds {@code [from,to)}; nothing when it is empty. */
  public synchronized void add(long from, long to) {
    check(from, to);
    if (from == to) {
      return;
    }
    long start = from;
    long end = to;
    Map.Entry<Long, Long> before = ranges.floorEntry(from);
    if (before != null && before.getValue() >= from) {
      if (before.getValue() >= to) {
        return;
      }
      start = before.getKey();
      end = Math.max(end, before.getValue());
      drop(before.getKey(), before.getValue());
    }
    Map.Entry<Long, Long> next = ranges.ceilingEntry(start);
    while (next != null && next.getKey() <= end) {
      end = Math.max(end, next.getValue());
      drop(next.getKey(), next.getValue());
      next = ranges.ceilingEntry(start);
    }
    put(start, end);
  }

  /** Takes {@code [from,to)} out; nothing when it is empty. */
  public synchronized void remove(long from, long to) {
    check(from, to);
    if (from == to) {
      return;
    }
    Map.Entry<Long, Long> before = ranges.lowerEntry(from);
    if (before != null && before.getValue() > from) {
      drop(before.getKey(), before.getValue());
      put(before.getKey(), from);
      if (before.getValue() > to) {
        put(to, before.getValue());
        return;
      }
    }
    Map.Entry<Long, Long> next = ranges.ceilingEntry(from);
    while (next != null && next.getKey() < to) {
      drop(next.getKey(), next.getValue());
      if (next.getValue() > to) {
        put(to, next.getValue());
      }
      next = ranges.higherEntry(next.getKey());
    }
  }

  /** Takes everything out. */
  public synchronized void clear() {
    ranges.clear();
    total = 0;
  }

  /** The parts of {@code [from,to)} that are in the set, ascending. */
  public synchronized List<Extent> intersect(long from, long to) {
    check(from, to);
    List<Extent> parts = new ArrayList<>();
    Long first = ranges.floorKey(from);
    for (Map.Entry<Long, Long> range :
        ranges.tailMap(first == null ? from : first, true).entrySet()) {
      if (range.getKey() >= to) {
        break;
      }
      long start = Math.max(from, range.getKey());
      long end = Math.min(to, range.getValue());
      if (start < end) {
        parts.add(new Extent(start, end));
      }
    }
    return parts;
  }

  /** The parts of {@code [from,to)} that are not in the set, ascending. */
  public synchronized List<Extent> gaps(long from, long to) {
    List<Extent> gaps = new ArrayList<>();
    long at = from;
    for (Extent part : intersect(from, to)) {
      if (part.from() > at) {
        gaps.add(new Extent(at, part.from()));
      }
      at = part.to();
    }
    if (at < to) {
      gaps.add(new Extent(at, to));
    }
    return gaps;
  }

  /** Whether all of {@code [from,to)} is in the set; true of an empty range. */
  public synchronized boolean contains(long from, long to) {
    check(from, to);
    Map.Entry<Long, Long> before = ranges.floorEntry(from);
    return from == to || (before != null && before.getValue() >= to);
  }

  /** Whether any byte of {@code [from,to)} is in the set. */
  public synchronized boolean intersects(long from, long to) {
    check(from, to);
    if (from == to) {
      return false;
    }
    Map.Entry<Long, Long> before = ranges.lowerEntry(to);
    return before != null && before.getValue() > from;
  }

  /** All ranges, ascending; a copy. */
  public synchronized List<Extent> extents() {
    List<Extent> all = new ArrayList<>(ranges.size());
    ranges.forEach((from, to) -> all.add(new Extent(from, to)));
    return all;
  }

  /** Number of ranges. */
  public synchronized int count() {
    return ranges.size();
  }

  /** Bytes in all ranges. */
  public synchronized long totalBytes() {
    return total;
  }

  public synchronized boolean isEmpty() {
    return ranges.isEmpty();
  }

  /** First byte behind the last range; 0 when empty. */
  public synchronized long end() {
    return ranges.isEmpty() ? 0 : ranges.lastEntry().getValue();
  }

  /** A set of its own with the same ranges. */
  public synchronized ExtentSet copy() {
    ExtentSet copy = new ExtentSet();
    copy.ranges.putAll(ranges);
    copy.total = total;
    return copy;
  }

  @Override
  public String toString() {
    return extents().toString();
  }

  private void put(long from, long to) {
    ranges.put(from, to);
    total += to - from;
  }

  private void drop(long from, long to) {
    ranges.remove(from);
    total -= to - from;
  }

  private static void check(long from, long to) {
    if (from < 0 || to < from) {
      throw new IllegalArgumentException("not a range of bytes: [" + from + "," + to + ")");
    }
  }
}
