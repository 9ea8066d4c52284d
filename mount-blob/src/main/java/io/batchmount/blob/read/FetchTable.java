package io.batchmount.blob.read;

import io.batchmount.blob.cache.BlobVersion;
import io.batchmount.blob.cache.PageKey;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntPredicate;

/**
 * Which pages are on their way, so that concurrent readers of a page cause one request. Thread-safe
 * without locks: a page belongs to the fetch that put itself there first.
 */
final class FetchTable {
  private final ConcurrentHashMap<PageKey, Fetch> byPage = new ConcurrentHashMap<>();

  Optional<Fetch> find(PageKey key) {
    return Optional.ofNullable(byPage.get(key));
  }

  boolean contains(PageKey key) {
    return byPage.containsKey(key);
  }

  /**
   * Claims pages from the first on for a fetch. The claimant of a demanded one has entered it.
   *
   * <p>Claims pages from the first on until one belongs to another fetch or is not wanted. Whether
   * it is wanted is asked when the page is ours: whoever fetched it before us put it into the cache
   * before it was taken off here, so that nobody fetches what has just come.
   *
   * @param wanted told page numbers; false ends the run
   * @return the fetch, or empty when the first page is taken or not wanted
   */
  Optional<Fetch> claim(
      BlobVersion version, int firstPage, int max, boolean speculative, IntPredicate wanted) {
    Fetch fetch = new Fetch(version, firstPage, speculative);
    int claimed = 0;
    synchronized (fetch) {
      while (claimed < max) {
        int page = firstPage + claimed;
        PageKey key = new PageKey(version, page);
        if (byPage.putIfAbsent(key, fetch) != null) {
          break;
        }
        if (!wanted.test(page)) {
          byPage.remove(key, fetch);
          break;
        }
        claimed++;
      }
      fetch.extent(claimed);
      if (!speculative) {
        fetch.enter(); // the claimant waits too
      }
    }
    return claimed == 0 ? Optional.empty() : Optional.of(fetch);
  }

  /** Takes a fetch off from the given page of its own on. */
  void remove(Fetch fetch, int fromIndex, int count) {
    for (int i = fromIndex; i < count; i++) {
      byPage.remove(new PageKey(fetch.version(), fetch.firstPage() + i), fetch);
    }
  }

  void remove(Fetch fetch) {
    remove(fetch, 0, fetch.count());
  }

  int size() {
    return byPage.size();
  }
}
