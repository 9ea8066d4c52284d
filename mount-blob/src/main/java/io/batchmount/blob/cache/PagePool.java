package io.batchmount.blob.cache;

import io.batchmount.core.FsException;
import io.batchmount.core.MemoryBudget;
import io.netty.util.internal.PlatformDependent;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Pages of 32 KiB in slabs of 1 MiB outside the heap. The memory budget counts slabs, and a slab
 * that is no longer used is given back to the operating system at once, so that what the budget
 * says is what the process has.
 *
 * <p>When memory is short, cached pages go first: of demand the coldest, and when another user of
 * the budget asks, those of the emptiest slabs, because only whole slabs can be given back.
 *
 * <p>Thread-safe. The lock is never held while callbacks run.
 */
public final class PagePool {
  /** Bytes of a page. */
  public static final int PAGE_BYTES = 32 << 10;

  /** Pages of a slab: the bits of an int. */
  static final int SLAB_PAGES = 32;

  /** Bytes of a slab. */
  public static final int SLAB_BYTES = PAGE_BYTES * SLAB_PAGES;

  /**
   * Of pages in memory, as writing past the kernel's cache wants it ({@code open(2)}, O_DIRECT).
   */
  static final int ALIGNMENT = 4 << 10;

  /** Unused slabs that are kept for the next read, so that memory is not mapped anew each time. */
  private static final int SPARE_SLABS = 4;

  /** How much is evicted at once when pages are missing. */
  private static final long EVICT_STEP = 2L << 20;

  private static final Duration DEMAND_LIMIT = Duration.ofMinutes(2);

  /** A piece of memory and which of its pages are used. */
  static final class Slab {
    private final ByteBuffer allocated;
    private final ByteBuffer memory; // the aligned part
    private final Page[] pages = new Page[SLAB_PAGES];
    private int used; // one bit a page

    Slab() {
      allocated = ByteBuffer.allocateDirect(SLAB_BYTES + ALIGNMENT);
      memory = allocated.alignedSlice(ALIGNMENT).slice(0, SLAB_BYTES);
    }

    ByteBuffer memory(int from, int length) {
      return memory.slice(from, length);
    }
  }

  private final MemoryBudget budget;
  private final Deque<Slab> open = new ArrayDeque<>(); // guarded by this: slabs with free pages
  private final Set<Slab> all = new HashSet<>(); // guarded by this
  private final Deque<Slab> spare = new ArrayDeque<>(); // guarded by this: wholly unused
  private final AtomicInteger waiting = new AtomicInteger(); // readers without a page
  private volatile LongConsumer evictColdest = bytes -> {};
  private volatile Consumer<Page> evictPage = page -> {};

  public PagePool(MemoryBudget budget) {
    this.budget = budget;
    budget.addReclaimer(this::reclaim);
  }

  /** The budget that slabs are taken from. */
  public MemoryBudget budget() {
    return budget;
  }

  /** How the block cache gives pages back. */
  void evictor(LongConsumer coldest, Consumer<Page> single) {
    evictColdest = coldest;
    evictPage = single;
  }

  /**
   * Takes pages for a demanded read; evicts cached pages, and waits for memory only when there is
   * none for a single page. A reader that waited for the rest while it held a part could wait for
   * another one that does the same.
   *
   * @param most pages that are wanted, at least 1
   * @return at least one page
   * @throws FsException ENOMEM or EINTR when none came free
   */
  public List<Page> take(int most) throws FsException {
    List<Page> taken = new ArrayList<>(most);
    while (true) {
      takeFree(taken, most);
      if (taken.size() == most) {
        return taken;
      }
      if (budget.tryAcquire(SLAB_BYTES)) {
        addSlab();
        continue;
      }
      evictColdest.accept(Math.max(EVICT_STEP, (long) (most - taken.size()) * PAGE_BYTES));
      takeFree(taken, most);
      if (!taken.isEmpty()) {
        return taken;
      }
      waiting.incrementAndGet();
      try {
        if (budget.acquire(SLAB_BYTES, DEMAND_LIMIT, this::hasFreePage)) {
          addSlab();
        }
      } finally {
        waiting.decrementAndGet();
      }
    }
  }

