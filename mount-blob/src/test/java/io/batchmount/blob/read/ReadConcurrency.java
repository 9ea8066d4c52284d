package io.batchmount.blob.read;

import io.batchmount.blob.BlobCaches;
import io.batchmount.blob.BlobMountOptions;
import io.batchmount.blob.cache.BlobVersion;
import io.batchmount.blob.cache.PagePool;
import io.batchmount.blob.names.Namespace;
import io.batchmount.blob.store.BlobOperation;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.BlobStore;
import io.batchmount.blob.store.InMemoryBlobStore;
import io.batchmount.blob.store.InterceptedBlobStore;
import io.batchmount.core.FsException;
import io.batchmount.core.MemoryBudget;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jetbrains.lincheck.datastructures.Validate;

/**
 * Lincheck runs random scenarios of concurrent reads, evictions and replacements of the blob
 * against the read engine with its cache. Every read must give the bytes of its own version or
 * ESTALE; a page must not be fetched more often than it was evicted, plus once; and afterwards no
 * page of memory may be lost.
 *
 * <p>Runs in a process of its own ({@link ReadConcurrencyTest}): Lincheck transforms all classes
 * that are loaded, which are thousands where other tests ran before.
 */
@Param(name = "page", gen = IntGen.class, conf = "0:3")
public class ReadConcurrency {
  private static final int PAGES = 4;
  private static final int SIZE = PAGES * PagePool.PAGE_BYTES - 100;
  private static final String RIGHT = "right";
  private static final InMemoryBlobStore MEMORY = InMemoryBlobStore.create();
  private static final BlobProperties BLOB = MEMORY.putGenerated("f", SIZE, 1);
  private static final ByteBuffer[] CONTENT = content();

  private final AtomicIntegerArray fetched = new AtomicIntegerArray(PAGES);
  private final AtomicInteger evictions = new AtomicInteger();
  private final BlobCaches caches;
  private final ReadEngine engine;

  private static ByteBuffer[] content() {
    ByteBuffer[] pages = new ByteBuffer[PAGES];
    for (int page = 0; page < PAGES; page++) {
      byte[] bytes = new byte[PagePool.PAGE_BYTES];
      Arrays.fill(bytes, (byte) page);
      pages[page] = ByteBuffer.wrap(bytes);
    }
    return pages;
  }

  /** Longer than any thread waits for a processor. */
  private static final long LET_GO_NANOS = java.util.concurrent.TimeUnit.SECONDS.toNanos(10);

  public ReadConcurrency() throws FsException {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    caches =
        BlobCaches.open(
            new BlobCaches.Options(new MemoryBudget(8L << 20), Optional.empty(), 0, 0, meters));
    BlobMountOptions options = BlobMountOptions.builder("lincheck").meters(meters).build();
    BlobStore counting = new Counting(MEMORY, fetched);
    engine = new ReadEngine(counting, options, caches, new Namespace(counting, options));
  }

  /** Each page is filled with its number. */
  private static final class Counting extends InterceptedBlobStore {
    private final AtomicIntegerArray fetched;

    Counting(BlobStore inner, AtomicIntegerArray fetched) {
      super(inner);
      this.fetched = fetched;
    }

    @Override
    protected <T> T around(BlobOperation operation, String name, long bytesUp, Request<T> request) {
      throw new IllegalStateException("only downloads are expected, not " + operation);
    }

    @Override
    public BlobProperties download(
        String name, long offset, ByteBuffer target, Optional<String> ifMatch) {
      int page = (int) (offset / PagePool.PAGE_BYTES);
      while (target.hasRemaining()) {
        fetched.incrementAndGet(page);
        ByteBuffer content = CONTENT[page].duplicate();
        content.limit(Math.min(content.limit(), target.remaining()));
        target.put(content);
        page++;
      }
      return BLOB;
    }
  }

  private String readPages(int first, int count) {
    int from = first * PagePool.PAGE_BYTES;
    int wanted = Math.min(SIZE - from, count * PagePool.PAGE_BYTES);
    ByteBuffer target = ByteBuffer.allocate(wanted);
    try {
      int got = engine.read(BLOB, target, from);
      if (got != wanted) {
        return got + " bytes in place of " + wanted;
      }
    } catch (FsException e) {
      return e.getMessage();
    }
    for (int at = 0; at < wanted; at += PagePool.PAGE_BYTES / 4) {
      if (target.get(at) != (from + at) / PagePool.PAGE_BYTES) {
        return "wrong byte at " + (from + at);
      }
    }
    return RIGHT;
  }

  @Operation
  public String read(@Param(name = "page") int page) {
    return readPages(page, 1);
  }

  @Operation
  public String readMore(@Param(name = "page") int page) {
    return readPages(page, 3);
  }

  /** All pages leave the memory, as when other users of the budget push them out. */
  @Operation
  public void evict() {
    evictions.incrementAndGet();
    caches.blocks().clear();
  }

  /** What is fetched ahead of a stream, and given up when its handle is closed. */
  @Operation
  public void ahead(@Param(name = "page") int page) {
    BlobVersion version = engine.version(BLOB);
    engine.claim(version, page, 2, true).ifPresent(engine::drop);
  }

  @Validate
  public void nothingIsLost() {
    for (int page = 0; page < PAGES; page++) {
      if (fetched.get(page) > 1 + evictions.get()) {
        throw new IllegalStateException(
            "page " + page + " was fetched " + fetched.get(page) + " times");
      }
    }
    engine.close();
    caches.close();
    // a reader has its page before the thread that fetched it puts it into the cache and lets the
    // fetch go
    long end = System.nanoTime() + LET_GO_NANOS;
    do {
      caches.blocks().clear();
      Thread.yield();
    } while (caches.pool().usedPages() != 0 && System.nanoTime() - end < 0);
    if (caches.pool().usedPages() != 0) {
      throw new IllegalStateException(caches.pool().usedPages() + " pages are still in use");
    }
  }

  /** What each operation gives when it has the file for itself. */
  public static final class Alone {
    public String read(int page) {
      return RIGHT;
    }

    public String readMore(int page) {
      return RIGHT;
    }

    public void evict() {
      // nothing is seen of it
    }

    public void ahead(int page) {
      // nothing is seen of it
    }
  }

  /** Ends with 0 when no scenario broke a promise; prints the scenario otherwise. */
  public static void main(String[] arguments) {
    new StressOptions()
        .sequentialSpecification(Alone.class)
        .threads(3)
        .actorsPerThread(3)
        .actorsBefore(1)
        .actorsAfter(1)
        .iterations(Integer.parseInt(arguments[0]))
        .invocationsPerIteration(Integer.parseInt(arguments[1]))
        .check(ReadConcurrency.class);
    System.out.println("no scenario failed");
    System.exit(0); // the threads that fetch are daemons of many engines
  }
}
