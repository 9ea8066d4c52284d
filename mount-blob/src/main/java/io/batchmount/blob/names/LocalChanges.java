package io.batchmount.blob.names;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.batchmount.blob.BlobEntry;
import io.batchmount.core.FsPaths;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What this mount changed lately, with a number that says when: an answer that the service began
 * before a change must not undo it in the caches. Thread-safe.
 */
final class LocalChanges {
  /** Longer than any listing or request that might still be on its way. */
  private static final Duration REMEMBERED = Duration.ofMinutes(5);

  /** Directories with changes that are remembered; more are only of use to slow listings. */
  private static final int MAX_DIRECTORIES = 10_000;

  /**
   * @param number increasing over all changes
   * @param entry what the name is now, empty when it was removed
   */
  record Change(long number, Optional<BlobEntry> entry) {}

  private final AtomicLong numbers = new AtomicLong();
  private final Cache<String, Map<String, Change>> byDirectory =
      Caffeine.newBuilder()
          .maximumSize(MAX_DIRECTORIES)
          .expireAfterAccess(REMEMBERED)
          .executor(Runnable::run)
          .build();

  /** The number of now: changes after it have a greater one. */
  long now() {
    return numbers.get();
  }

  void record(String path, Optional<BlobEntry> entry) {
    byDirectory
        .get(FsPaths.parent(path), unused -> new ConcurrentHashMap<>())
        .put(FsPaths.name(path), new Change(numbers.incrementAndGet(), entry));
  }

  /** The change of a name after a moment, if any. */
  Optional<Change> since(String path, long moment) {
    Map<String, Change> changes = byDirectory.getIfPresent(FsPaths.parent(path));
    return Optional.ofNullable(changes == null ? null : changes.get(FsPaths.name(path)))
        .filter(change -> change.number() > moment);
  }

  /** All changes of a directory's names; callers compare the numbers. */
  Map<String, Change> in(String directory) {
    Map<String, Change> changes = byDirectory.getIfPresent(directory);
    return changes == null ? Map.of() : changes;
  }
}
