package io.batchmount.blob.write;

import io.batchmount.core.FsException;
import io.batchmount.core.FsPaths;
import io.batchmount.core.OperationContext;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Orders changes of names. A path is held by one operation at a time; a tree (the rename of a
 * directory) is held against all paths in it. Waiting ends with the caller's operation.
 * Thread-safe; not reentrant.
 */
final class PathLocks {
  private final Set<String> paths = new HashSet<>(); // guarded by this
  private final List<String> trees = new ArrayList<>(); // guarded by this

  /** Ends the hold. */
  interface Held extends AutoCloseable {
    @Override
    void close();
  }

  /** Takes a path. */
  Held lock(String path) throws FsException {
    return take(List.of(path), List.of());
  }

  /** Takes two paths, in no order that could make two callers wait for each other. */
  Held lock(String one, String other) throws FsException {
    return take(one.equals(other) ? List.of(one) : List.of(one, other), List.of());
  }

  /** Takes two whole trees. */
  Held lockTrees(String one, String other) throws FsException {
    return take(List.of(), List.of(one, other));
  }

  private synchronized Held take(List<String> wantedPaths, List<String> wantedTrees)
      throws FsException {
    // all or nothing under one monitor: nobody holds a part while waiting for another
    while (!isFree(wantedPaths, wantedTrees)) {
      try {
        wait(Waiting.POLL_MILLIS);
      } catch (InterruptedException e) {
        throw Waiting.interrupted("another change of the same name", e);
      }
      OperationContext.current().check("waiting for another change of the same name");
    }
    paths.addAll(wantedPaths);
    trees.addAll(wantedTrees);
    return () -> giveBack(wantedPaths, wantedTrees);
  }

  private boolean isFree(List<String> wantedPaths, List<String> wantedTrees) {
    for (String path : wantedPaths) {
      if (paths.contains(path) || trees.stream().anyMatch(tree -> FsPaths.isWithin(path, tree))) {
        return false;
      }
    }
    for (String wanted : wantedTrees) {
      if (trees.stream()
              .anyMatch(tree -> FsPaths.isWithin(tree, wanted) || FsPaths.isWithin(wanted, tree))
          || paths.stream().anyMatch(path -> FsPaths.isWithin(path, wanted))) {
        return false;
      }
    }
    return true;
  }

  private synchronized void giveBack(List<String> heldPaths, List<String> heldTrees) {
    heldPaths.forEach(paths::remove);
    heldTrees.forEach(trees::remove);
    notifyAll();
  }
}
