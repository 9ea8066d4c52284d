package io.batchmount.blob.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import com.sun.nio.file.ExtendedOpenOption;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pages on local disk: one sparse file for each segment of 8 MiB of a blob version, with a table of
 * lengths and checksums (CRC32C) in front. A page is written before its table entry, and read only
 * when its checksum fits, so that kills, full disks and damage cost a fetch and never a wrong byte.
 *
 * <p>The limit in bytes and the free space to leave are looked at before each write. W-TinyLFU
 * (Caffeine) chooses the segments that stay. Each process locks a directory of its own below the
 * cache directory ({@code 0}, {@code 1}, ...), the lowest that is free, so that the next process
 * finds what this one left.
 *
 * <p>Thread-safe. One thread writes, from a bounded queue: when the disk is slower than the
 * network, pages are not cached rather than waited for.
 */
public final class DiskCache implements AutoCloseable {
  /** Counter of pages whose checksum did not fit. */
  public static final String DAMAGED = "batchmount.cache.damaged";

  /** Counter of pages that were not written: no room, too much waiting, or a disk in trouble. */
  public static final String DROPPED = "batchmount.cache.dropped";

  private static final long MAGIC = 0x424D43414348_3031L; // "BMCACH01"
  private static final int MAX_SLOTS = 1000;

  /**
   * Bytes of pages that may wait for the writing thread. What was fetched for the cache alone may
   * add as much again: readers do not wait for it, but its memory is taken from theirs.
   */
  private static final long MAX_QUEUED = 32L << 20;

  /** And the share of the memory for pages, which those who wait for data need: one of so many. */
  private static final int QUEUED_SHARE = 4;

  /** From here on a write goes past the kernel's cache; a small one waits longer for the disk. */
  private static final long DIRECT_BYTES = 512 << 10;

  /** How often the free space is asked for, and after how many bytes written. */
  private static final long FREE_CHECK_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private static final long FREE_CHECK_BYTES = 32L << 20;

  /** After a failed write none is tried for so long. */
  private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(5);

  private static final Logger LOG = LoggerFactory.getLogger(DiskCache.class);

  private record SegmentKey(String digest, int number) {
    String fileName() {
      return digest + "-" + number;
    }
  }

  /** Pages to write; the last job of all has no version. */
  private record Job(Optional<BlobVersion> version, int firstPage, List<Page> pages) {}

  private final Path directory;
  private final FileChannel lock;
  private final long limit;
  private final long minFree;
  private final long maxQueued;
  private final AtomicLong used = new AtomicLong();
  private final Cache<SegmentKey, DiskSegment> segments;
  private final LinkedBlockingDeque<Job> queue = new LinkedBlockingDeque<>();
  private final AtomicLong queued = new AtomicLong();
  private final Cache<BlobVersion, String> digests =
      Caffeine.newBuilder().maximumSize(10_000).executor(Runnable::run).build();
  private final Thread writer;
  private final Counter damaged;
  private final Counter dropped;
  private volatile boolean closed;
  private long freeChecked; // writer thread only
  private long freeBytes; // writer thread only
  private long writtenSinceCheck; // writer thread only
  private long restUntil = System.nanoTime(); // writer thread only
  private boolean complained; // writer thread only
  private boolean direct = true; // writer thread only; until the file system refuses

  private DiskCache(
      Path directory,
      FileChannel lock,
      long limit,
      long minFree,
      long memory,
      MeterRegistry meters) {
    this.directory = directory;
    this.lock = lock;
    this.limit = limit;
    this.minFree = minFree;
    this.maxQueued = Math.min(MAX_QUEUED, memory / QUEUED_SHARE);
    this.damaged = meters.counter(DAMAGED);
    this.dropped = meters.counter(DROPPED);
    this.segments =
        Caffeine.newBuilder()
            // what is being written comes on top until the victim is deleted
            .maximumWeight(limit - limit / 16)
            .weigher((SegmentKey key, DiskSegment segment) -> segment.bytes())
            .executor(Runnable::run)
            .evictionListener(
                (SegmentKey key, DiskSegment segment, RemovalCause cause) -> {
                  if (key != null && segment != null) {
                    delete(key, segment);
                  }
                })
            .build();
    Gauge.builder("batchmount.cache.disk", used, AtomicLong::get)
        .baseUnit("bytes")
        .register(meters);
    scan();
    writer = new Thread(this::writeJobs, "batchmount-disk-cache");
    writer.setDaemon(true);
    writer.start();
  }

