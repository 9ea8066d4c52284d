package io.batchmount.blob.read;

import io.batchmount.core.FsPaths;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The handles that are open for reading, by path. Thread-safe. */
final class OpenHandles {
  private final Map<String, Set<ReadHandle>> byPath = new ConcurrentHashMap<>();

  void add(String path, ReadHandle handle) {
    byPath.compute(
        path,
        (same, handles) -> {
          Set<ReadHandle> set = handles == null ? ConcurrentHashMap.newKeySet() : handles;
          set.add(handle);
          return set;
        });
  }

  void remove(String path, ReadHandle handle) {
    byPath.computeIfPresent(
        path,
        (same, handles) -> {
          handles.remove(handle);
          return handles.isEmpty() ? null : handles;
        });
  }

  List<ReadHandle> at(String path) {
    return List.copyOf(byPath.getOrDefault(path, Set.of()));
  }

  /** Paths with open handles at a path and below it. */
  List<String> within(String path) {
    List<String> found = new ArrayList<>();
    for (String candidate : byPath.keySet()) {
      if (FsPaths.isWithin(candidate, path)) {
        found.add(candidate);
      }
    }
    return found;
  }

  int count() {
    return byPath.values().stream().mapToInt(Set::size).sum();
  }
}
