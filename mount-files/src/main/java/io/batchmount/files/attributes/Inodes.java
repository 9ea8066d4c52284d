package io.batchmount.files.attributes;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Inode numbers: the service's file ids, except for files that were shown before they were made,
 * which keep the number that they were shown with. Thread-safe.
 */
public final class Inodes {
  private static final int MAX_KEPT = 100_000;

  private final Cache<String, Long> kept = Caffeine.newBuilder().maximumSize(MAX_KEPT).build();

  /** A number for a file that has no id yet. */
  public long fresh() {
    return ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
  }

  /** The file that was shown with this number got an id. */
  public void keep(String fileId, long inode) {
    kept.put(fileId, inode);
  }

  /** The number of a file; 0 (the binding chooses) when its id is no number or that of the root. */
  public long of(String fileId) {
    Long shown = kept.getIfPresent(fileId);
    if (shown != null) {
      return shown;
    }
    try {
      return Long.parseUnsignedLong(fileId);
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
