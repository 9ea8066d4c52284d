package io.batchmount.blob.read;

import io.batchmount.blob.BlobCaches;
import io.batchmount.blob.BlobContentReader;
import io.batchmount.blob.BlobEntry;
import io.batchmount.blob.BlobMountOptions;
import io.batchmount.blob.cache.BlobVersion;
import io.batchmount.blob.cache.BlockCache;
import io.batchmount.blob.cache.DiskCache;
import io.batchmount.blob.cache.Page;
import io.batchmount.blob.cache.PageKey;
import io.batchmount.blob.cache.PagePool;
import io.batchmount.blob.names.Namespace;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.BlobStore;
import io.batchmount.core.AttributeChange;
import io.batchmount.core.Errno;
import io.batchmount.core.FileAttributes;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FsException;
import io.batchmount.core.OperationContext;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads pages of blob versions: from memory, from a request that is on its way, from disk, from the
 * service, in this order. Thread-safe.
 */
public final class ReadEngine implements BlobContentReader, AutoCloseable {
  /** Pages that one look at the disk brings into memory for a reader who goes on: 1 MiB. */
  private static final int DISK_READ_AHEAD = 32;

  /**
   * A whole blob of at most this size is compared with its stored MD5: at 600 MB/s a core this
   * costs 2 ms, a tenth of a round trip. Larger ones are covered by TLS and the length checks.
   */
  private static final int MAX_VERIFIED = 1 << 20;

  /** Share of the memory budget that may be on its way ahead of streams, all together. */
  private static final int WINDOW_PERCENT = 35;

  /** One stream gets no less, even if it must wait for memory then. */
  static final long MIN_WINDOW = 1L << 20;

  /** While the link is not known, a stream may ask for so much. */
  private static final long MIN_MAX_WINDOW = 64L << 20;

  /** More than this is on its way nowhere: 10 Gbit/s at 100 ms. */
  private static final long MAX_WINDOW = 128L << 20;

  /** A page of somebody else's fetch that failed is asked for again so often. */
  private static final int MAX_ATTEMPTS = 4;

  private static final Logger LOG = LoggerFactory.getLogger(ReadEngine.class);

  private final BlobStore store;
  private final BlobMountOptions options;
  private final BlobCaches caches;
  private final BlockCache blocks;
  private final PagePool pool;
  private final FetchTable table = new FetchTable();
  private final ReadMeters meters;
  private final Bandwidth bandwidth = new Bandwidth();
  private final OpenHandles handles = new OpenHandles();
  private final OpenedVersions opened = new OpenedVersions();
  private final Namespace names;
  private volatile AttributeSetter attributeSetter =
      (path, change) -> {
        throw new FsException(Errno.EROFS, path + ": mounted read-only");
      };
  private final Siblings siblings;
  private final DatasetPrefetch dataset;

  public ReadEngine(BlobStore store, BlobMountOptions options, BlobCaches caches, Namespace names) {
    this.store = store;
    this.options = options;
    this.caches = caches;
    this.blocks = caches.blocks();
    this.pool = caches.pool();
    this.meters = new ReadMeters(options);
    this.names = names;
    this.siblings = new Siblings(this, names, options);
    this.dataset = new DatasetPrefetch(this, names, options, caches);
  }

  BlobMountOptions options() {
    return options;
  }

  BlobCaches caches() {
    return caches;
  }

  ReadMeters meters() {
    return meters;
  }

  Bandwidth bandwidth() {
    return bandwidth;
  }

  BlobVersion version(BlobProperties blob) {
    return new BlobVersion(store.location(), blob.name(), blob.etag(), blob.size());
  }

  /**
   * Opens a version of a blob for reading.
   *
   * @param direct the caller asked for {@code O_DIRECT}
   */
  public FileHandle open(
      String path, BlobProperties blob, FileAttributes attributes, boolean direct) {
    boolean unchanged = opened.openedBefore(path, blob.etag());
    ReadHandle handle =
        new ReadHandle(this, path, version(blob), blob, attributes, direct, unchanged);
    handles.add(path, handle);
    return handle;
  }

