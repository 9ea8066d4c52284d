package io.batchmount.blob.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Pages in memory, with the disk tier behind. W-TinyLFU (Caffeine) decides what stays, so that a
 * scan over a set larger than the cache still hits for part of it.
 *
 * <p>Thread-safe. The cache is one user of each page that it holds; a reader becomes another one
 * before it looks at the bytes.
 */
public final class BlockCache implements AutoCloseable {
  /**
   * Share of the memory budget that pages may fill; the rest is for requests on their way and for
   * data that waits to be written, which else would have to push pages out all the time.
   */
  static final int CACHE_PERCENT = 45;

  private final Cache<PageKey, Page> pages;
  private final Optional<DiskCache> disk;

  public BlockCache(PagePool pool, Optional<DiskCache> disk, MeterRegistry meters) {
    this.disk = disk;
    this.pages =
        Caffeine.newBuilder()
            .maximumWeight(
                Math.max(PagePool.PAGE_BYTES, pool.budget().capacity() / 100 * CACHE_PERCENT))
            .weigher((PageKey key, Page page) -> PagePool.PAGE_BYTES)
            .executor(Runnable::run)
            .removalListener(
                (PageKey key, Page page, com.github.benmanes.caffeine.cache.RemovalCause cause) -> {
                  if (page != null) {
                    page.key(null);
                    page.release();
                  }
                })
            .build();
    pool.evictor(this::evictColdest, this::evict);
    Gauge.builder("batchmount.cache.memory", pool, PagePool::slabBytes)
        .baseUnit("bytes")
        .register(meters);
  }

  /** The page, retained for the caller, if it is in memory. */
  public Optional<Page> get(PageKey key) {
    Page page = pages.getIfPresent(key);
    return page != null && page.retain() ? Optional.of(page) : Optional.empty();
  }

  /** Whether the page is in memory; says nothing about the next moment. */
  public boolean contains(PageKey key) {
    return pages.asMap().containsKey(key);
  }

  /** Offers a page; the cache becomes a user of its own and may drop it at once. */
  public void put(PageKey key, Page page) {
    if (!page.retain()) {
      throw new IllegalStateException("a page without users was offered");
    }
    page.key(key);
    pages.put(key, page);
  }

  /** The disk tier. */
  public Optional<DiskCache> disk() {
    return disk;
  }

  private void evictColdest(long bytes) {
    pages
        .policy()
        .eviction()
        .ifPresent(
            eviction -> {
              // what a reader, a request or the disk's queue still holds gives no memory back, and
              // in a
              // scan it is just the newest pages, which count as the coldest of all
              List<PageKey> coldest =
                  eviction.coldest(
                      entries ->
                          entries
                              .filter(entry -> entry.getValue().users() == 1)
                              .limit(bytes / PagePool.PAGE_BYTES + 1)
                              .map(Map.Entry::getKey)
                              .toList());
              pages.invalidateAll(coldest);
            });
  }

  private void evict(Page page) {
    PageKey key = page.key();
    if (key != null) {
      pages.asMap().remove(key, page);
    }
  }

  /** Number of pages, for figures and tests. */
  public long size() {
    return pages.estimatedSize();
  }

  /** Drops all pages in memory. */
  public void clear() {
    pages.invalidateAll();
  }

  @Override
  public void close() {
    clear();
  }
}
