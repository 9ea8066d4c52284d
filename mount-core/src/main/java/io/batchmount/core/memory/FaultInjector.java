package io.batchmount.core.memory;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** Fails operations by a script that tests write. Thread-safe. */
public final class FaultInjector implements OperationInterceptor {
  private record Fault(
      Operation operation, Predicate<String> path, Errno errno, AtomicInteger left) {}

  private final List<Fault> faults = new ArrayList<>(); // guarded by this

  /**
   * Fails operations to come.
   *
   * @param path which paths are hit
   * @param times how often, from the next one on
   */
  public synchronized void fail(
      Operation operation, Predicate<String> path, Errno errno, int times) {
    faults.add(new Fault(operation, path, errno, new AtomicInteger(times)));
  }

  /** Fails the next operation of a kind, on whatever path. */
  public void failNext(Operation operation, Errno errno) {
    fail(operation, path -> true, errno, 1);
  }

  /** Forgets all faults that have not struck yet. */
  public synchronized void clear() {
    faults.clear();
  }

  @Override
  public synchronized void before(Operation operation, String path) throws FsException {
    for (Iterator<Fault> each = faults.iterator(); each.hasNext(); ) {
      Fault fault = each.next();
      if (fault.operation() == operation && fault.path().test(path)) {
        if (fault.left().decrementAndGet() == 0) {
          each.remove();
        }
        throw new FsException(fault.errno(), path + ": " + operation + " fails by order");
      }
    }
  }
}