  OpenHandles handles() {
    return handles;
  }

  /**
   * This mount is about to delete or replace a file: whoever has it open goes on reading what it
   * had (POSIX), so the bytes are brought here first.
   */
  public void beforeRemoval(String path) {
    List<ReadHandle> open = handles.at(path);
    if (open.isEmpty()) {
      return;
    }
    try {
      open.get(0).preserve(open);
    } catch (IOException e) {
      LOG.warn(
          "{} is deleted while it is open and could not be kept for its readers: {}",
          path,
          e.getMessage());
    }
  }

  /** This mount has renamed a file or directory: open handles follow it. */
  public void renamed(String from, String to) {
    for (String path : handles.within(from)) {
      String newPath = to + path.substring(from.length());
      for (ReadHandle handle : handles.at(path)) {
        try {
          names
              .find(newPath)
              .filter(entry -> !entry.isDirectory())
              .flatMap(BlobEntry::properties)
              .ifPresent(blob -> handle.follow(newPath, blob));
        } catch (FsException e) {
          LOG.warn("open file {} cannot follow its rename: {}", path, e.toLogLine());
        }
      }
    }
  }

  Siblings siblings() {
    return siblings;
  }

  DatasetPrefetch dataset() {
    return dataset;
  }

  @Override
  public int read(BlobProperties version, ByteBuffer target, long offset) throws FsException {
    return read(version(version), Optional.of(version), target, offset, Plan.EXACT);
  }

  /**
   * How much to fetch around what is read.
   *
   * @param unitPages requests begin and end at multiples of so many pages
   * @param aheadBytes fetched behind the demanded bytes in the same request
   * @param fromDisk pages to bring from disk at once
   */
  record Plan(int unitPages, long aheadBytes, int fromDisk) {
    static final Plan EXACT = new Plan(1, 0, 1);
    static final Plan SEQUENTIAL = new Plan(1, 0, DISK_READ_AHEAD);
  }

  /** What is done with each page of a read, in order. The page is held only during the call. */
  @FunctionalInterface
  interface PageUse {
    /**
     * @param from first byte in the page
     * @param to behind the last one
     */
    void use(Page page, int from, int to);
  }

  /** Fills the target; the number of bytes is less than its room only at the end of the blob. */
  int read(
      BlobVersion version,
      Optional<BlobProperties> properties,
      ByteBuffer target,
      long offset,
      Plan plan)
      throws FsException {
    return read(
        version,
        properties,
        offset,
        target.remaining(),
        plan,
        (page, from, to) -> target.put(page.view().limit(to).position(from)));
  }

  /** As above, with the pages themselves; fewer bytes only at the end of the blob. */
  int read(
      BlobVersion version,
      Optional<BlobProperties> properties,
      long offset,
      int most,
      Plan plan,
      PageUse use)
      throws FsException {
    long end = Math.min(offset + most, version.size());
    long at = offset;
    int attempts = 0;
    int attemptedPage = -1;
    Brought brought = new Brought();
    while (at < end) {
      int page = (int) (at / PagePool.PAGE_BYTES);
      if (page != attemptedPage) {
        attemptedPage = page;
        attempts = 0;
      }
      Optional<Page> found = blocks.get(new PageKey(version, page));
      if (found.isPresent()) {
        meters.page(brought.sourceOf(page));
      } else {
        found = fetched(version, properties, page, end, plan, attempts++, brought);
      }
      if (found.isEmpty()) {
        continue;
      }
      Page held = found.get();
      try {
        long start = (long) page * PagePool.PAGE_BYTES;
        int from = (int) (at - start);
        int to = (int) Math.min(version.pageLength(page), end - start);
        use.use(held, from, to);
        at += to - from;
      } finally {
        held.release();
      }
    }
    int count = (int) Math.max(0, at - offset);
    meters.read(count);
    return count;
  }

  /**
   * What one read has brought: the pages behind the first of a request or of a look at the disk are
   * in memory when the read comes to them, and are no hits of the memory all the same.
   */
  private static final class Brought {
    private ReadMeters.Source source = ReadMeters.Source.MEMORY;
    private int until; // page behind the last one

