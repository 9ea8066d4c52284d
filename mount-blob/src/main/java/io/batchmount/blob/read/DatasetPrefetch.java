package io.batchmount.blob.read;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.batchmount.blob.BlobCaches;
import io.batchmount.blob.BlobEntry;
import io.batchmount.blob.BlobMountOptions;
import io.batchmount.blob.cache.BlobVersion;
import io.batchmount.blob.cache.DiskCache;
import io.batchmount.blob.cache.PagePool;
import io.batchmount.blob.names.Namespace;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.core.FsPaths;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code --prefetch dataset}: for readers who will read all of a data set in an order that nobody
 * can guess. Once a share of a directory's files was opened the others are fetched, and once random
 * reads have touched enough of a large file the rest of it, in large requests with bandwidth that
 * is idle, if the cache can hold it all. Thread-safe.
 */
final class DatasetPrefetch {
  /** Files of a directory that must have been opened before the others are fetched. */
  private static final int MIN_FILES = 4;

  /** And which part of all of them: one of so many. */
  private static final int SHARE_OF_FILES = 50;

  /** Random reads of a file before the rest of it is fetched. */
  private static final int MIN_READS = 8;

  /**
   * Data set requests at once: small files cost little but the time that the service takes for an
   * answer. Demand and read-ahead have the other threads and connections.
   */
  private static final int MAX_REQUESTS = 48;

  /** Bytes of one request. */
  private static final int CHUNK = 1 << 20;

  /**
   * Bytes on their way where there is no disk cache: a part of the memory. With one it is what its
   * queue takes; what did not fit would be fetched in vain.
   */
  private static final int MEMORY_SHARE_ON_WAY = 8;

  /**
   * Bytes on their way in any case: 32 requests of 1 MiB carry 850 MB/s at 20 ms and 60 MB/s each.
   */
  private static final long MOST_BYTES = 32L * CHUNK;

  /** Share of the cache that a data set may fill. */
  private static final int CACHE_PERCENT = 90;

  /** Share of the memory budget that a data set may fill where there is no disk cache. */
  private static final int MEMORY_PERCENT = 40;

  private static final long PAUSE_MILLIS = 10;
  private static final int MAX_TRACKED = 1000;
  private static final Logger LOG = LoggerFactory.getLogger(DatasetPrefetch.class);

  private static final class Share {
    private final Set<String> opened = new HashSet<>();
    private boolean begun;
  }

  private static final class Reads {
    private int count;
    private boolean begun;
  }

  private final ReadEngine engine;
  private final Namespace names;
  private final BlobMountOptions options;
  private final BlobCaches caches;
  private final Semaphore requests = new Semaphore(MAX_REQUESTS);
  private final Semaphore bytes;
  private final Cache<String, Share> directories =
      Caffeine.newBuilder().maximumSize(MAX_TRACKED).executor(Runnable::run).build();
  private final Cache<BlobVersion, Reads> files =
      Caffeine.newBuilder().maximumSize(MAX_TRACKED).executor(Runnable::run).build();
  private volatile boolean closed;

  DatasetPrefetch(ReadEngine engine, Namespace names, BlobMountOptions options, BlobCaches caches) {
    this.engine = engine;
    this.names = names;
    this.options = options;
    this.caches = caches;
    long onWay =
        caches
            .blocks()
            .disk()
            .map(DiskCache::queueAhead)
            .orElse(caches.memory().capacity() / MEMORY_SHARE_ON_WAY);
    this.bytes = new Semaphore(Math.toIntExact(Math.max(CHUNK, Math.min(MOST_BYTES, onWay))));
  }

  private boolean isOff() {
    return options.prefetch() != BlobMountOptions.Prefetch.DATASET || closed;
  }

  /** A file is read from its beginning. */
  void opened(String path) {
    if (isOff()) {
      return;
    }
    Optional<Namespace.Neighbours> neighbours = names.neighbours(path);
    if (neighbours.isEmpty()) {
      return;
    }
    List<BlobEntry> all = neighbours.get().files();
    Share share = directories.get(FsPaths.parent(path), unused -> new Share());
    synchronized (share) {
      if (share.begun) {
        return;
      }
      share.opened.add(path);
      if (share.opened.size() < Math.max(MIN_FILES, all.size() / SHARE_OF_FILES)) {
        return;
      }
      share.begun = true;
      share.opened.clear();
    }
    long bytes = 0;
    for (BlobEntry entry : all) {
      bytes += entry.properties().map(BlobProperties::size).orElse(0L);
    }
    if (bytes > room()) {
      LOG.info(
          "{} holds {} bytes, more than the cache can; it is not fetched ahead",
          FsPaths.parent(path),
          bytes);
      return;
    }
    caches.threads().background().execute(() -> all.forEach(this::fetchFile));
  }

  /** A read that belongs to no stream. */
  void randomRead(String path, BlobVersion version, BlobProperties blob, long offset) {
    if (isOff() || version.size() <= options.blockSize()) {
      return;
    }
    Reads reads = files.get(version, unused -> new Reads());
    synchronized (reads) {
      reads.count++;
      if (reads.begun || reads.count < MIN_READS) {
        return;
      }
      reads.begun = true;
    }
    if (version.size() > room()) {
      LOG.info("{} is larger than the cache; the rest of it is not fetched ahead", path);
      return;
    }
    caches.threads().background().execute(() -> fetchRest(version, blob));
  }

  private long room() {
    return caches
        .diskLimit()
        .map(limit -> limit / 100 * CACHE_PERCENT)
        .orElse(caches.memory().capacity() / 100 * MEMORY_PERCENT);
  }

  private void fetchFile(BlobEntry entry) {
    BlobProperties blob = entry.properties().orElseThrow();
    if (blob.size() > 0 && !blob.isArchived()) {
      fetchRest(engine.version(blob), blob);
    }
  }

  private void fetchRest(BlobVersion version, BlobProperties blob) {
    int chunk = Math.min(CHUNK, options.blockSize()) / PagePool.PAGE_BYTES;
    int page = 0;
    while (page < version.pages() && !closed) {
      if (engine.isKnownPage(version, page)) {
        page++;
        continue;
      }
      int want = Math.min(chunk, version.pages() - page);
      int onDisk = engine.onDisk(version, page, want);
      if (onDisk > 0) {
        page += onDisk;
        continue;
      }
      try {
        // what waits for the disk is memory that demand may need
        while (!closed && !isDiskReady()) {
          TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        }
        requests.acquire();
        bytes.acquire(want * PagePool.PAGE_BYTES);
        int got = begin(version, blob, page, want);
        if (got == 0) {
          TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        }
        page += got;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /** Starts one request; the permits go back when it is over. */
  private int begin(BlobVersion version, BlobProperties blob, int page, int want) {
    Runnable over =
        () -> {
          bytes.release(want * PagePool.PAGE_BYTES);
          requests.release();
        };
    Optional<Fetch> fetch =
        engine.fetchAhead(
            version, Optional.of(blob), page, want, ReadMeters.Cause.DATASET, false, over);
    if (fetch.isEmpty()) {
      over.run();
      return 0;
    }
    return fetch.get().count();
  }

  private boolean isDiskReady() {
    return caches.blocks().disk().map(DiskCache::hasRoomToQueue).orElse(true);
  }

  void close() {
    closed = true;
  }
}
