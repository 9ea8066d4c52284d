package io.batchmount.blob;

import io.batchmount.blob.cache.BlockCache;
import io.batchmount.blob.cache.DiskCache;
import io.batchmount.blob.cache.PagePool;
import io.batchmount.blob.read.FetchPool;
import io.batchmount.core.FsException;
import io.batchmount.core.MemoryBudget;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * What all blob mounts of a process share: memory for data, the block cache in memory and on disk,
 * and the threads that fetch. Made once, closed after the last mount. Thread-safe.
 */
public final class BlobCaches implements AutoCloseable {
  /**
   * @param memory the budget of the process
   * @param cacheDirectory where blocks are kept over restarts; empty for none
   * @param diskBytes most bytes that the cache may take there
   * @param minFreeBytes free space that is left to others
   * @param meters where figures go
   */
  public record Options(
      MemoryBudget memory,
      Optional<Path> cacheDirectory,
      long diskBytes,
      long minFreeBytes,
      MeterRegistry meters) {
    public Options {
      Objects.requireNonNull(memory);
      Objects.requireNonNull(cacheDirectory);
      Objects.requireNonNull(meters);
    }
  }

  /** Free space that the cache leaves by default: what a system needs to go on. */
  public static final long DEFAULT_MIN_FREE = 1L << 30;

  private final Options options;
  private final PagePool pool;
  private final Optional<DiskCache> disk;
  private final BlockCache blocks;
  private final FetchPool threads;

  private BlobCaches(Options options, Optional<DiskCache> disk) {
    this.options = options;
    this.pool = new PagePool(options.memory());
    this.disk = disk;
    this.blocks = new BlockCache(pool, disk, options.meters());
    this.threads = new FetchPool();
  }

  /**
   * Opens the caches; makes the directory (mode 0700) where it is absent.
   *
   * @throws FsException when the directory cannot be made or written
   */
  public static BlobCaches open(Options options) throws FsException {
    Optional<DiskCache> disk = Optional.empty();
    if (options.cacheDirectory().isPresent() && options.diskBytes() > 0) {
      disk =
          Optional.of(
              DiskCache.open(
                  options.cacheDirectory().get(),
                  options.diskBytes(),
                  options.minFreeBytes(),
                  options.memory().capacity(),
                  options.meters()));
    }
    return new BlobCaches(options, disk);
  }

  public MemoryBudget memory() {
    return options.memory();
  }

  /** Pages of data. */
  public PagePool pool() {
    return pool;
  }

  /** Blocks of blobs. */
  public BlockCache blocks() {
    return blocks;
  }

  /** Threads that wait for the service. */
  public FetchPool threads() {
    return threads;
  }

  /** Most bytes on disk; empty without a disk cache. */
  public Optional<Long> diskLimit() {
    return disk.isPresent() ? Optional.of(options.diskBytes()) : Optional.empty();
  }

  /** Bytes on disk now, 0 without a disk cache. */
  public long diskBytesUsed() {
    return disk.map(DiskCache::usedBytes).orElse(0L);
  }

  /** Ends the threads and closes the files; what is on disk stays. */
  @Override
  public void close() {
    threads.close();
    blocks.close();
    disk.ifPresent(DiskCache::close);
  }
}
