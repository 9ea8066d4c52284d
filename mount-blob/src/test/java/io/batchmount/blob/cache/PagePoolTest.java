package io.batchmount.blob.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.batchmount.blob.store.BlobLocation;
import io.batchmount.core.MemoryBudget;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Promise 5 for pages, and that no page is ever seen with another's bytes. */
class PagePoolTest {
  private static final BlobLocation LOCATION = new BlobLocation("memory://x", "acct", "c");

  @Test
  void memoryIsBoundedByTheBudget() throws Exception {
    MemoryBudget budget = new MemoryBudget(8L << 20);
    PagePool pool = new PagePool(budget);
    List<Page> pages = new ArrayList<>(pool.take(8 * 32));
    assertThat(budget.used()).isEqualTo(8L << 20);
    assertThat(pool.tryTake(1)).isEmpty();
    pages.forEach(Page::release);
    assertThat(pool.usedPages()).isZero();
    assertThat(budget.used()).isLessThanOrEqualTo(4L << 20);
  }

  /** Two readers that each wait for the rest while they hold a part would wait for ever. */
  @Test
  void readersTakeWhatThereIs() throws Exception {
    PagePool pool = new PagePool(new MemoryBudget(PagePool.SLAB_BYTES));
    List<Page> first = pool.take(20);
    assertThat(first).hasSize(20);
    List<Page> second = pool.take(20);
    assertThat(second).hasSize(PagePool.SLAB_PAGES - 20);
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<List<Page>> third = thread.submit(() -> pool.take(20));
      await().until(() -> pool.budget().waits() == 1);
      // one page of a slab that stays in use is enough to go on
      first.get(0).release();
      List<Page> got = third.get(60, TimeUnit.SECONDS);
      assertThat(got).hasSize(1);
      got.forEach(Page::release);
    } finally {
      thread.shutdownNow();
    }
    first.subList(1, 20).forEach(Page::release);
    second.forEach(Page::release);
    assertThat(pool.usedPages()).isZero();
  }

  @Test
  void speculationLeavesAReserve() {
    MemoryBudget budget = new MemoryBudget(20L << 20);
    PagePool pool = new PagePool(budget);
    List<Page> taken = new ArrayList<>();
    List<Page> more;
    while (!(more = pool.tryTake(32)).isEmpty()) {
      taken.addAll(more);
    }
    assertThat(taken).hasSize(18 * 32);
    taken.forEach(Page::release);
  }

  @Test
  void cachedPagesGiveWayToOtherUsersOfTheBudget() throws Exception {
    MemoryBudget budget = new MemoryBudget(16L << 20);
    PagePool pool = new PagePool(budget);
    BlockCache cache = new BlockCache(pool, Optional.empty(), new SimpleMeterRegistry());
    BlobVersion version = new BlobVersion(LOCATION, "a", "\"1\"", 1L << 30);
    for (int i = 0; i < 9 * 32; i++) {
      Page page = pool.take(1).get(0);
      cache.put(new PageKey(version, i), page);
      page.release();
    }
    assertThat(cache.size()).isGreaterThan(100);
    budget.acquire(14L << 20, Duration.ofSeconds(20));
    assertThat(budget.used()).isLessThanOrEqualTo(16L << 20);
    budget.release(14L << 20);
    cache.close();
    assertThat(pool.usedPages()).isZero();
  }

  /**
   * The newest pages of a scan count as the coldest, and a reader or the disk's queue still holds
   * them: to drop those would free nothing, and read-ahead would stop although old pages lie idle.
   */
  @Test
  void speculationGetsWhatNobodyHoldsHoweverColdTheHeldPagesAre() throws Exception {
    MemoryBudget budget = new MemoryBudget(4L << 20);
    PagePool pool = new PagePool(budget);
    BlockCache cache = new BlockCache(pool, Optional.empty(), new SimpleMeterRegistry());
    BlobVersion version = new BlobVersion(LOCATION, "a", "\"1\"", 1L << 30);
    int next = 0;
    while (pool.usedPages() < 50) {
      Page page = pool.take(1).get(0);
      cache.put(new PageKey(version, next++), page);
      page.release();
    }
    List<Page> held = pool.take(30);
    for (Page page : held) {
      cache.put(new PageKey(version, next++), page);
    }
    int speculative = 3 * 32; // three of four slabs: the fourth is the reserve of demand

    List<Page> taken = pool.tryTake(speculative - held.size());

    assertThat(taken).hasSize(speculative - held.size());
    taken.forEach(Page::release);
    held.forEach(Page::release);
    cache.close();
    assertThat(pool.usedPages()).isZero();
  }

  /**
   * Threads put and read pages of a cache far smaller than the set. Each page says whose it is; a
   * page that was given to another while somebody still read it would say something else.
   */
  @Test
  void stressedCacheNeverMixesPages() throws Exception {
    MemoryBudget budget = new MemoryBudget(8L << 20);
    PagePool pool = new PagePool(budget);
    BlockCache cache = new BlockCache(pool, Optional.empty(), new SimpleMeterRegistry());
    BlobVersion version = new BlobVersion(LOCATION, "a", "\"1\"", 1L << 30);
    int threads = 6;
    int rounds = 20_000;
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      CountDownLatch start = new CountDownLatch(1);
      List<Future<Integer>> results = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        int seed = t;
        results.add(
            executor.submit(
                () -> {
                  start.await();
                  Random random = new Random(seed);
                  int hits = 0;
                  for (int i = 0; i < rounds; i++) {
                    int index = (int) Math.abs(random.nextGaussian() * 200);
                    Optional<Page> found = cache.get(new PageKey(version, index));
                    if (found.isPresent()) {
                      check(found.get(), index);
                      found.get().release();
                      hits++;
                    } else {
                      Page page = pool.take(1).get(0);
                      fill(page, index);
                      cache.put(new PageKey(version, index), page);
                      check(page, index);
                      page.release();
                    }
                    if (i % 1000 == 0) {
                      cache.clear();
                    }
                  }
                  return hits;
                }));
      }
      start.countDown();
      int hits = 0;
      for (Future<Integer> result : results) {
        hits += result.get();
      }
      assertThat(hits).isPositive();
    } finally {
      executor.shutdownNow();
    }
    assertThat(budget.peak()).isLessThanOrEqualTo(8L << 20);
    cache.close();
    assertThat(pool.usedPages()).isZero();
  }

  private static void fill(Page page, int index) {
    ByteBuffer view = page.view();
    while (view.hasRemaining()) {
      view.putInt(index);
    }
  }

  private static void check(Page page, int index) {
    ByteBuffer view = page.view();
    for (int at = 0; at < view.capacity(); at += 4096) {
      assertThat(view.getInt(at)).isEqualTo(index);
    }
  }
}
