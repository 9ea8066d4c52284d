package io.batchmount.blob.read;

import io.batchmount.blob.BlobCaches;
import io.batchmount.blob.BlobMountOptions;
import io.batchmount.blob.cache.BlobVersion;
import io.batchmount.blob.cache.DiskCache;
import io.batchmount.blob.cache.Page;
import io.batchmount.blob.cache.PageKey;
import io.batchmount.blob.cache.PagePool;
import io.batchmount.blob.names.NameCodec;
import io.batchmount.blob.names.Namespace;
import io.batchmount.blob.store.BlobLocation;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.InMemoryBlobStore;
import io.batchmount.core.FsException;
import io.batchmount.core.MemoryBudget;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What each read pays: the block cache, the plan of read-ahead, the memory budget, names, and
 * checksums. Run by {@code bin/bench jmh}; times are averages of one call.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class HotPathsBenchmark {
  /** Pages that stay in the cache: half of what fits. */
  private static final int CACHED = 512;

  private static final int READ = 128 << 10;
  private static final BlobLocation LOCATION =
      new BlobLocation("http://127.0.0.1/acct", "acct", "cont");

  private final BlobVersion version = new BlobVersion(LOCATION, "data/a.bin", "\"1\"", 1L << 40);
  private final BlobVersion scanned = new BlobVersion(LOCATION, "data/b.bin", "\"1\"", 1L << 40);
  private final AtomicInteger next = new AtomicInteger();
  private final MemoryBudget budget = new MemoryBudget(1L << 30);
  private final StreamTracker one = new StreamTracker();
  private final StreamTracker many = new StreamTracker();
  private final NameCodec names = new NameCodec(false);
  private final ByteBuffer target = ByteBuffer.allocateDirect(READ);
  private BlobCaches caches;
  private ReadEngine engine;
  private BlobProperties blob;
  private Path directory;
  private DiskCache disk;
  private List<Page> pages;
  private long at;
  private final long[] ends = new long[StreamTracker.MAX_STREAMS];
  private int turn;

  @Setup(Level.Trial)
  public void open() throws IOException {
    InMemoryBlobStore memory = InMemoryBlobStore.create();
    blob = memory.putGenerated("f", 8L << 20, 1);
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    caches =
        BlobCaches.open(
            new BlobCaches.Options(new MemoryBudget(128L << 20), Optional.empty(), 0, 0, meters));
    BlobMountOptions options = BlobMountOptions.builder("jmh").meters(meters).build();
    engine = new ReadEngine(memory, options, caches, new Namespace(memory, options));
    for (int i = 0; i < CACHED; i++) {
      insert(version, i);
    }
    directory = Files.createTempDirectory("jmh-cache");
    disk = DiskCache.open(directory, 64L << 20, 0, 256L << 20, meters);
    pages = caches.pool().take(READ / PagePool.PAGE_BYTES);
    disk.store(version, 0, pages);
    while (!disk.isIdle()) {
      LockSupport.parkNanos(1_000_000);
    }
    for (int i = 0; i < ends.length; i++) {
      ends[i] = (long) i << 32;
    }
  }

  @TearDown(Level.Trial)
  public void close() throws IOException {
    pages.forEach(Page::release);
    disk.close();
    engine.close();
    caches.close();
    try (Stream<Path> tree = Files.walk(directory)) {
      for (Path path : new ArrayList<>(tree.sorted(Comparator.reverseOrder()).toList())) {
        Files.delete(path);
      }
    }
  }

  private void insert(BlobVersion of, int index) throws FsException {
    Page page = caches.pool().take(1).get(0);
    caches.blocks().put(new PageKey(of, index), page);
    page.release();
  }

  @Benchmark
  public boolean cacheHit() {
    Optional<Page> found =
        caches.blocks().get(new PageKey(version, ThreadLocalRandom.current().nextInt(CACHED)));
    found.ifPresent(Page::release);
    return found.isPresent();
  }

  @Benchmark
  @Threads(4)
  public boolean cacheHitByFourThreads() {
    return cacheHit();
  }

  @Benchmark
  public boolean cacheMiss() {
    return caches.blocks().contains(new PageKey(version, 1 << 20));
  }

  /** A page is taken, offered and pushes another one out. */
  @Benchmark
  public void cacheInsertWithEviction() throws FsException {
    insert(scanned, next.getAndIncrement() & 0x3fffff);
  }

  /** One kernel request of a warm file: four pages found and copied. */
  @Benchmark
  public int readOf128KiBFromMemory() throws FsException {
    target.clear();
    at = at + READ >= blob.size() ? 0 : at + READ;
    return engine.read(blob, target, at);
  }

  /** Four pages of a file of the cache directory that the page cache holds: read and checked. */
  @Benchmark
  public int readOf128KiBFromDiskCache() {
    return disk.load(version, 0, pages);
  }

  /** The part of it that looks for damage. */
  @Benchmark
  public long checksumOf128KiB() {
    CRC32C crc = new CRC32C();
    for (Page page : pages) {
      crc.update(page.view());
    }
    return crc.getValue();
  }

  /** What a blob read whole costs for each 128 KiB with {@code --verify stored}. */
  @Benchmark
  public String md5Of128KiB() {
    return PageDigest.md5(pages, READ);
  }

  @Benchmark
  public Object planSequentialRead() {
    StreamTracker.Match match = one.match(ends[0], ends[0] + READ);
    ends[0] += READ;
    return match;
  }

  /** Sixteen interleaved streams: the most that are told apart. */
  @Benchmark
  public Object planOneOfSixteenStreams() {
    int stream = turn++ & StreamTracker.MAX_STREAMS - 1;
    StreamTracker.Match match = many.match(ends[stream], ends[stream] + READ);
    ends[stream] += READ;
    return match;
  }

  @Benchmark
  public boolean budgetTakeAndGiveBack() {
    boolean taken = budget.tryAcquire(PagePool.SLAB_BYTES);
    budget.release(PagePool.SLAB_BYTES);
    return taken;
  }

  @Benchmark
  @Threads(4)
  public boolean budgetByFourThreads() {
    return budgetTakeAndGiveBack();
  }

  @Benchmark
  public String plainNameThereAndBack() throws FsException {
    return names.toName(names.toSegment("part-00042-of-01024.tfrecord"));
  }

  @Benchmark
  public String encodedNameThereAndBack() throws FsException {
    return names.toName(names.toSegment("back\\slash\u0001 and a period."));
  }
}
