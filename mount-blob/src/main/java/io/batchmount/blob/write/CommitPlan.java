package io.batchmount.blob.write;

import io.batchmount.blob.store.BlockRef;
import io.batchmount.core.journal.Extent;
import io.batchmount.core.journal.ExtentSet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Of which blocks the next version of a blob is made: a pure function of the saved version's
 * blocks, the unsaved ranges and what is staged already.
 *
 * <p>Committed blocks without a changed byte stay. A changed block is cut: ranges around changed
 * bytes, widened to {@link #FINE}, become small blocks of their own, so that the next fsync of the
 * same spot moves {@code FINE} bytes and not a whole block; long unchanged ranges are left to the
 * service (Put Block From URL). Small blocks in front of a change are merged with it when they are
 * no longer than it, as the digits of a binary counter: a log that is fsynced line by line has
 * {@code O(log n)} small blocks, and each byte is sent {@code O(log n)} times.
 */
final class CommitPlan {
  /** Alignment of small blocks around changes: a few pages of a database, a quarter of a MiB. */
  static final int FINE = 256 << 10;

  /** An unchanged range from this length on is worth a block of its own and a request. */
  static final int MIN_CLEAN = 1 << 20;

  /**
   * Longest range copied by one Put Block From URL: its limit in older service versions is 100 MiB.
   */
  static final long MAX_COPY = 96L << 20;

  /** Above this number of blocks small ones are merged again, also unchanged ones. */
  static final int SOFT_LIMIT = 47_000;

  /** A part of the new version, in order and without gaps. */
  sealed interface Piece {
    long from();

    long to();

    default long length() {
      return to() - from();
    }
  }

  /** A committed block stays. */
  record Reuse(String id, long from, long to) implements Piece {}

  /** A block that this writer staged. */
  record Staged(String id, long from, long to) implements Piece {}

  /** Bytes from the journal, filled up with bytes of the saved version and zeros. */
  record Upload(long from, long to) implements Piece {}

  /** Bytes of the saved version at the same offsets. */
  record Copy(long from, long to) implements Piece {}

  private final List<BlockRef> layout;
  private final long validBase;
  private final long size;
  private final ExtentSet dirty;
  private final List<Staged> staged;
  private final BlockSchedule schedule;

  private CommitPlan(
      List<BlockRef> layout,
      long validBase,
      long size,
      ExtentSet dirty,
      List<Staged> staged,
      BlockSchedule schedule) {
    this.layout = layout;
    this.validBase = validBase;
    this.size = size;
    this.dirty = dirty;
    this.staged = staged;
    this.schedule = schedule;
  }

  /**
   * @param layout committed blocks of the saved version; empty when it has none
   * @param validBase bytes at its beginning that still count
   * @param size size of the new version
   * @param dirty ranges whose bytes are in the journal
   * @param staged ranges that are staged as they are in the journal
   */
  static List<Piece> of(
      List<BlockRef> layout,
      long validBase,
      long size,
      ExtentSet dirty,
      List<Staged> staged,
      BlockSchedule schedule) {
    CommitPlan plan = new CommitPlan(layout, validBase, size, dirty, staged, schedule);
    List<Piece> pieces = plan.pieces(false);
    return pieces.size() > SOFT_LIMIT ? plan.pieces(true) : pieces;
  }

  private List<Piece> pieces(boolean compact) {
    List<Piece> fixed = new ArrayList<>();
    ExtentSet stagedRanges = new ExtentSet();
    for (Staged piece : staged) {
      if (piece.to() <= size) {
        fixed.add(piece);
        stagedRanges.add(piece.from(), piece.to());
      }
    }
    long at = 0;
    for (BlockRef block : layout) {
      long end = at + block.size();
      boolean large = block.size() >= schedule.sizeAt(at) / 2;
      if (block.size() > 0
          && end <= validBase
          && end <= size
          && (large || !compact)
          && !dirty.intersects(at, end)
          && !stagedRanges.intersects(at, end)) {
        fixed.add(new Reuse(block.id(), at, end));
      }
      at = end;
    }
    fixed.sort(Comparator.comparingLong(Piece::from));
    List<Piece> result = new ArrayList<>();
    long done = 0;
    for (Piece piece : fixed) {
      if (done < piece.from()) {
        fill(result, done, piece.from());
      }
      result.add(piece);
      done = piece.to();
    }
    if (done < size) {
      fill(result, done, size);
    }
    return result;
  }

  /** Plans a range that no block covers. */
  private void fill(List<Piece> result, long gapFrom, long to) {
    long from = gapFrom;
    // binary counter: take small blocks in front along
    while (!result.isEmpty()
        && result.get(result.size() - 1) instanceof Reuse before
        && before.length() <= to - from
        && before.length() + (to - from) <= schedule.sizeAt(before.from())) {
      from = before.from();
      result.remove(result.size() - 1);
    }
    ExtentSet hot = new ExtentSet();
    boolean merged = from < gapFrom;
    if (merged) {
      hot.add(from, gapFrom);
    }
    for (Extent extent : dirty.intersect(from, to)) {
      addWidened(hot, extent.from(), extent.to(), from, to);
    }
    if (validBase < to) {
      addWidened(hot, Math.max(from, validBase), to, from, to);
    }
    long at = from;
    for (Extent extent : joinNear(hot.extents(), from, to)) {
      if (at < extent.from()) {
        split(result, at, extent.from(), false);
      }
      split(result, extent.from(), extent.to(), true);
      at = extent.to();
    }
    if (at < to) {
      split(result, at, to, false);
    }
  }

  /**
   * Widens to the fine grid, but never across the end of a long unchanged range in front of an
   * append: nothing is gained by sending its last bytes again.
   */
  private void addWidened(ExtentSet hot, long from, long to, long low, long high) {
    boolean append = from == validBase && validBase - low >= MIN_CLEAN;
    long start = append ? from : Math.max(low, from / FINE * FINE);
    long end = Math.min(high, (to + FINE - 1) / FINE * FINE);
    hot.add(start, Math.max(end, Math.min(high, to)));
  }

  /** Joins ranges between which too little stays unchanged to be worth a block. */
  private static List<Extent> joinNear(List<Extent> hot, long from, long to) {
    List<Extent> joined = new ArrayList<>();
    for (Extent extent : hot) {
      long start = extent.from() - from < MIN_CLEAN && joined.isEmpty() ? from : extent.from();
      if (!joined.isEmpty() && extent.from() - joined.get(joined.size() - 1).to() < MIN_CLEAN) {
        start = joined.remove(joined.size() - 1).from();
      }
      joined.add(new Extent(start, extent.to()));
    }
    if (!joined.isEmpty()) {
      Extent last = joined.get(joined.size() - 1);
      if (last.to() < to && to - last.to() < MIN_CLEAN) {
        joined.set(joined.size() - 1, new Extent(last.from(), to));
      }
    }
    return joined;
  }

  private void split(List<Piece> result, long from, long to, boolean upload) {
    long at = from;
    while (at < to) {
      long step = upload ? schedule.sizeAt(at) : Math.max(MAX_COPY, schedule.sizeAt(at));
      long end = Math.min(to, at + step);
      result.add(upload ? new Upload(at, end) : new Copy(at, end));
      at = end;
    }
  }
}
