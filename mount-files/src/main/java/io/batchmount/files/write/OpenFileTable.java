package io.batchmount.files.write;

import io.batchmount.core.FsException;
import io.batchmount.core.FsPaths;
import io.batchmount.files.names.ShareNames;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The open files of a mount by folded path, and those without a name. Thread-safe. */
public final class OpenFileTable {
  private final Map<String, OpenFile> byPath = new HashMap<>();
  private final Set<OpenFile> nameless = ConcurrentHashMap.newKeySet();

  /** Makes an open file when the table has none. */
  @FunctionalInterface
  public interface Maker {
    OpenFile make() throws FsException;
  }

  /** The open file of a path. */
  public synchronized Optional<OpenFile> get(String path) {
    return Optional.ofNullable(byPath.get(ShareNames.key(path)));
  }

  /** The open file of a path with one more handle; made where absent. */
  public synchronized OpenFile acquire(String path, Maker maker) throws FsException {
    String key = ShareNames.key(path);
    OpenFile file = byPath.get(key);
    if (file == null) {
      file = maker.make();
      byPath.put(key, file);
    }
    file.addHandle();
    return file;
  }

  /** One handle less; the last one ends the file unless bytes still wait. */
  public void release(OpenFile file) {
    synchronized (this) {
      file.dropHandle();
    }
    closeIfUnused(file);
  }

  /** Ends a file that nobody has open and whose bytes are all saved. */
  public void closeIfUnused(OpenFile file) {
    synchronized (this) {
      if (file.handles() == 0) {
        file.dropReadAhead();
      }
      if (isInUse(file)) {
        return;
      }
      if (!file.needsFinish()) {
        remove(file);
        return;
      }
    }
    file.finish(); // requests are not sent under the lock; a new handle may come meanwhile
    synchronized (this) {
      if (!isInUse(file)) {
        remove(file);
      }
    }
  }

  /** A file that failed leaves its name: the next open sees what the service has. */
  public synchronized void detach(OpenFile file) {
    byPath.values().removeIf(f -> f == file);
  }

  /** The name of an open file is gone; its handles go on. */
  public synchronized void unlink(OpenFile file) {
    byPath.values().removeIf(f -> f == file);
    nameless.add(file);
  }

  /** All open files at or below a path. */
  public synchronized List<OpenFile> within(String path) {
    String key = ShareNames.key(path);
    List<OpenFile> found = new ArrayList<>();
    byPath.forEach(
        (at, file) -> {
          if (FsPaths.isWithin(at, key)) {
            found.add(file);
          }
        });
    return found;
  }

  /** Open files directly in a directory. */
  public synchronized List<OpenFile> in(String directory) {
    String key = ShareNames.key(directory);
    return byPath.entrySet().stream()
        .filter(e -> FsPaths.parent(e.getKey()).equals(key))
        .map(Map.Entry::getValue)
        .toList();
  }

  /** A file or a tree was renamed. */
  public synchronized void move(String from, String to) throws FsException {
    for (OpenFile file : within(from)) {
      String old = file.path();
      String moved = to + old.substring(from.length());
      byPath.remove(ShareNames.key(old));
      file.moved(moved);
      byPath.put(ShareNames.key(moved), file);
    }
  }

  /** All files that are open or have bytes on their way. */
  public synchronized List<OpenFile> all() {
    List<OpenFile> all = new ArrayList<>(byPath.values());
    all.addAll(nameless);
    return all;
  }

  private static boolean isInUse(OpenFile file) {
    return file.handles() > 0 || (file.isUnsaved() && !file.isUnlinked());
  }

  private void remove(OpenFile file) {
    byPath.values().removeIf(f -> f == file);
    nameless.remove(file);
  }
}
