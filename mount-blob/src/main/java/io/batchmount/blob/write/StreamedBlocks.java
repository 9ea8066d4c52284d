package io.batchmount.blob.write;

import io.batchmount.blob.store.BlockRef;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.OperationContext;
import io.batchmount.core.journal.ExtentSet;
import io.batchmount.core.journal.JournalEntry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Blocks of one file that are staged while it is still being written: as soon as the writer has
 * left a block's range behind, it goes to the service. A range that is written again is forgotten
 * here and uploaded with the commit. Guarded by the file's mutation lock, except {@link #slowDown}.
 */
final class StreamedBlocks {
  /** Blocks that may wait or be on their way before the writer has to wait. */
  private static final int MAX_AHEAD = 2 * TransferPool.THREADS;

  /** A file whose staged ranges are written again this often is not written in order. */
  private static final int MAX_REWRITES = 8;

  private record Cell(long to, String id, Future<BlockRef> staged) {}

  private final TransferPool pool;
  private final BlockStager stager;
  private final BlockSchedule schedule;
  private final NavigableMap<Long, Cell> cells = new TreeMap<>();

  /** Uploads that were on their way when last looked at, oldest first: each write looks at them. */
  private final Deque<Future<BlockRef>> open = new ArrayDeque<>();

  private BlockIds ids = new BlockIds(BlockIds.DEFAULT_LENGTH, Set.of());
  private long next = -1; // where the next block begins; -1 while not streaming
  private int rewrites;

  StreamedBlocks(TransferPool pool, BlockStager stager, BlockSchedule schedule) {
    this.pool = pool;
    this.stager = stager;
    this.schedule = schedule;
  }

  /** Begins at an offset, with ids that fit to the blob's blocks. */
  void start(long from, List<BlockRef> layout) {
    if (rewrites <= MAX_REWRITES) {
      next = from;
      ids = BlockStager.idsFor(layout);
    }
  }

  boolean isStarted() {
    return next >= 0;
  }

  /** Whether a first block is complete if streaming began at an offset. */
  boolean wouldStage(JournalEntry entry, long from, long size) {
    long end = from + schedule.sizeAt(from);
    return rewrites <= MAX_REWRITES && size > end && entry.isAllDirty(from, end);
  }

  BlockIds ids() {
    return ids;
  }

  /** Stages the blocks that the writer has left behind. */
  void advance(String blob, JournalEntry entry, long size) {
    while (next >= 0) {
      long to = next + schedule.sizeAt(next);
      if (size <= to || !entry.isAllDirty(next, to)) {
        return;
      }
      stage(blob, entry, to);
    }
  }

  /**
   * Stages what is left up to the end of the file, because it is about to be committed: beside the
   * blocks that are still on their way, not after them.
   */
  void finish(String blob, JournalEntry entry, long size) {
    advance(blob, entry, size);
    if (next >= 0
        && next < size
        && size - next <= schedule.sizeAt(next)
        && entry.isAllDirty(next, size)) {
      stage(blob, entry, size);
    }
  }

  /** Sends the block that begins at {@link #next} on its way. */
  private void stage(String blob, JournalEntry entry, long to) {
    long from = next;
    ExtentSet range = new ExtentSet();
    range.add(from, to);
    FileImage image =
        new FileImage(
            Optional.empty(),
            Optional.of(List.of()),
            0,
            to,
            range,
            Optional.of(entry),
            Map.of(),
            Optional.empty());
    String id = ids.next();
    Future<BlockRef> upload = pool.submit(() -> stager.upload(blob, image, from, to, id));
    cells.put(from, new Cell(to, id, upload));
    open.add(upload);
    next = to;
  }

  /** Bytes of a range change. */
  void forget(long from, long to) {
    while (true) {
      Map.Entry<Long, Cell> cell = cells.lowerEntry(to);
      if (cell == null || cell.getValue().to() <= from) {
        return;
      }
      cell.getValue().staged().cancel(false);
      cells.remove(cell.getKey());
      if (++rewrites > MAX_REWRITES) {
        next = -1;
      }
    }
  }

  /** The file is cut. */
  void cut(long size) {
    forget(size, Long.MAX_VALUE);
    if (next > size) {
      next = cells.isEmpty() ? -1 : cells.lastEntry().getValue().to();
    }
  }

  /** Nothing is staged any more: it was committed, or lies under another name. */
  void reset() {
    cells.values().forEach(cell -> cell.staged().cancel(false));
    cells.clear();
    open.clear();
    next = -1;
  }

  /**
   * Waits for what is on its way.
   *
   * @return what is staged; a range whose upload failed is not, the commit uploads it again
   * @throws FsException EINTR
   */
  List<CommitPlan.Staged> await() throws FsException {
    List<CommitPlan.Staged> staged = new ArrayList<>();
    for (Map.Entry<Long, Cell> entry : cells.entrySet()) {
      Cell cell = entry.getValue();
      try {
        pool.await(cell.staged(), "uploading blocks");
        staged.add(new CommitPlan.Staged(cell.id(), entry.getKey(), cell.to()));
      } catch (FsException e) {
        if (e.errno() == Errno.EINTR) {
          throw e;
        }
      } catch (CancellationException e) {
        // given up: the commit uploads the range
      }
    }
    return staged;
  }

  /** The oldest upload that must be done before the writer may go on, if it is too far ahead. */
  Optional<Future<BlockRef>> tooFarAhead() {
    if (open.size() > MAX_AHEAD) {
      open.removeIf(Future::isDone);
    }
    return open.size() > MAX_AHEAD ? Optional.of(open.element()) : Optional.empty();
  }

  /**
   * Lets a writer wait until an upload is done, but never so long that its write would fail: its
   * bytes are safe in the journal.
   */
  static void slowDown(Future<BlockRef> upload) throws FsException {
    Duration left = OperationContext.current().remaining().dividedBy(2);
    long end = System.nanoTime() + Math.min(left.toNanos(), TimeUnit.MINUTES.toNanos(1));
    while (System.nanoTime() < end) {
      try {
        upload.get(Waiting.POLL_MILLIS, TimeUnit.MILLISECONDS);
        return;
      } catch (TimeoutException e) {
        if (OperationContext.current().isInterrupted()) {
          return;
        }
      } catch (ExecutionException | CancellationException e) {
        return; // the commit uploads it again and tells what is wrong
      } catch (InterruptedException e) {
        throw Waiting.interrupted("uploads", e);
      }
    }
  }
}
