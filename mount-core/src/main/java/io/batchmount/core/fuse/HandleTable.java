package io.batchmount.core.fuse;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Numbers that the kernel holds for open files or directories. Thread-safe. */
final class HandleTable<T> {
  private final Map<Long, T> handles = new ConcurrentHashMap<>();
  private final AtomicLong last = new AtomicLong();

  long add(T handle) {
    long number = last.incrementAndGet();
    handles.put(number, handle);
    return number;
  }

  T get(long number) throws FsException {
    T handle = handles.get(number);
    if (handle == null) {
      throw new FsException(Errno.EBADF, "handle " + number + " is not open");
    }
    return handle;
  }

  Optional<T> remove(long number) {
    return Optional.ofNullable(handles.remove(number));
  }

  int size() {
    return handles.size();
  }

  /** Takes all that are left. */
  List<T> removeAll() {
    List<T> left = List.copyOf(handles.values());
    handles.clear();
    return left;
  }
}