    void by(ReadMeters.Source newSource, int newUntil) {
      source = newSource;
      until = newUntil;
    }

    ReadMeters.Source sourceOf(int page) {
      return page < until ? source : ReadMeters.Source.MEMORY;
    }
  }

  /** A page that is not in memory. Empty: look again. */
  private Optional<Page> fetched(
      BlobVersion version,
      Optional<BlobProperties> properties,
      int page,
      long end,
      Plan plan,
      int attempt,
      Brought brought)
      throws FsException {
    PageKey key = new PageKey(version, page);
    int lastPage = (int) ((end - 1) / PagePool.PAGE_BYTES);
    Optional<Fetch> other = table.find(key);
    if (other.isPresent()) {
      return joined(other.get(), properties, page, lastPage, attempt);
    }
    Optional<DiskCache> disk = blocks.disk();
    if (disk.isPresent()) {
      int wanted = Math.max(lastPage - page + 1, plan.fromDisk());
      int onDisk = disk.get().run(version, page, Math.min(wanted, version.pages() - page));
      if (onDisk > 0) {
        return fromDisk(disk.get(), version, properties, page, onDisk, brought);
      }
    }
    int first = page - page % plan.unitPages();
    long aheadEnd = Math.min(version.size(), end + plan.aheadBytes());
    int last = (int) ((aheadEnd - 1) / PagePool.PAGE_BYTES);
    last = Math.min(version.pages() - 1, last - last % plan.unitPages() + plan.unitPages() - 1);
    while (first < page && isKnown(version, first)) {
      first++;
    }
    int count = Math.min(last - first + 1, maxRequestPages());
    Optional<Fetch> mine = claim(version, first, count, false);
    if (mine.isEmpty() || first + mine.get().count() <= page) {
      if (mine.isPresent()) {
        // pages before ours were claimed, ours belongs to somebody else: give them up
        abandon(mine.get());
        mine.get().leave();
      }
      return Optional.empty();
    }
    Fetch fetch = mine.get();
    try {
      return demanded(fetch, properties, page, end, brought);
    } finally {
      fetch.leave();
    }
  }

  private Optional<Page> demanded(
      Fetch fetch, Optional<BlobProperties> properties, int page, long end, Brought brought)
      throws FsException {
    brought.by(ReadMeters.Source.SERVICE, fetch.firstPage() + fetch.count());
    boolean more = fetch.end() > end + 2L * PagePool.PAGE_BYTES;
    if (more) {
      submitDemand(fetch, properties);
    } else if (fetch.start()) {
      run(fetch, properties);
    }
    Optional<Page> got = fetch.await(page, (int) ((end - 1) / PagePool.PAGE_BYTES));
    got.ifPresent(unused -> meters.page(ReadMeters.Source.SERVICE));
    return got;
  }

  private boolean isKnown(BlobVersion version, int page) {
    PageKey key = new PageKey(version, page);
    return blocks.contains(key) || table.contains(key);
  }

  private int maxRequestPages() {
    return Math.max(1, options.blockSize() / PagePool.PAGE_BYTES);
  }

  private Optional<Page> joined(
      Fetch fetch, Optional<BlobProperties> properties, int page, int lastPage, int attempt)
      throws FsException {
    if (!fetch.enter()) {
      table.remove(fetch);
      return Optional.empty();
    }
    if (!fetch.covers(page)) {
      fetch.leave(); // its claim was given up again
      return Optional.empty();
    }
    fetch.demand();
    if (fetch.state() == Fetch.State.QUEUED && fetch.isSpeculative() && fetch.start()) {
      // nobody has begun it: whoever wants the bytes does it, before all that is only a guess
      submitRunning(fetch, properties);
    }
    try {
      Optional<Page> got = fetch.await(page, lastPage);
      if (got.isPresent()) {
        meters.page(ReadMeters.Source.SHARED);
      } else if (attempt > MAX_ATTEMPTS) {
        table.remove(fetch);
      }
      return got;
    } catch (FsException e) {
      table.remove(fetch);
      boolean anothers = e.errno() == Errno.EINTR || fetch.isSpeculative();
      if (attempt < MAX_ATTEMPTS && anothers && !OperationContext.current().isInterrupted()) {
        return Optional.empty();
      }
      throw e;
    } finally {
      fetch.leave();
    }
  }

