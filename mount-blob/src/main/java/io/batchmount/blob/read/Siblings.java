package io.batchmount.blob.read;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.batchmount.blob.BlobEntry;
import io.batchmount.blob.BlobMountOptions;
import io.batchmount.blob.cache.BlobVersion;
import io.batchmount.blob.names.Namespace;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.core.FsPaths;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Fetches the next files of a directory that is read in the order of its listing ({@code cat *}, a
 * data loader without shuffling). How many grows while the order holds; what is read in another
 * order ends it. Thread-safe.
 */
final class Siblings {
  /** A file this few places behind the last one still counts as the next: workers overtake. */
  private static final int NEAR = 8;

  /** Files in order before the first is fetched ahead. */
  private static final int FIRST_RUN = 2;

  /** Most files ahead: at 20 ms a file more would be read faster than any program does. */
  private static final int MAX_AHEAD = 32;

  /** Share of the memory budget that files ahead may take. */
  private static final int PERCENT = 15;

  private static final int MAX_DIRECTORIES = 1000;

  private static final class Order {
    private int last = -1;
    private int run;
    private int planned = -1; // up to which position files were asked for
  }

  private final ReadEngine engine;
  private final Namespace names;
  private final BlobMountOptions options;
  private final Cache<String, Order> orders =
      Caffeine.newBuilder().maximumSize(MAX_DIRECTORIES).executor(Runnable::run).build();
  private final Deque<Fetch> shelf = new ArrayDeque<>(); // guarded by itself, oldest first
  private long shelved; // guarded by shelf: bytes

  Siblings(ReadEngine engine, Namespace names, BlobMountOptions options) {
    this.engine = engine;
    this.names = names;
    this.options = options;
  }

  /** A file is read from its beginning. */
  void begun(String path, BlobProperties blob) {
    if (options.prefetch() == BlobMountOptions.Prefetch.OFF || blob.size() > options.blockSize()) {
      return;
    }
    Optional<Namespace.Neighbours> found = names.neighbours(path);
    if (found.isEmpty()) {
      return;
    }
    Namespace.Neighbours neighbours = found.get();
    List<BlobEntry> next = new ArrayList<>();
    Order order = orders.get(FsPaths.parent(path), unused -> new Order());
    synchronized (order) {
      int step = neighbours.position() - order.last;
      if (step > 0 && step <= NEAR) {
        order.run++;
        order.last = neighbours.position();
      } else if (step > NEAR || step < -NEAR) {
        order.run = 0;
        order.planned = -1;
        order.last = neighbours.position();
      }
      if (order.run >= FIRST_RUN) {
        int ahead = Math.min(MAX_AHEAD, 4 << Math.min(8, order.run - FIRST_RUN));
        int from = Math.max(order.planned, order.last) + 1;
        int to = Math.min(neighbours.files().size() - 1, order.last + ahead);
        for (int i = from; i <= to; i++) {
          next.add(neighbours.files().get(i));
        }
        order.planned = Math.max(order.planned, to);
      }
    }
    for (BlobEntry entry : next) {
      if (!fetch(entry)) {
        break;
      }
    }
  }

  private boolean fetch(BlobEntry entry) {
    BlobProperties blob = entry.properties().orElseThrow();
    if (blob.size() == 0 || blob.size() > options.blockSize() || blob.isArchived()) {
      return true;
    }
    BlobVersion version = engine.version(blob);
    if (engine.isKnownPage(version, 0) || engine.onDisk(version, 0, 1) > 0) {
      return true;
    }
    Optional<Fetch> fetch =
        engine.fetchAhead(
            version, Optional.of(blob), 0, version.pages(), ReadMeters.Cause.SIBLINGS, true);
    if (fetch.isEmpty()) {
      return false;
    }
    List<Fetch> old = new ArrayList<>();
    synchronized (shelf) {
      shelf.addLast(fetch.get());
      shelved += fetch.get().length();
      long limit = engine.caches().memory().capacity() / 100 * PERCENT;
      while (shelf.size() > 1 && (shelved > limit || shelf.size() > 2 * MAX_AHEAD)) {
        Fetch first = shelf.removeFirst();
        shelved -= first.length();
        old.add(first);
      }
    }
    old.forEach(engine::drop);
    return true;
  }

  void close() {
    List<Fetch> all;
    synchronized (shelf) {
      all = new ArrayList<>(shelf);
      shelf.clear();
      shelved = 0;
    }
    all.forEach(engine::drop);
  }
}