  private synchronized boolean hasFreePage() {
    return !open.isEmpty() || !spare.isEmpty();
  }

  /** Takes pages for speculative work, all or none; never waits. Evicts cold pages. */
  public List<Page> tryTake(int count) {
    List<Page> taken = new ArrayList<>(count);
    boolean evicted = false;
    while (true) {
      takeFree(taken, count);
      if (taken.size() == count) {
        return taken;
      }
      if (budget.tryAcquireSpeculative(SLAB_BYTES)) {
        addSlab();
        continue;
      }
      if (evicted) {
        taken.forEach(Page::release);
        return List.of();
      }
      evicted = true;
      evictColdest.accept((long) (count - taken.size()) * PAGE_BYTES);
    }
  }

  private synchronized void takeFree(List<Page> taken, int count) {
    while (taken.size() < count) {
      Slab slab = open.peekFirst();
      if (slab == null) {
        slab = spare.pollFirst();
        if (slab == null) {
          return;
        }
        open.addFirst(slab);
      }
      int slot = Integer.numberOfTrailingZeros(~slab.used);
      slab.used |= 1 << slot;
      Page page = new Page(this, slab, slot, slab.memory.slice(slot * PAGE_BYTES, PAGE_BYTES));
      slab.pages[slot] = page;
      taken.add(page);
      if (slab.used == -1) {
        open.removeFirst();
      }
    }
  }

  private void addSlab() {
    Slab slab = new Slab();
    synchronized (this) {
      all.add(slab);
      open.addFirst(slab);
    }
  }

  void free(Page page) {
    Slab unused = null;
    synchronized (this) {
      Slab slab = page.slab();
      boolean wasFull = slab.used == -1;
      slab.used &= ~(1 << page.slot());
      slab.pages[page.slot()] = null;
      if (slab.used == 0) {
        if (!wasFull) {
          open.remove(slab);
        }
        if (spare.size() < SPARE_SLABS) {
          spare.addLast(slab);
        } else {
          all.remove(slab);
          unused = slab;
        }
      } else if (wasFull) {
        open.addLast(slab);
      }
    }
    if (unused != null) {
      giveBack(unused);
    } else if (waiting.get() > 0) {
      budget.wake(); // a page is enough for them, the budget only hears of slabs
    }
  }

  private void giveBack(Slab slab) {
    PlatformDependent.freeDirectBuffer(slab.allocated);
    budget.release(SLAB_BYTES);
  }

  /** Another user of the budget wants memory. */
  private void reclaim(long bytes) {
    List<Slab> unused = new ArrayList<>();
    List<Page> victims = new ArrayList<>();
    synchronized (this) {
      long found = 0;
      while (found < bytes && !spare.isEmpty()) {
        Slab slab = spare.pollFirst();
        all.remove(slab);
        unused.add(slab);
        found += SLAB_BYTES;
      }
      if (found < bytes) {
        List<Slab> emptiest = new ArrayList<>(all);
        emptiest.sort(Comparator.comparingInt(slab -> Integer.bitCount(slab.used)));
        for (Slab slab : emptiest) {
          if (found >= bytes) {
            break;
          }
          boolean allCached = true;
          for (Page page : slab.pages) {
            allCached &= page == null || page.key() != null;
          }
          if (allCached) {
            for (Page page : slab.pages) {
              if (page != null) {
                victims.add(page);
              }
            }
            found += SLAB_BYTES;
          }
        }
      }
    }
    unused.forEach(this::giveBack);
    victims.forEach(evictPage);
    List<Slab> freed = new ArrayList<>();
    synchronized (this) {
      long left = bytes - (long) unused.size() * SLAB_BYTES;
      while (left > 0 && !spare.isEmpty()) {
        Slab slab = spare.pollFirst();
        all.remove(slab);
        freed.add(slab);
        left -= SLAB_BYTES;
      }
    }
    freed.forEach(this::giveBack);
  }

  /** Bytes of all slabs, for tests and figures. */
  public synchronized long slabBytes() {
    return (long) all.size() * SLAB_BYTES;
  }

  /** Pages in use, for tests and figures. */
  public synchronized int usedPages() {
    int count = 0;
    for (Slab slab : all) {
      count += Integer.bitCount(slab.used);
    }
    return count;
  }
}