  private void submitDemand(Fetch fetch, Optional<BlobProperties> properties) {
    caches
        .threads()
        .demand()
        .execute(
            () -> {
              if (fetch.start()) {
                run(fetch, properties);
              }
            });
  }

  private void submitRunning(Fetch fetch, Optional<BlobProperties> properties) {
    caches.threads().demand().execute(() -> run(fetch, properties));
  }

  private Optional<Page> fromDisk(
      DiskCache disk,
      BlobVersion version,
      Optional<BlobProperties> properties,
      int page,
      int count,
      Brought brought)
      throws FsException {
    Optional<Fetch> claimed = claim(version, page, count, false);
    if (claimed.isEmpty()) {
      return Optional.empty();
    }
    Fetch fetch = claimed.get();
    try {
      return loadedFromDisk(fetch, disk, version, properties, page, brought);
    } finally {
      fetch.leave();
    }
  }

  private Optional<Page> loadedFromDisk(
      Fetch fetch,
      DiskCache disk,
      BlobVersion version,
      Optional<BlobProperties> properties,
      int page,
      Brought brought)
      throws FsException {
    if (!fetch.start()) {
      return Optional.empty();
    }
    List<Page> pages;
    try {
      pages = takeMemory(fetch);
    } catch (FsException e) {
      end(fetch, Optional.of(e));
      throw e;
    }
    int loaded = disk.load(version, page, pages);
    if (loaded == 0) {
      // damaged or gone: the same claim asks the service
      meters.fetch(ReadMeters.Cause.DEMAND, fetch.length());
      brought.by(ReadMeters.Source.SERVICE, page + fetch.count());
      meters.page(ReadMeters.Source.SERVICE);
      download(fetch, properties);
      return fetch.await(page, page);
    }
    brought.by(ReadMeters.Source.DISK, page + loaded);
    meters.page(ReadMeters.Source.DISK);
    int claimedCount = fetch.count();
    for (int i = 0; i < loaded; i++) {
      blocks.put(new PageKey(version, page + i), pages.get(i));
    }
    fetch.shortenTo(loaded);
    fetch.done();
    table.remove(fetch, 0, claimedCount);
    fetch.letGo();
    return fetch.await(page, page);
  }

  /** Memory for a demanded fetch, which is shortened to what there is without waiting. */
  private List<Page> takeMemory(Fetch fetch) throws FsException {
    int claimed = fetch.count();
    List<Page> pages = pool.take(claimed);
    fetch.memory(pages);
    table.remove(fetch, pages.size(), claimed);
    return pages;
  }

  // ---- fetching ---------------------------------------------------------------------------------

  Optional<Fetch> claim(BlobVersion version, int firstPage, int max, boolean speculative) {
    return table.claim(
        version, firstPage, max, speculative, page -> !blocks.contains(new PageKey(version, page)));
  }

  private void abandon(Fetch fetch) {
    if (fetch.start()) {
      fetch.cancelled();
      table.remove(fetch);
      fetch.letGo();
    }
  }

  /**
   * Fetches pages that nobody asked for yet, if they are not on their way, cached or on disk.
   *
   * @param cause for the figures
   * @param keep the pages stay with the fetch until {@link #drop}, so that the memory cache's
   *     choice does not lose them before they are read
   * @return the fetch, or empty when there is nothing to do or no memory
   */
  Optional<Fetch> fetchAhead(
      BlobVersion version,
      Optional<BlobProperties> properties,
      int firstPage,
      int max,
      ReadMeters.Cause cause,
      boolean keep) {
    return fetchAhead(version, properties, firstPage, max, cause, keep, () -> {});
  }

