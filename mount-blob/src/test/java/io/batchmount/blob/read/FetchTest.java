package io.batchmount.blob.read;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.blob.cache.BlobVersion;
import io.batchmount.blob.cache.Page;
import io.batchmount.blob.cache.PagePool;
import io.batchmount.blob.store.BlobLocation;
import io.batchmount.core.MemoryBudget;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class FetchTest {
  private static final long SIZE = 2L * PagePool.PAGE_BYTES;
  private static final BlobVersion VERSION =
      new BlobVersion(new BlobLocation("memory://blob", "a", "c"), "f", "\"1\"", SIZE);

  private final PagePool pool = new PagePool(new MemoryBudget(4 << 20));

  /**
   * A reader who could not wait had begun a fetch that was claimed ahead, before memory was taken
   * for it; then it was given other pages, which nobody filled.
   */
  @Test
  void memoryTakenAheadDoesNotReplaceThatOfWhoeverHasBegun() throws Exception {
    Fetch fetch = new Fetch(VERSION, 0, true);
    fetch.extent(2);
    assertThat(fetch.enter()).isTrue();
    assertThat(fetch.start()).isTrue();
    fetch.memory(pool.take(2));
    fetch.put(filled(7, PagePool.PAGE_BYTES));
    List<Page> ahead = pool.tryTake(2);
    assertThat(fetch.memoryAhead(ahead)).isFalse();
    ahead.forEach(Page::release);
    fetch.put(filled(8, PagePool.PAGE_BYTES));
    fetch.done();
    for (int i = 0; i < 2; i++) {
      Page page = fetch.await(i, i).orElseThrow();
      assertThat(page.view()).isEqualTo(filled(7 + i, PagePool.PAGE_BYTES));
      page.release();
    }
    fetch.leave();
    fetch.letGo();
    assertThat(pool.usedPages()).isZero();
  }

  @Test
  void memoryTakenAheadIsUsedByWhoeverBegins() throws Exception {
    Fetch fetch = new Fetch(VERSION, 0, true);
    fetch.extent(2);
    assertThat(fetch.memoryAhead(pool.tryTake(2))).isTrue();
    assertThat(fetch.start()).isTrue();
    assertThat(fetch.pages()).hasSize(2);
    fetch.done();
    fetch.letGo();
    assertThat(pool.usedPages()).isZero();
  }

  private static ByteBuffer filled(int value, int length) {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining()) {
      bytes.put((byte) value);
    }
    return bytes.flip();
  }
}
