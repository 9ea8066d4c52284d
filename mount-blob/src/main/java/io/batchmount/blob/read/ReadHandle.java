package io.batchmount.blob.read;

import io.batchmount.blob.cache.BlobVersion;
import io.batchmount.blob.cache.PagePool;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.core.AttributeChange;
import io.batchmount.core.Errno;
import io.batchmount.core.FileAttributes;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FsException;
import io.batchmount.core.HeldBytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A blob that is open for reading: one version, from the open on. The version may still be
 * exchanged for a newer one before the first byte was read, because nobody can have seen the old
 * one. Thread-safe.
 */
final class ReadHandle implements FileHandle {
  /** A file of at most this size is fetched whole wherever it is read: not dearer than a part. */
  private static final int TINY = 256 << 10;

  /** Window of a stream when it turns out to be one: twice what was read, at least this. */
  private static final long FIRST_WINDOW = 512L << 10;

  /** After so many bytes in a row the window grows faster: the stream will go on. */
  private static final long SURE = 1L << 20;

  /**
   * Requests of the windows of all streams together. Of 90 MiB (35 % of 256 MiB) each is 4.5 MiB
   * then: at 20 ms and 60 MB/s a connection it takes 95 ms, and 20 at once carry 990 MB/s. Twelve
   * of 7.5 MiB would take 150 ms and carry no more than 630 MB/s, because what they hold is not
   * free before all of it was read.
   */
  private static final int CHUNKS = 20;

  /** Requests of one window at least, however many streams there are. */
  private static final int MIN_CHUNKS = 4;

  /** How much a demanded request of a sequential stream brings besides what was asked. */
  private static final long DEMAND_AHEAD = 2L << 20;

  /** What is brought with each request when a blob is kept for its readers. */
  private static final long PRESERVE_STEP = 8L << 20;

  /** Smallest request of read-ahead. */
  private static final long MIN_CHUNK = 512L << 10;

  private record Pinned(
      BlobVersion version, BlobProperties properties, FileAttributes attributes) {}

  private final ReadEngine engine;
  private final boolean direct;
  private final boolean unchanged;
  private final StreamTracker tracker = new StreamTracker();
  private final Locality locality = new Locality(); // guarded by tracker
  private volatile String path;
  private volatile Pinned pinned;
  private volatile Optional<Spill> spill = Optional.empty();
  private volatile boolean anyRead;
  private boolean closed; // guarded by tracker

  ReadHandle(
      ReadEngine engine,
      String path,
      BlobVersion version,
      BlobProperties properties,
      FileAttributes attributes,
      boolean direct,
      boolean unchanged) {
    this.engine = engine;
    this.path = path;
    this.direct = direct;
    this.unchanged = unchanged;
    this.pinned = new Pinned(version, properties, attributes);
  }

  @Override
  public FileAttributes attributes() {
    return pinned.attributes();
  }

  @Override
  public int read(ByteBuffer target, long offset) throws FsException {
    Pinned now = pinned;
    if (spill.isPresent()) {
      return readSpilled(spill.get(), target, offset);
    }
    try {
      int count = read(now, target, offset);
      anyRead = true;
      return count;
    } catch (FsException e) {
      if (e.errno() == Errno.ESTALE && !pinned.version().equals(now.version())) {
        return read(target, offset); // renamed meanwhile
      }
      if (e.errno() == Errno.ESTALE && spill.isPresent()) {
        return readSpilled(spill.get(), target, offset); // deleted meanwhile
      }
      if (e.errno() != Errno.ESTALE || anyRead) {
        throw e;
      }
      Optional<BlobProperties> newer = engine.current(path);
      if (newer.isEmpty() || newer.get().etag().equals(now.version().etag())) {
        throw e;
      }
      Pinned next =
          new Pinned(
              engine.version(newer.get()),
              newer.get(),
              now.attributes().withSize(newer.get().size()).withMtime(newer.get().lastModified()));
      pinned = next;
      int count = read(next, target, offset);
      anyRead = true;
      return count;
    }
  }