  /**
   * As above.
   *
   * @param after runs once when the fetch that was returned is over
   */
  Optional<Fetch> fetchAhead(
      BlobVersion version,
      Optional<BlobProperties> properties,
      int firstPage,
      int max,
      ReadMeters.Cause cause,
      boolean keep,
      Runnable after) {
    Optional<Fetch> claimed = claim(version, firstPage, max, true);
    if (claimed.isEmpty()) {
      return Optional.empty();
    }
    Fetch fetch = claimed.get();
    List<Page> pages = pool.tryTake(fetch.count());
    if (pages.isEmpty()) {
      drop(fetch);
      return Optional.empty();
    }
    if (!fetch.memoryAhead(pages)) {
      pages.forEach(Page::release);
      drop(fetch);
      return Optional.empty();
    }
    meters.fetch(cause, fetch.length());
    if (cause == ReadMeters.Cause.DATASET) {
      fetch.forCache();
    }
    try {
      caches
          .threads()
          .speculative()
          .execute(
              () -> {
                try {
                  if (fetch.start()) {
                    run(fetch, properties);
                  }
                  if (!keep) {
                    drop(fetch);
                  }
                } finally {
                  after.run();
                }
              });
    } catch (RejectedExecutionException e) {
      drop(fetch);
      return Optional.empty();
    }
    return Optional.of(fetch);
  }

  /** Gives up what is not begun or not yet demanded, and lets the pages of the rest go. */
  void drop(Fetch fetch) {
    if (fetch.cancel()) {
      meters.cancelled();
    }
    Fetch.State state = fetch.state();
    if (state == Fetch.State.RUNNING || state == Fetch.State.QUEUED) {
      fetch.dropWhenDone();
      if (fetch.state() == Fetch.State.RUNNING || fetch.state() == Fetch.State.QUEUED) {
        return;
      }
    }
    table.remove(fetch);
    fetch.letGo();
  }

  /** Whether a page is in memory or on its way. */
  boolean isKnownPage(BlobVersion version, int page) {
    return isKnown(version, page);
  }

  /** Whether a page could be read without waiting for the service. */
  boolean isReady(BlobVersion version, int page) {
    PageKey key = new PageKey(version, page);
    return blocks.contains(key)
        || table.find(key).filter(fetch -> fetch.isReady(page)).isPresent()
        || onDisk(version, page, 1) > 0;
  }

  /** {@code fchmod} and the like on a handle that only reads. */
  void setAttributes(String path, AttributeChange change) throws FsException {
    attributeSetter.set(path, change);
  }

  /** Changes attributes by path; the write engine does it. */
  @FunctionalInterface
  public interface AttributeSetter {
    void set(String path, AttributeChange change) throws FsException;
  }

  /** Connects the write engine, which is made after this one. */
  public void attributeSetter(AttributeSetter setter) {
    attributeSetter = setter;
  }

  /** How many pages from one on are on disk. */
  int onDisk(BlobVersion version, int page, int max) {
    return blocks.disk().map(disk -> disk.run(version, page, max)).orElse(0);
  }

  /** The version that a path has now, asked of the service. */
  Optional<BlobProperties> current(String path) throws FsException {
    return names.refresh(path).filter(entry -> !entry.isDirectory()).flatMap(BlobEntry::properties);
  }

  /**
   * Bytes that one stream may have ahead: its share of the memory, and no more than keeps the link
   * busy with some to spare.
   */
  long maxWindow() {
    long share = caches.memory().capacity() / 100 * WINDOW_PERCENT / meters.streams();
    long link = Math.max(MIN_MAX_WINDOW, bandwidth.delayProduct() * 3);
    return Math.max(MIN_WINDOW, Math.min(Math.min(share, link), MAX_WINDOW));
  }

