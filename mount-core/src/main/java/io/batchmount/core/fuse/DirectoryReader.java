package io.batchmount.core.fuse;

import io.batchmount.core.DirectoryEntry;
import io.batchmount.core.DirectorySink;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.FsPaths;
import io.batchmount.core.OperationContext;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns a listing, which pushes its entries, into one that is asked for entries by number.
 *
 * <p>The listing runs in a thread of its own, a bounded queue ahead of the reader: a directory of a
 * million entries is never held as a whole. The last entries handed out are kept, because the
 * kernel may ask again for those that did not fit; asking for earlier ones starts the listing anew.
 * The methods but {@link #close} are called by one thread at a time.
 */
final class DirectoryReader implements AutoCloseable {
  /** How far the listing runs ahead: one page of a store's listing. */
  private static final int QUEUE_ENTRIES = 5_000;

  /** More entries than one answer to the kernel holds. */
  private static final int KEPT_ENTRIES = 16 * 1024;

  private static final long POLL_MILLIS = 20; // how soon a waiter notices an interruption

  private static final Logger LOG = LoggerFactory.getLogger(DirectoryReader.class);

  /** A listing that pushes its entries. */
  @FunctionalInterface
  interface Listing {
    void run(DirectorySink sink) throws FsException;
  }

  /** What comes through the queue: an entry, or the end, or an error. */
  private record Item(Optional<DirectoryEntry> entry, Optional<FsException> error) {
    static final Item END = new Item(Optional.empty(), Optional.empty());
  }

  /** One run of the listing. */
  private static final class Run {
    final BlockingQueue<Item> queue = new ArrayBlockingQueue<>(QUEUE_ENTRIES);
    volatile boolean cancelled;
  }

  private final Listing listing;
  private final Executor threads;
  private final Deque<DirectoryEntry> kept = new ArrayDeque<>();
  private long keptFrom; // number of the first kept entry
  private boolean ended;
  private Optional<Run> run = Optional.empty();
  private volatile boolean closed;

  DirectoryReader(Listing listing, Executor threads) {
    this.listing = listing;
    this.threads = threads;
  }

  /** The entry with a number, counted from 0; empty after the last. */
  Optional<DirectoryEntry> at(long number) throws FsException {
    if (run.isEmpty() || number < keptFrom || (number == 0 && ended)) {
      restart();
    }
    while (number >= keptFrom + kept.size()) {
      if (ended) {
        return Optional.empty();
      }
      Item item = take(run.get());
      if (item.error().isPresent()) {
        ended = true;
        FsException error = item.error().get();
        throw new FsException(error.errno(), error.getMessage(), error);
      }
      if (item.entry().isEmpty()) {
        ended = true;
      } else {
        kept.addLast(item.entry().get());
        if (kept.size() > KEPT_ENTRIES) {
          kept.removeFirst();
          keptFrom++;
        }
      }
    }
    int skip = (int) (number - keptFrom);
    if (skip == kept.size() - 1) {
      return Optional.of(kept.getLast());
    }
    return kept.stream().skip(skip).findFirst();
  }

  private void restart() throws FsException {
    run.ifPresent(old -> old.cancelled = true);
    kept.clear();
    keptFrom = 0;
    ended = false;
    Run fresh = new Run();
    run = Optional.of(fresh);
    OperationContext context = OperationContext.current();
    Duration limit = context.remaining();
    threads.execute(() -> produce(fresh, limit));
  }

  /** Has the deadline of the request that began it; ends when the reader is gone. */
  private void produce(Run mine, Duration limit) {
    try (OperationContext context = OperationContext.open(limit, () -> mine.cancelled)) {
      Item last = Item.END;
      try {
        listing.run(entry -> offer(mine, new Item(Optional.of(entry), Optional.empty())));
      } catch (FsException e) {
        last = new Item(Optional.empty(), Optional.of(e));
      } catch (RuntimeException | Error e) {
        LOG.error("a directory listing failed unexpectedly", e);
        FsException error = new FsException(Errno.EIO, "the listing failed: " + e, e);
        last = new Item(Optional.empty(), Optional.of(error));
      }
      offer(mine, last);
    }
  }

  private boolean offer(Run mine, Item item) {
    if (item.entry().isPresent() && !isShowable(item.entry().get().name())) {
      LOG.warn("an entry cannot be shown, its name is none for Linux: {}", item.entry().get());
      return true;
    }
    try {
      while (!mine.cancelled && !closed) {
        if (mine.queue.offer(item, POLL_MILLIS, TimeUnit.MILLISECONDS)) {
          return true;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return false;
  }

  private static boolean isShowable(String name) {
    return !name.isEmpty()
        && name.indexOf('/') < 0
        && name.indexOf('\0') < 0
        && !name.equals(".")
        && !name.equals("..")
        && (name.length() <= FsPaths.MAX_NAME_BYTES / 3
            || name.getBytes(StandardCharsets.UTF_8).length <= FsPaths.MAX_NAME_BYTES);
  }

  private Item take(Run from) throws FsException {
    try {
      while (true) {
        Item item = from.queue.poll(POLL_MILLIS, TimeUnit.MILLISECONDS);
        if (item != null) {
          return item;
        }
        OperationContext.current().check("listing a directory");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FsException(Errno.EINTR, "interrupted while listing a directory", e);
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}