  @Override
  public Optional<HeldBytes> readHeld(long offset, int most) throws FsException {
    Pinned now = pinned;
    if (spill.isPresent()) {
      return Optional.empty();
    }
    HeldPages held = new HeldPages();
    boolean done = false;
    try {
      long size = now.version().size();
      if (offset < size && most > 0) {
        ReadEngine.Plan plan = plan(now, offset, Math.min(offset + most, size));
        engine.read(now.version(), Optional.of(now.properties()), offset, most, plan, held);
      }
      anyRead = true;
      done = true;
      return Optional.of(held);
    } catch (FsException e) {
      if (e.errno() == Errno.ESTALE) {
        return Optional.empty(); // the other way knows what to do
      }
      throw e;
    } finally {
      if (!done) {
        held.close();
      }
    }
  }

  private int readSpilled(Spill kept, ByteBuffer target, long offset) throws FsException {
    try {
      return kept.read(target, offset);
    } catch (IOException e) {
      throw new FsException(Errno.EIO, path + ": " + e.getMessage(), e);
    }
  }

  /** Brings the content here, for all these handles of one path, before it is deleted. */
  void preserve(List<ReadHandle> all) throws IOException {
    Pinned now = pinned;
    Spill kept =
        Spill.of(
            (target, offset) ->
                engine.read(
                    now.version(),
                    Optional.of(now.properties()),
                    target,
                    offset,
                    new ReadEngine.Plan(1, PRESERVE_STEP, 1)),
            now.version().size());
    kept.retain();
    try {
      for (ReadHandle handle : all) {
        synchronized (handle.tracker) {
          if (!handle.closed
              && handle.spill.isEmpty()
              && handle.pinned.version().equals(now.version())) {
            kept.retain();
            handle.spill = Optional.of(kept);
            handle.anyRead = true;
          }
        }
      }
    } finally {
      kept.release();
    }
  }

  /** The file has another name now; its copy there has the same bytes. */
  void follow(String newPath, BlobProperties blob) {
    synchronized (tracker) {
      if (closed || spill.isPresent() || blob.size() != pinned.version().size()) {
        return;
      }
      engine.handles().remove(path, this);
      path = newPath;
      pinned = new Pinned(engine.version(blob), blob, pinned.attributes());
      engine.handles().add(newPath, this);
    }
  }

  private int read(Pinned now, ByteBuffer target, long offset) throws FsException {
    long size = now.version().size();
    if (offset >= size || !target.hasRemaining()) {
      return 0;
    }
    long end = Math.min(offset + target.remaining(), size);
    ReadEngine.Plan plan = plan(now, offset, end);
    return engine.read(now.version(), Optional.of(now.properties()), target, offset, plan);
  }

  /** Decides what to fetch with this read, and asks for what comes after it. */
  private ReadEngine.Plan plan(Pinned now, long offset, long end) {
    long size = now.version().size();
    boolean fresh;
    List<Fetch> dropped = new ArrayList<>();
    ReadEngine.Plan plan;
    boolean random;
    synchronized (tracker) {
      if (closed) {
        return ReadEngine.Plan.EXACT;
      }
      StreamTracker.Match match = tracker.match(offset, end);
      Stream stream = match.stream();
      fresh = match.fresh();
      match.dropped().ifPresent(old -> endStream(old, dropped));
      random = !stream.isSequential() && offset != 0;
      if (offset == 0 && size <= engine.options().blockSize()) {
        stream.planned(size);
        plan = new ReadEngine.Plan(1, size, ReadEngine.Plan.SEQUENTIAL.fromDisk());
      } else if (size <= TINY) {
        plan = new ReadEngine.Plan(now.version().pages(), 0, now.version().pages());
      } else if (stream.isSequential()) {
        readAhead(now, stream, offset, dropped);
        // what is missing although it was asked for ahead found no memory: a demanded request gets
        // some, and should not be a small one
        plan =
            new ReadEngine.Plan(
                1, Math.min(stream.window(), DEMAND_AHEAD), ReadEngine.Plan.SEQUENTIAL.fromDisk());
      } else {
        if (random) {
          locality.read(offset);
        }
        plan = new ReadEngine.Plan(random ? locality.unitPages() : 1, 0, 1);
      }
    }
    dropped.forEach(engine::drop);
    if (offset == 0 && fresh) {
      engine.siblings().begun(path, now.properties());
      engine.dataset().opened(path);
    }
    if (random) {
      engine.dataset().randomRead(path, now.version(), now.properties(), offset);
    }
    return plan;
  }

