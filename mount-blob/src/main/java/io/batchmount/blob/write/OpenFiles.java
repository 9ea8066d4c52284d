package io.batchmount.blob.write;

import io.batchmount.core.FsPaths;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The files that are open for writing or have unsaved bytes, by path: one state for all handles of
 * a path. Thread-safe; compound changes are guarded by {@link PathLocks}.
 */
final class OpenFiles {
  private final NavigableMap<String, OpenFile> byPath = new ConcurrentSkipListMap<>();

  /** Files that lost a conflict: their bytes are in the journal and no name leads to them. */
  private final List<OpenFile> lost = new CopyOnWriteArrayList<>();

  Optional<OpenFile> find(String path) {
    return Optional.ofNullable(byPath.get(path));
  }

  void put(String path, OpenFile file) {
    byPath.put(path, file);
  }

  /** Removes a file from its path, unless another one has taken it. */
  void remove(String path, OpenFile file) {
    byPath.remove(path, file);
  }

  void addLost(OpenFile file) {
    lost.add(file);
  }

  void removeLost(OpenFile file) {
    lost.remove(file);
  }

  /** All files with a name. */
  Collection<OpenFile> all() {
    return List.copyOf(byPath.values());
  }

  List<OpenFile> lost() {
    return List.copyOf(lost);
  }

  /** The files below a directory, at any depth. */
  List<OpenFile> below(String directory) {
    String prefix = FsPaths.isRoot(directory) ? "/" : directory + "/";
    List<OpenFile> found = new ArrayList<>();
    for (var entry : byPath.tailMap(prefix, true).entrySet()) {
      if (!entry.getKey().startsWith(prefix)) {
        break;
      }
      found.add(entry.getValue());
    }
    return found;
  }
}
