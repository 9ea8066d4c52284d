package io.batchmount.files.write;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.MemoryBudget;
import io.batchmount.core.OperationContext;
import io.batchmount.files.ShareMountOptions;
import io.batchmount.files.attributes.GrowthMark;
import io.batchmount.files.store.RangeRead;
import io.batchmount.files.store.ShareStore;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Fetches ahead of a program that reads one file from front to back: large ranges, several under
 * way, more of them the longer the run lasts.
 *
 * <p>A block is used only while the file is known, from an answer of the last 200 ms, to be still
 * of the block's version, so that reading ahead never makes a read older than the attribute cache
 * allows, and never mixes versions. Memory is speculative: where the budget has none, nothing is
 * fetched ahead. Thread-safe.
 */
final class ReadAhead {
  /** One range of the largest size that the service moves well; 25 requests for 100 MiB. */
  static final int BLOCK = 4 << 20;

  /** At 20 ms a round trip and 60 MB/s a connection four blocks hide the latency of the next. */
  private static final int MAX_BLOCKS = 4;

  /** The kernel's own read-ahead asks out of order within this distance. */
  private static final long TOLERANCE = 2 << 20;

  /** A run of this length is taken for reading from front to back. */
  private static final long RUN_BYTES = 512 << 10;

  private static final int POLL_MILLIS = 50;

  private final ShareStore store;
  private final MemoryBudget budget;
  private final ExecutorService threads;
  private final TreeMap<Long, Block> blocks = new TreeMap<>(); // guarded by this
  private long expected;
  private long run;

  ReadAhead(ShareStore store, MemoryBudget budget, ExecutorService threads) {
    this.store = store;
    this.budget = budget;
    this.threads = threads;
  }

  private static final class Block {
    final CompletableFuture<Fetched> content = new CompletableFuture<>();
    boolean dropped; // guarded by the ReadAhead
  }

  private record Fetched(ByteBuffer bytes, RangeRead answer) {}

  /**
   * Answers a read from what was fetched ahead, and goes on fetching.
   *
   * @param fresh whether the version was confirmed within the time that attributes are believed
   * @return bytes put into the target; empty when the service has to be asked directly
   */
  OptionalInt read(String stored, Version version, boolean fresh, ByteBuffer target, long offset)
      throws FsException {
    int length = (int) Math.min(target.remaining(), version.visible() - offset);
    if (length <= 0 || length < target.remaining()) {
      note(offset, Math.max(0, length));
      return OptionalInt.empty(); // at the end of the file the service is asked
    }
    List<Block> needed;
    synchronized (this) {
      note(offset, length);
      if (run < RUN_BYTES) {
        return OptionalInt.empty();
      }
      plan(stored, version, offset, length);
      needed = new ArrayList<>();
      for (long index = offset / BLOCK; index <= (offset + length - 1) / BLOCK; index++) {
        Block block = blocks.get(index);
        if (block == null) {
          return OptionalInt.empty();
        }
        needed.add(block);
      }
    }
    if (!fresh) {
      return OptionalInt.empty();
    }
    int start = target.position();
    long at = offset;
    for (Block block : needed) {
      Optional<Fetched> fetched = await(block);
      long base = at / BLOCK * BLOCK;
      int skip = (int) (at - base);
      int count = (int) Math.min(BLOCK - skip, offset + length - at);
      if (fetched.isEmpty()
          || !fetched.get().answer.etag().equals(version.etag())
          || fetched.get().answer.bytes() < skip + count) {
        target.position(start);
        drop();
        return OptionalInt.empty();
      }
      target.put(fetched.get().bytes.slice(skip, count));
      at += count;
    }
    target.position(start);
    return OptionalInt.of(length);
  }

  /** Gives all memory back. */
  synchronized void drop() {
    blocks.values().forEach(this::discard);
    blocks.clear();
  }

  private synchronized void note(long offset, int length) {
    if (Math.abs(offset - expected) <= TOLERANCE) {
      run += length;
    } else {
      run = 0;
    }
    expected = Math.max(offset + length, run == 0 ? 0 : expected);
  }

  /** Starts what will be needed and lets go of what was read. */
  private void plan(String stored, Version version, long offset, int length) {
    long first = offset / BLOCK;
    Map<Long, Block> behind = blocks.headMap(Math.max(0, first - 1), false);
    behind.values().forEach(this::discard);
    behind.clear();
    long window = Math.min(MAX_BLOCKS, 1 + run / BLOCK);
    long last = Math.max((offset + length - 1) / BLOCK, first + window - 1);
    for (long index = first; index <= last; index++) {
      long start = index * BLOCK;
      if (start >= version.visible() || blocks.containsKey(index)) {
        continue;
      }
      if (!budget.tryAcquireSpeculative(BLOCK)) {
        return;
      }
      Block block = new Block();
      try {
        threads.execute(() -> fetch(stored, start, block));
        blocks.put(index, block);
      } catch (RejectedExecutionException e) {
        budget.release(BLOCK); // the mount ends
        return;
      }
    }
  }

  private void fetch(String stored, long offset, Block block) {
    synchronized (this) {
      if (block.dropped) {
        return;
      }
    }
    try {
      ByteBuffer bytes = ByteBuffer.allocate(BLOCK);
      RangeRead answer = store.getFile(stored, offset, bytes);
      long visible = GrowthMark.visibleSize(answer.size(), answer.lastWriteTime());
      int usable = (int) Math.max(0, Math.min(answer.bytes(), visible - offset));
      block.content.complete(
          new Fetched(
              bytes.flip(),
              new RangeRead(
                  usable, answer.size(), answer.etag(), answer.lastWriteTime(), answer.fileId())));
    } catch (FsException | RuntimeException e) {
      block.content.completeExceptionally(e); // the reader asks directly and gets its own error
    }
  }

  private void discard(Block block) {
    if (!block.dropped) {
      block.dropped = true;
      budget.release(BLOCK);
    }
  }

  private static Optional<Fetched> await(Block block) throws FsException {
    while (true) {
      OperationContext.current().check("reading");
      try {
        return Optional.of(block.content.get(POLL_MILLIS, TimeUnit.MILLISECONDS));
      } catch (TimeoutException e) {
        // the context is asked again
      } catch (ExecutionException e) {
        return Optional.empty();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new FsException(Errno.EINTR, "interrupted while reading", e);
      }
    }
  }

  /** How long an answer confirms a version. */
  static final long FRESH_NANOS = ShareMountOptions.FILE_ATTRIBUTE_TTL.toNanos();
}
