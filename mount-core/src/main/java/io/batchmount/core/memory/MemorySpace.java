package io.batchmount.core.memory;

import java.util.HashMap;
import java.util.Map;

/** Counts the page bytes of all files against a capacity. Thread-safe. */
final class MemorySpace {
  private final long capacity;
  private final Map<MemoryContent, Long> taken = new HashMap<>(); // guarded by this
  private long used; // guarded by this

  MemorySpace(long capacity) {
    this.capacity = capacity;
  }

  long capacity() {
    return capacity;
  }

  synchronized long free() {
    return capacity - used;
  }

  /** Sets what a file takes, unless that would be more than there is. */
  synchronized boolean trySet(MemoryContent content, long bytes) {
    long old = taken.getOrDefault(content, 0L);
    if (used - old + bytes > capacity) {
      return false;
    }
    set(content, bytes);
    return true;
  }

  /** Sets what a file takes, where it gives room back. */
  synchronized void set(MemoryContent content, long bytes) {
    Long old = bytes == 0 ? taken.remove(content) : taken.put(content, bytes);
    used += bytes - (old == null ? 0 : old);
  }
}