  /** Keeps the window behind a sequential stream full. */
  private void readAhead(Pinned now, Stream stream, long offset, List<Fetch> dropped) {
    BlobVersion version = now.version();
    long size = version.size();
    long max = engine.maxWindow();
    boolean waits = !engine.isReady(version, (int) (offset / PagePool.PAGE_BYTES));
    stream.grow(Math.max(FIRST_WINDOW, 2 * stream.runBytes()), max, waits, SURE, engine.meters());
    int chunks = Math.max(MIN_CHUNKS, CHUNKS / engine.meters().streams());
    long chunk =
        Math.max(MIN_CHUNK, Math.min(engine.options().blockSize(), stream.window() / chunks));
    int chunkPages = (int) (chunk / PagePool.PAGE_BYTES);
    long until = Math.min(size, stream.next() + stream.window());
    while (stream.planned() < until) {
      long room = until - stream.planned();
      if (room < chunk && until < size) {
        break; // a whole request fits after some more reads
      }
      int page = (int) ((stream.planned() + PagePool.PAGE_BYTES - 1) / PagePool.PAGE_BYTES);
      if (page >= version.pages()) {
        stream.planned(size);
        break;
      }
      if (engine.isKnownPage(version, page)) {
        stream.planned((page + 1L) * PagePool.PAGE_BYTES);
        continue;
      }
      int want = Math.min(chunkPages, version.pages() - page);
      int onDisk = engine.onDisk(version, page, want);
      if (onDisk > 0) {
        stream.planned((long) (page + onDisk) * PagePool.PAGE_BYTES);
        continue;
      }
      Optional<Fetch> fetch =
          engine.fetchAhead(
              version, Optional.of(now.properties()), page, want, ReadMeters.Cause.AHEAD, true);
      if (fetch.isEmpty()) {
        break; // no memory now: the next read tries again
      }
      stream.ahead().addLast(fetch.get());
      stream.planned((long) (page + fetch.get().count()) * PagePool.PAGE_BYTES);
    }
    while (!stream.ahead().isEmpty()
        && stream.ahead().peekFirst().end() <= stream.next() - StreamTracker.BACK) {
      dropped.add(stream.ahead().removeFirst());
    }
  }

  private void endStream(Stream stream, List<Fetch> dropped) {
    dropped.addAll(stream.ahead());
    stream.ahead().clear();
    stream.ended(engine.meters());
  }

  @Override
  public int write(ByteBuffer source, long offset) throws FsException {
    throw readOnly();
  }

  @Override
  public void truncate(long size) throws FsException {
    throw new FsException(Errno.EINVAL, path + ": not open for writing");
  }

  @Override
  public void setAttributes(AttributeChange change) throws FsException {
    engine.setAttributes(path, change);
  }

  private FsException readOnly() {
    return new FsException(Errno.EBADF, path + ": not open for writing");
  }

  @Override
  public void flush() {}

  @Override
  public void fsync(boolean dataOnly) {}

  /** The binding keeps pages and sizes of different versions apart by it. */
  @Override
  public Optional<String> version() {
    return Optional.of(pinned.version().etag());
  }

  @Override
  public boolean keepsPageCache() {
    return unchanged && !direct;
  }

  @Override
  public boolean wantsDirectIo() {
    return false;
  }

  @Override
  public void close() {
    List<Fetch> dropped = new ArrayList<>();
    synchronized (tracker) {
      if (closed) {
        return;
      }
      closed = true;
      engine.handles().remove(path, this);
      spill.ifPresent(Spill::release);
      for (Stream stream : tracker.all()) {
        endStream(stream, dropped);
      }
      tracker.clear();
    }
    dropped.forEach(engine::drop);
  }
}
