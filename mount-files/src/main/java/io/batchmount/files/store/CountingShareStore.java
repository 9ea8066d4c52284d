package io.batchmount.files.store;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/** Counts the requests that go to a store, by operation. Thread-safe. */
public final class CountingShareStore {
  private static final Set<String> LOCAL =
      Set.of(
          "endpoint", "account", "share", "signedUrl", "close", "toString", "hashCode", "equals");

  private final Map<String, AtomicLong> counts = new ConcurrentHashMap<>();
  private final ShareStore store;

  /** Counts what goes to {@code target}. */
  public CountingShareStore(ShareStore target) {
    store =
        (ShareStore)
            Proxy.newProxyInstance(
                ShareStore.class.getClassLoader(),
                new Class<?>[] {ShareStore.class},
                (proxy, method, arguments) -> {
                  if (!LOCAL.contains(method.getName())) {
                    counts
                        .computeIfAbsent(method.getName(), name -> new AtomicLong())
                        .incrementAndGet();
                  }
                  try {
                    return method.invoke(target, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
  }

  /** The store to give to a file system. */
  public ShareStore store() {
    return store;
  }

  /** Requests by operation since the last {@link #reset}, sorted by name. */
  public Map<String, Long> counts() {
    return counts.entrySet().stream()
        .filter(e -> e.getValue().get() > 0)
        .collect(
            Collectors.toMap(Map.Entry::getKey, e -> e.getValue().get(), Long::sum, TreeMap::new));
  }

  /** All requests. */
  public long total() {
    return counts.values().stream().mapToLong(AtomicLong::get).sum();
  }

  /** Begins anew. */
  public void reset() {
    counts.clear();
  }
}