  /** Carries a started fetch out; never throws. */
  private void run(Fetch fetch, Optional<BlobProperties> properties) {
    try {
      if (fetch.pages().isEmpty()) {
        takeMemory(fetch);
        meters.fetch(ReadMeters.Cause.DEMAND, fetch.length());
      }
      download(fetch, properties);
    } catch (FsException e) {
      end(fetch, Optional.of(e));
    } catch (RuntimeException e) {
      LOG.error("reading {} failed", fetch.version(), e);
      end(fetch, Optional.of(new FsException(Errno.EIO, fetch.version().blob() + ": " + e, e)));
    } finally {
      fetch.detach();
      if (fetch.isSpeculative() && Thread.interrupted()) {
        LOG.debug("prefetch of {} was cancelled", fetch.version());
      }
    }
  }

  private void download(Fetch fetch, Optional<BlobProperties> properties) throws FsException {
    BlobVersion version = fetch.version();
    Optional<String> md5 = storedMd5(fetch, properties);
    fetch.check(
        md5.isPresent()
            ? Fetch.Check.WHOLE
            : options.verify() == BlobMountOptions.Verify.RANGES
                ? Fetch.Check.PARTS
                : Fetch.Check.NONE);
    for (int attempt = 0; ; attempt++) {
      long begun = System.nanoTime();
      try {
        store.downloadTo(version.blob(), fetch.offset(), fetch, Optional.of(version.etag()));
      } catch (FsException e) {
        FsException told = e;
        if (e.errno() == Errno.ESTALE || e.errno() == Errno.ENOENT) {
          told =
              FsException.ofService(
                  Errno.ESTALE,
                  version.blob()
                      + ": the blob was changed or deleted while it was open; open it again",
                  e.serviceCode(),
                  e.requestId(),
                  e);
          LOG.warn(told.toLogLine());
        }
        end(fetch, Optional.of(told));
        throw told;
      }
      if (fetch.remaining() > 0) {
        FsException shorter =
            new FsException(
                Errno.EIO,
                version.blob() + ": the service sent " + fetch.remaining() + " bytes too few");
        end(fetch, Optional.of(shorter));
        throw shorter;
      }
      bandwidth.request(fetch.length(), System.nanoTime() - begun);
      if (md5.isEmpty() || md5.get().equals(PageDigest.md5(fetch.pages(), fetch.length()))) {
        break;
      }
      meters.mismatch();
      if (attempt > 0) {
        FsException wrong =
            new FsException(
                Errno.EIO,
                version.blob() + ": the bytes do not match the MD5 that is stored with the blob");
        LOG.warn(wrong.toLogLine());
        end(fetch, Optional.of(wrong));
        throw wrong;
      }
      fetch.rewind();
    }
    List<Page> pages = fetch.pages();
    for (int i = 0; i < pages.size(); i++) {
      blocks.put(new PageKey(version, fetch.firstPage() + i), pages.get(i));
    }
    if (fetch.isForCache()) {
      blocks.disk().ifPresent(disk -> disk.storeAhead(version, fetch.firstPage(), pages));
    } else {
      blocks.disk().ifPresent(disk -> disk.store(version, fetch.firstPage(), pages));
    }
    end(fetch, Optional.empty());
  }

  /** The MD5 that the pages of a fetch must have before anybody sees one of them. */
  private Optional<String> storedMd5(Fetch fetch, Optional<BlobProperties> properties) {
    BlobVersion version = fetch.version();
    return options.verify() == BlobMountOptions.Verify.OFF
            || fetch.firstPage() != 0
            || fetch.length() != version.size()
            || version.size() > MAX_VERIFIED
        ? Optional.empty()
        : properties.flatMap(BlobProperties::contentMd5);
  }

  private void end(Fetch fetch, Optional<FsException> failure) {
    if (failure.isPresent()) {
      table.remove(fetch); // before anybody hears of it: who comes now asks anew
    }
    failure.ifPresentOrElse(
        cause -> {
          if (cause.errno() == Errno.EINTR && fetch.isSpeculative() && !fetch.isDemanded()) {
            fetch.cancelled();
          } else {
            fetch.fail(cause);
          }
        },
        fetch::done);
    if (!fetch.isSpeculative() || failure.isPresent() || fetch.isDropped()) {
      table.remove(fetch);
      fetch.letGo();
    }
  }

  @Override
  public void close() {
    siblings.close();
    dataset.close();
  }
}