  /**
   * Opens the cache below a directory.
   *
   * @param limit bytes on disk
   * @param minFree bytes of free space to leave
   * @param memory bytes of all pages, of which those on their way to the disk are some
   * @throws FsException when the directory cannot be made, locked or written
   */
  public static DiskCache open(
      Path root, long limit, long minFree, long memory, MeterRegistry meters) throws FsException {
    try {
      makePrivate(root);
      for (int slot = 0; slot < MAX_SLOTS; slot++) {
        Path directory = root.resolve(Integer.toString(slot));
        makePrivate(directory);
        FileChannel channel =
            FileChannel.open(
                directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (tryLock(channel)) {
          return new DiskCache(directory, channel, limit, minFree, memory, meters);
        }
        channel.close();
      }
      throw new IOException("all " + MAX_SLOTS + " cache directories are in use");
    } catch (IOException | UncheckedIOException e) {
      throw new FsException(
          Errno.EIO,
          root
              + ": cannot be used as cache directory ("
              + e.getMessage()
              + "); choose another with"
              + " --cache-dir",
          e);
    }
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      FileLock held = channel.tryLock();
      return held != null;
    } catch (OverlappingFileLockException e) {
      return false; // another cache of this process
    }
  }

  private static void makePrivate(Path path) throws IOException {
    Set<java.nio.file.attribute.PosixFilePermission> mode =
        PosixFilePermissions.fromString("rwx------");
    if (!Files.isDirectory(path)) {
      Path parent = path.getParent();
      if (parent != null && !Files.isDirectory(parent)) {
        Files.createDirectories(parent);
      }
      Files.createDirectory(path, PosixFilePermissions.asFileAttribute(mode));
    }
    Files.setPosixFilePermissions(path, mode);
  }

  // ---- reading ----------------------------------------------------------------------------------

  private SegmentKey key(BlobVersion version, int page) {
    return new SegmentKey(digests.get(version, BlobVersion::digest), page / DiskSegment.PAGES);
  }

  private Path file(SegmentKey key) {
    return directory.resolve(key.digest().substring(0, 2)).resolve(key.fileName());
  }

  /** How many pages from this one on are on disk without a gap, at most {@code max}. */
  public int run(BlobVersion version, int firstPage, int max) {
    int count = 0;
    SegmentKey key = null;
    DiskSegment segment = null;
    while (count < max) {
      int page = firstPage + count;
      if (key == null || page % DiskSegment.PAGES == 0) {
        key = key(version, page);
        segment = segments.getIfPresent(key);
      }
      if (segment == null || !segment.has(page % DiskSegment.PAGES)) {
        return count;
      }
      count++;
    }
    return count;
  }

  /**
   * Reads pages.
   *
   * @return how many of them, from the first on, are good; a damaged one is forgotten
   */
  public int load(BlobVersion version, int firstPage, List<Page> targets) {
    int done = 0;
    while (done < targets.size()) {
      int page = firstPage + done;
      SegmentKey key = key(version, page);
      DiskSegment segment = segments.getIfPresent(key);
      if (segment == null) {
        return done;
      }
      int inSegment = Math.min(targets.size() - done, DiskSegment.PAGES - page % DiskSegment.PAGES);
      try (FileChannel channel = FileChannel.open(file(key), StandardOpenOption.READ)) {
        for (int i = 0; i < inSegment; i++) {
          if (!loadPage(channel, segment, version, page + i, targets.get(done))) {
            return done;
          }
          done++;
        }
      } catch (IOException e) {
        forget(key, segment);
        return done;
      }
    }
    return done;
  }

  private boolean loadPage(
      FileChannel channel, DiskSegment segment, BlobVersion version, int page, Page target)
      throws IOException {
    int slot = page % DiskSegment.PAGES;
    int length = segment.length(slot);
    if (length != version.pageLength(page)) {
      return false;
    }
    ByteBuffer view = target.view();
    view.limit(length);
    long at = DiskSegment.DATA_OFFSET + (long) slot * PagePool.PAGE_BYTES;
    while (view.hasRemaining()) {
      int got = channel.read(view, at + view.position());
      if (got < 0) {
        break;
      }
    }
    view.flip();
    if (view.remaining() != length || checksum(view) != segment.checksum(slot)) {
      damaged.increment();
      int before = segment.bytes();
      segment.clear(slot);
      used.addAndGet(segment.bytes() - before);
      LOG.warn("a cached block of {} was damaged and is fetched again", version.blob());
      return false;
    }
    return true;
  }

