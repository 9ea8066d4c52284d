package io.batchmount.blob.cache;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A piece of memory outside the heap with a count of its users; it goes back to the pool when the
 * last one lets go. Whoever takes it from the pool is the first user. The bytes are written by one
 * thread before the page is shown to others and never change afterwards.
 */
public final class Page {
  private final PagePool pool;
  private final PagePool.Slab slab;
  private final int slot;
  private final ByteBuffer memory;
  private final AtomicInteger users = new AtomicInteger(1);
  private volatile PageKey key;

  Page(PagePool pool, PagePool.Slab slab, int slot, ByteBuffer memory) {
    this.pool = pool;
    this.slab = slab;
    this.slot = slot;
    this.memory = memory;
  }

  PagePool.Slab slab() {
    return slab;
  }

  int slot() {
    return slot;
  }

  /** Under which name the block cache holds it; null while it does not. */
  PageKey key() {
    return key;
  }

  void key(PageKey newKey) {
    key = newKey;
  }

  /** A view of all of the memory with a position of its own. */
  public ByteBuffer view() {
    return memory.duplicate();
  }

  /** Whether another page's memory begins where this one's ends. */
  public boolean isFollowedBy(Page other) {
    return slab == other.slab && slot + 1 == other.slot;
  }

  /**
   * Memory from this page on as one buffer, at position 0.
   *
   * @param length may reach into the pages that follow without a gap
   */
  public ByteBuffer span(int from, int length) {
    return slab.memory(slot * PagePool.PAGE_BYTES + from, length);
  }

  /** Becomes a user, unless the last one has gone. */
  public boolean retain() {
    while (true) {
      int count = users.get();
      if (count == 0) {
        return false;
      }
      if (users.compareAndSet(count, count + 1)) {
        return true;
      }
    }
  }

  /** Is no user any more. */
  public void release() {
    int left = users.decrementAndGet();
    if (left == 0) {
      pool.free(this);
    } else if (left < 0) {
      throw new IllegalStateException("page released more often than retained");
    }
  }

  /** Number of users; says nothing about the next moment. */
  int users() {
    return users.get();
  }
}
