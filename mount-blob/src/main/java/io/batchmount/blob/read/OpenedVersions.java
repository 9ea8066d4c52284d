package io.batchmount.blob.read;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;

/**
 * Remembers which version each path had when it was last opened: while it is the same, pages that
 * the kernel kept are right. Thread-safe.
 */
final class OpenedVersions {
  /** Paths that are remembered; for others the kernel reads again. About 20 MB of heap. */
  private static final int MAX_PATHS = 100_000;

  private final Cache<String, String> etags =
      Caffeine.newBuilder().maximumSize(MAX_PATHS).executor(Runnable::run).build();

  /** Notes the version and tells whether the last open saw the same. */
  boolean openedBefore(String path, String etag) {
    String before = etags.asMap().put(path, etag);
    return etag.equals(before);
  }
}