  private static int checksum(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.duplicate());
    return (int) crc.getValue();
  }

  /** The file went away under us: somebody removed the cache directory. */
  private void forget(SegmentKey key, DiskSegment segment) {
    if (segments.asMap().remove(key, segment)) {
      used.addAndGet(-segment.bytes());
    }
  }

  private void delete(SegmentKey key, DiskSegment segment) {
    used.addAndGet(-segment.bytes());
    try {
      Files.deleteIfExists(file(key));
    } catch (IOException e) {
      LOG.warn("cannot delete {} from the cache: {}", file(key), e.toString());
    }
  }

  // ---- writing ----------------------------------------------------------------------------------

  /** Offers full pages; they are written later, or not at all when too much waits. */
  public void store(BlobVersion version, int firstPage, List<Page> pages) {
    store(version, firstPage, pages, maxQueued);
  }

  /**
   * As {@link #store}, for what was fetched for the cache alone: none is dropped as long as such
   * fetches begin only while there is {@link #hasRoomToQueue} and no more than {@link #queueAhead}
   * bytes are on their way.
   */
  public void storeAhead(BlobVersion version, int firstPage, List<Page> pages) {
    store(version, firstPage, pages, 2 * maxQueued);
  }

  private void store(BlobVersion version, int firstPage, List<Page> pages, long most) {
    long bytes = (long) pages.size() * PagePool.PAGE_BYTES;
    if (closed || queued.get() + bytes > most) {
      dropped.increment(pages.size());
      return;
    }
    List<Page> held = new ArrayList<>(pages.size());
    for (Page page : pages) {
      if (!page.retain()) {
        held.forEach(Page::release);
        return;
      }
      held.add(page);
    }
    queued.addAndGet(bytes);
    queue.add(new Job(Optional.of(version), firstPage, held));
  }

  /** Whether half of the queue is free: work that can wait should wait until it is. */
  public boolean hasRoomToQueue() {
    return queued.get() < maxQueued / 2;
  }

  /** Bytes for the cache alone that may be on their way. */
  public long queueAhead() {
    return maxQueued;
  }

  /** True when nothing waits to be written; for tests and for closing. */
  public boolean isIdle() {
    return queued.get() == 0;
  }

  private void writeJobs() {
    while (true) {
      Job job;
      try {
        job = queue.take();
      } catch (InterruptedException e) {
        return;
      }
      if (job.version().isEmpty()) {
        return;
      }
      try {
        write(job);
      } catch (IOException | RuntimeException e) {
        dropped.increment(job.pages().size());
        restUntil = System.nanoTime() + REST_NANOS;
        if (!complained) {
          complained = true;
          LOG.warn("the disk cache {} cannot be written: {}", directory, e.toString());
        }
      } finally {
        job.pages().forEach(Page::release);
        queued.addAndGet(-(long) job.pages().size() * PagePool.PAGE_BYTES);
      }
    }
  }

  private void write(Job job) throws IOException {
    if (restUntil - System.nanoTime() > 0) {
      dropped.increment(job.pages().size());
      return;
    }
    BlobVersion version = job.version().orElseThrow();
    int done = 0;
    while (done < job.pages().size()) {
      int page = job.firstPage() + done;
      int count = Math.min(job.pages().size() - done, DiskSegment.PAGES - page % DiskSegment.PAGES);
      writeSegment(version, page, job.pages().subList(done, done + count));
      done += count;
    }
  }

  private void writeSegment(BlobVersion version, int firstPage, List<Page> pages)
      throws IOException {
    SegmentKey key = key(version, firstPage);
    DiskSegment known = segments.getIfPresent(key);
    int firstSlot = firstPage % DiskSegment.PAGES;
    if (known != null && allPresent(known, firstSlot, pages.size())) {
      return;
    }
    long need =
        (long) pages.size() * PagePool.PAGE_BYTES + (known == null ? DiskSegment.DATA_OFFSET : 0);
    if (!makeRoom(need)) {
      dropped.increment(pages.size());
      return;
    }
    if (known != null && segments.asMap().get(key) != known) {
      known = null; // making room took this very segment: it begins anew
    }
    DiskSegment segment =
        (known == null ? new DiskSegment(1) : known).withRoom(firstSlot + pages.size());
    int before = known == null ? 0 : known.bytes();
    ByteBuffer table = ByteBuffer.allocate(pages.size() * DiskSegment.SLOT_BYTES);
    try (FileChannel channel = openForWriting(key, known == null)) {
      long at = DiskSegment.DATA_OFFSET + (long) firstSlot * PagePool.PAGE_BYTES;
      ByteBuffer[] views = new ByteBuffer[pages.size()];
      for (int i = 0; i < pages.size(); i++) {
        ByteBuffer view = pages.get(i).view();
        view.limit(version.pageLength(firstPage + i));
        table.putInt(view.remaining()).putInt(checksum(view));
        views[i] = view;
      }
      if ((long) views.length * PagePool.PAGE_BYTES < DIRECT_BYTES
          || !writeDirectly(file(key), at, pages, views[views.length - 1].limit())) {
        write(channel, at, views);
      }
      table.flip();
      long tableAt = DiskSegment.TABLE_OFFSET + (long) firstSlot * DiskSegment.SLOT_BYTES;
      while (table.hasRemaining()) {
        tableAt += channel.write(table, tableAt);
      }
      table.flip();
      for (int i = 0; i < pages.size(); i++) {
        segment.set(firstSlot + i, table.getInt(), table.getInt());
      }
    } catch (IOException e) {
      if (known == null) {
        Files.deleteIfExists(file(key)); // nobody would count it
      }
      throw e;
    }
    used.addAndGet(segment.bytes() - before);
    writtenSinceCheck += need;
    segments.put(key, segment);
    complained = false;
  }

  private static void write(FileChannel channel, long at, ByteBuffer[] views) throws IOException {
    long left = 0;
    for (ByteBuffer view : views) {
      left += view.remaining();
    }
    channel.position(at);
    while (left > 0) {
      left -= channel.write(views);
    }
  }

  /**
   * Writes whole pages past the kernel's page cache: the reader has the bytes in his own pages
   * there, and a second copy costs as much processor time as to send them.
   *
   * @param used of the last page
   * @return false when this file system cannot do that
   */
  private boolean writeDirectly(Path file, long at, List<Page> pages, int used) throws IOException {
    if (!direct) {
      return false;
    }
    // only whole blocks can be written, and nobody reads behind the end of a blob
    ByteBuffer last = pages.get(pages.size() - 1).span(used, PagePool.PAGE_BYTES - used);
    while (last.hasRemaining()) {
      last.put((byte) 0);
    }
    List<ByteBuffer> runs = new ArrayList<>();
    int first = 0;
    for (int i = 1; i <= pages.size(); i++) {
      if (i == pages.size() || !pages.get(i - 1).isFollowedBy(pages.get(i))) {
        runs.add(pages.get(first).span(0, (i - first) * PagePool.PAGE_BYTES));
        first = i;
      }
    }
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.WRITE, ExtendedOpenOption.DIRECT)) {
      write(channel, at, runs.toArray(ByteBuffer[]::new));
      return true;
    } catch (UnsupportedOperationException | IOException e) {
      // file systems refuse in many ways; where the disk itself is at fault the other way says so
      LOG.info("the disk cache {} is written through the page cache: {}", directory, e.toString());
      direct = false;
      return false;
    }
  }

  private static boolean allPresent(DiskSegment segment, int firstSlot, int count) {
    for (int i = 0; i < count; i++) {
      if (!segment.has(firstSlot + i)) {
        return false;
      }
    }
    return true;
  }

  private FileChannel openForWriting(SegmentKey key, boolean fresh) throws IOException {
    Path file = file(key);
    Set<StandardOpenOption> how =
        fresh
            ? Set.of(
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE)
            : Set.of(StandardOpenOption.WRITE);
    FileChannel channel;
    try {
      channel = FileChannel.open(file, how);
    } catch (NoSuchFileException e) {
      if (!fresh) {
        segments.asMap().remove(key);
        throw e;
      }
      makePrivate(directory.getParent());
      makePrivate(directory);
      makePrivate(file.getParent());
      channel = FileChannel.open(file, how);
    }
    if (fresh) {
      ByteBuffer header = ByteBuffer.allocate(16);
      header.putLong(MAGIC).putInt(PagePool.PAGE_BYTES).putInt(DiskSegment.PAGES).flip();
      while (header.hasRemaining()) {
        channel.write(header, header.position());
      }
    }
    return channel;
  }

  /** Looks at both limits before bytes are written; evicts the coldest segments when it must. */
  private boolean makeRoom(long need) throws IOException {
    if (need > limit / 2) {
      return false;
    }
    if (used.get() + need > limit) {
      evict(used.get() + need - limit);
      if (used.get() + need > limit) {
        return false;
      }
    }
    if (minFree <= 0) {
      return true;
    }
    long now = System.nanoTime();
    if (freeChecked == 0
        || now - freeChecked > FREE_CHECK_NANOS
        || writtenSinceCheck > FREE_CHECK_BYTES) {
      askFree(now);
    }
    if (freeBytes - writtenSinceCheck - need < minFree) {
      evict(minFree + need - (freeBytes - writtenSinceCheck));
      askFree(now);
    }
    return freeBytes - need >= minFree;
  }

  private void askFree(long now) throws IOException {
    Path where = Files.isDirectory(directory) ? directory : directory.getRoot();
    freeBytes = Files.getFileStore(where).getUsableSpace();
    freeChecked = now;
    writtenSinceCheck = 0;
  }

  private void evict(long bytes) {
    segments
        .policy()
        .eviction()
        .ifPresent(
            eviction -> {
              long freed = 0;
              for (SegmentKey key : eviction.coldestWeighted(bytes + 1).keySet()) {
                DiskSegment segment = segments.asMap().remove(key);
                if (segment != null) {
                  freed += segment.bytes();
                  delete(key, segment);
                }
                if (freed >= bytes) {
                  break;
                }
              }
            });
  }

  // ---- restart ----------------------------------------------------------------------------------

  /** Takes over what an earlier process left; whatever is no segment of ours is deleted. */
  private void scan() {
    try (Stream<Path> fans = Files.list(directory)) {
      for (Path fan : fans.filter(Files::isDirectory).toList()) {
        try (Stream<Path> files = Files.list(fan)) {
          for (Path file : files.toList()) {
            adopt(file);
          }
        }
      }
    } catch (IOException | UncheckedIOException e) {
      LOG.warn("the disk cache {} cannot be listed: {}", directory, e.toString());
    }
  }

  private void adopt(Path file) throws IOException {
    String name = String.valueOf(file.getFileName());
    Optional<SegmentKey> key = parseName(name);
    ByteBuffer head = ByteBuffer.allocate(DiskSegment.DATA_OFFSET);
    if (key.isPresent()) {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
        int got = 0;
        while (head.hasRemaining() && got >= 0) {
          got = channel.read(head);
        }
      }
    }
    head.flip();
    if (head.remaining() < DiskSegment.TABLE_OFFSET + DiskSegment.SLOT_BYTES
        || head.getLong() != MAGIC
        || head.getInt() != PagePool.PAGE_BYTES
        || head.getInt() != DiskSegment.PAGES) {
      Files.deleteIfExists(file);
      return;
    }
    head.position(DiskSegment.TABLE_OFFSET);
    DiskSegment segment = DiskSegment.parse(head);
    used.addAndGet(segment.bytes());
    segments.put(key.orElseThrow(), segment);
  }

  private static Optional<SegmentKey> parseName(String name) {
    int dash = name.lastIndexOf('-');
    if (dash != 64) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new SegmentKey(name.substring(0, dash), Integer.parseInt(name.substring(dash + 1))));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** Bytes on disk now. */
  public long usedBytes() {
    return used.get();
  }

  /** The directory that this process has locked, for tests. */
  Path directory() {
    return directory;
  }

  /** Writes what waits and lets the directory go. */
  @Override
  public void close() {
    closed = true;
    queue.add(new Job(Optional.empty(), 0, List.of()));
    try {
      writer.join(TimeUnit.SECONDS.toMillis(10));
      lock.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      LOG.warn("the lock of {} cannot be closed: {}", directory, e.toString());
    }
  }
}
