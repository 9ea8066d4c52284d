package io.batchmount.blob.names;

import io.batchmount.blob.BlobEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A directory that was listed completely: its entries in the service's order, and until when they
 * may be believed. Thread-safe.
 */
final class Directory {
  private final LinkedHashMap<String, BlobEntry> entries; // guarded by this
  private final long expires;
  private Order order; // guarded by this; made when asked for, dropped by changes

  /**
   * The files in the listing's order.
   *
   * @param files without directories
   * @param positions index of each path
   */
  record Order(List<BlobEntry> files, Map<String, Integer> positions) {}

  /**
   * @param expires {@code System.nanoTime()} up to which the listing is believed
   */
  Directory(Map<String, BlobEntry> entries, long expires) {
    this.entries = new LinkedHashMap<>(entries);
    this.expires = expires;
  }

  boolean isFresh() {
    return expires - System.nanoTime() > 0;
  }

  synchronized Optional<BlobEntry> find(String name) {
    return Optional.ofNullable(entries.get(name));
  }

  synchronized List<BlobEntry> entries() {
    return new ArrayList<>(entries.values());
  }

  synchronized Order order() {
    if (order == null) {
      List<BlobEntry> files = new ArrayList<>();
      Map<String, Integer> positions = new HashMap<>();
      for (BlobEntry entry : entries.values()) {
        if (entry.kind() == BlobEntry.Kind.FILE) {
          positions.put(entry.path(), files.size());
          files.add(entry);
        }
      }
      order = new Order(List.copyOf(files), positions);
    }
    return order;
  }

  synchronized int size() {
    return entries.size();
  }

  synchronized void put(String name, BlobEntry entry) {
    entries.put(name, entry);
    order = null;
  }

  synchronized void remove(String name) {
    entries.remove(name);
    order = null;
  }
}
