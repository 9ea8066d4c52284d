package io.batchmount.files.write;

import io.batchmount.core.AttributeChange;
import io.batchmount.core.Errno;
import io.batchmount.core.FileAttributes;
import io.batchmount.core.FileType;
import io.batchmount.core.FsException;
import io.batchmount.core.OperationContext;
import io.batchmount.core.journal.JournalEntry;
import io.batchmount.files.attributes.Entry;
import io.batchmount.files.attributes.GrowthMark;
import io.batchmount.files.attributes.PosixMetadata;
import io.batchmount.files.store.ServiceCode;
import io.batchmount.files.store.ShareStore;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One file that is open, or whose bytes are still on their way. All handles of a name share it.
 *
 * <p>Two locks. {@code io}: one flush, truncation, rename or change of attributes at a time; held
 * over requests. {@code state}: the fields; never held over a request. {@code io} is taken first.
 * Writers take {@code state} alone, so a slow service does not stop them until {@link
 * #MAX_UNFLUSHED} bytes wait.
 */
public final class OpenFile {
  /** As many bytes waiting start a flush before its time: one full range. */
  static final long FLUSH_BYTES = ShareStore.MAX_RANGE_BYTES;

  /**
   * As many bytes of one file waiting stop its writers until a flush took them: eight ranges keep
   * parallel connections busy. They lie in the journal, so they take disk and no memory.
   */
  static final long MAX_UNFLUSHED = 8L * ShareStore.MAX_RANGE_BYTES;

  private static final Duration FIRST_RETRY = Duration.ofMillis(500);
  private static final Duration LAST_RETRY = Duration.ofSeconds(5);
  private static final long POLL_MILLIS = 50; // how often a waiter looks for interruption
  private static final Logger LOG = LoggerFactory.getLogger(OpenFile.class);

  private final WriteSupport support;
  private final ReentrantLock io = new ReentrantLock(true);
  private final ReentrantLock state = new ReentrantLock();
  private final Condition changed = state.newCondition();
  private final WriterLease lease;

  // guarded by state
  private String path;
  private String stored;
  private boolean unlinked;
  private Optional<Creation> creation;
  private Version version;
  private PosixMetadata posix;
  private long size;
  private Instant changedAt;
  private Optional<Buffer> active = Optional.empty();
  private Optional<Buffer> flushing = Optional.empty();
  private boolean resizing;
  private boolean flushPlanned;

  /**
   * Whether the service confirmed the identity; a cached look-up may be of a file replaced since.
   */
  private boolean confirmed;

  private Optional<FsException> failure = Optional.empty();
  private Duration retryDelay = FIRST_RETRY;

  // changed under io
  private volatile Optional<Placement> placement = Optional.empty();

  private volatile boolean finished;

  // guarded by the lock of the table
  private int handles;

  private volatile long lastFlushNanos = System.nanoTime();

  /** A new file made under a hidden name and perhaps put in place: what a repeat has to know. */
  private record Placement(String hidden, String fileId) {}

  private final long inode;
  private final ReadAhead readAhead;
  private volatile long confirmedNanos;

  private OpenFile(
      WriteSupport support, String path, Optional<Creation> creation, Version version) {
    this.support = support;
    this.path = path;
    this.stored = support.names().toStored(path);
    this.creation = creation;
    this.version = version;
    this.posix = creation.map(Creation::posix).orElse(PosixMetadata.NONE);
    this.size = version.visible();
    this.changedAt = version.lastWriteTime();
    this.lease = new WriterLease(support.store());
    this.readAhead = new ReadAhead(support.store(), support.budget(), support.reads());
    this.confirmedNanos = System.nanoTime() - ReadAhead.FRESH_NANOS;
    this.inode =
        version.fileId().isEmpty()
            ? support.inodes().fresh()
            : support.inodes().of(version.fileId());
  }

  /** A file that the service has. */
  public static OpenFile of(WriteSupport support, String path, Entry entry) {
    OpenFile file = new OpenFile(support, path, Optional.empty(), Version.of(entry.item()));
    file.posix = entry.posix();
    file.changedAt = entry.mtime();
    return file;
  }

  /** A file that will be made with its first flush; the flush is planned. */
  public static OpenFile pending(WriteSupport support, String path, PosixMetadata posix) {
    Instant now = Instant.now();
    OpenFile file =
        new OpenFile(
            support,
            path,
            Optional.of(new Creation(posix, Optional.empty())),
            new Version("", "", 0, 0, now, now));
    file.state.lock();
    try {
      file.planFlush(support.options().flushInterval());
    } finally {
      file.state.unlock();
    }
    return file;
  }

  /** Makes an empty file now, atomically: EEXIST when the name is taken. */
  public static OpenFile createExclusively(WriteSupport support, String path, PosixMetadata posix)
      throws FsException {
    OpenFile file =
        new OpenFile(
            support,
            path,
            Optional.of(new Creation(posix, Optional.empty())),
            new Version("", "", 0, 0, Instant.now(), Instant.now()));
    file.io.lock();
    try {
      file.placeNew(Optional.empty(), 0, true);
    } finally {
      file.io.unlock();
    }
    return file;
  }

  // ---- handles; guarded by the table's lock -----------------------------------------------------

  void addHandle() {
    handles++;
  }

  int dropHandle() {
    return --handles;
  }

  int handles() {
    return handles;
  }

  // ---- what it is -------------------------------------------------------------------------------

  public String path() {
    return locked(() -> path);
  }

  public boolean isUnlinked() {
    return locked(() -> unlinked);
  }

  /** Whether the file is promised and not yet made. */
  public boolean isPending() {
    return locked(() -> creation.isPresent());
  }

  /**
   * Whether this mount knows better than the service what the file is: it has bytes that are not
   * there yet, or holds the lease under which nobody else writes.
   */
  public boolean isLocal() {
    return locked(this::local);
  }

  /** Bytes that wait. */
  public long unsavedBytes() {
    return locked(
        () ->
            active.map(b -> b.entry().dirtyBytes()).orElse(0L)
                + flushing.map(b -> b.entry().dirtyBytes()).orElse(0L));
  }

  /** Whether anything waits: bytes, or the making of the file. */
  public boolean isUnsaved() {
    return locked(
        () ->
            failure.isEmpty()
                && !(unlinked && creation.isPresent())
                && (creation.isPresent() || active.isPresent() || flushing.isPresent()));
  }

  public Optional<FsException> failure() {
    return locked(() -> failure);
  }

  /** {@code fstat(2)} by what is known here. */
  public FileAttributes attributes() {
    return locked(
        () -> {
          Entry.Defaults defaults = support.defaults();
          PosixMetadata meta = creation.map(Creation::posix).orElse(posix);
          Instant mtime = creation.flatMap(Creation::mtime).orElse(changedAt);
          Instant ctime =
              changedAt.isAfter(version.changeTime()) ? changedAt : version.changeTime();
          return new FileAttributes(
              FileType.REGULAR,
              size,
              meta.mode().orElse(defaults.fileMode()),
              meta.uid().orElse(defaults.uid()),
              meta.gid().orElse(defaults.gid()),
              mtime,
              ctime,
              mtime,
              inode,
              1);
        });
  }

  public PosixMetadata posix() {
    return locked(() -> creation.map(Creation::posix).orElse(posix));
  }

  /**
   * Takes over what a look-up found, unless this mount knows better.
   *
   * @return false when the name now belongs to another file
   */
  public boolean adopt(Entry entry) {
    return locked(
        () -> {
          if (local()) {
            return true;
          }
          if (!entry.item().fileId().equals(version.fileId()) && confirmed) {
            return false;
          }
          version = Version.of(entry.item());
          posix = entry.posix();
          size = version.visible();
          changedAt = entry.mtime();
          return true;
        });
  }

  // ---- writing ----------------------------------------------------------------------------------

  /** Takes all of the buffer; blocks while too much waits. */
  public int write(ByteBuffer source, long offset, boolean append) throws FsException {
    int count = source.remaining();
    state.lock();
    try {
      awaitRoom();
      long at = append ? size : offset;
      if (at + count > ShareStore.MAX_FILE_BYTES) {
        throw new FsException(Errno.EFBIG, path + ": a share holds files of at most 4 TiB");
      }
      if (count == 0) {
        return 0;
      }
      if (active.isEmpty()) {
        active = Optional.of(new Buffer(beginEntry(), size));
      }
      Buffer buffer = active.get();
      buffer.write(source, at, append && at == size);
      size = Math.max(size, at + count);
      changedAt = Instant.now();
      creation = creation.map(Creation::written);
      planFlush(
          buffer.entry().dirtyBytes() >= FLUSH_BYTES
              ? Duration.ZERO
              : support.options().flushInterval());
      return count;
    } finally {
      state.unlock();
    }
  }

  /** Returns when everything written before the call is in the service. */
  public void flush() throws FsException {
    lockIo();
    try {
      flushHeld();
    } finally {
      io.unlock();
    }
  }

  private void flushHeld() throws FsException {
    // a buffer that an earlier flush could not send, then what was written up to now
    for (int round = 0; round < 2; round++) {
      Optional<Buffer> buffer;
      long end;
      boolean more;
      state.lock();
      try {
        throwIfFailed();
        boolean leftOver = flushing.isPresent();
        if (!leftOver) {
          flushing = active;
          active = Optional.empty();
          changed.signalAll();
        }
        buffer = flushing;
        more = leftOver && active.isPresent();
        end = more ? Math.max(version.visible(), buffer.get().entry().dirty().end()) : size;
        if (buffer.isEmpty() && (creation.isEmpty() || unlinked)) {
          return;
        }
      } finally {
        state.unlock();
      }
      send(buffer, end);
      state.lock();
      try {
        flushing = Optional.empty();
        retryDelay = FIRST_RETRY;
        changed.signalAll();
      } finally {
        state.unlock();
      }
      if (buffer.isPresent()) {
        buffer.get().entry().complete();
      }
      lastFlushNanos = System.nanoTime();
      planLeaseCheck();
      if (!more) {
        return;
      }
    }
  }

  private void send(Optional<Buffer> buffer, long end) throws FsException {
    try (var change = support.catalog().cache().change(path())) {
      if (isPending()) {
        placeNew(buffer, end, false);
      } else if (buffer.isPresent()) {
        new RangeSender(support, this).sendStored(buffer.get(), end);
      }
    } catch (FsException e) {
      if (!ServiceCode.isTransient(e)) {
        throw fail(e);
      }
      planRetry();
      throw e;
    } catch (RuntimeException e) {
      throw fail(new FsException(Errno.EIO, path() + ": could not be saved", e));
    }
  }

  /**
   * Makes the file under a hidden name, with all its bytes, and puts it in place without replacing
   * anything: the only atomic way that the service has.
   */
  private void placeNew(Optional<Buffer> buffer, long end, boolean exclusive) throws FsException {
    Creation wanted = locked(() -> creation.orElseThrow());
    String target = stored();
    if (isUnlinked()) {
      target = support.hidden().newPath(); // nobody will look for it: no rename is needed
    }
    support.space().reserve(end);
    if (placement.isPresent() && isPlaced(target)) {
      return; // an earlier attempt succeeded and its answer was lost
    }
    String hidden = isUnlinked() ? target : support.hidden().newPath();
    var made = support.hidden().create(hidden, end, wanted.toNewItem(path()));
    placement = Optional.of(new Placement(hidden, made.fileId().orElse("")));
    noteFacts(); // so that recovery knows the file again when the process dies after the rename
    Version fresh =
        new Version(
            made.fileId().orElse(""),
            made.etag(),
            end,
            end,
            made.lastWriteTime().orElseGet(Instant::now),
            Instant.now());
    if (buffer.isPresent()) {
      var last =
          new RangeSender(support, this)
              .putAll(hidden, buffer.get(), false, wanted.mtime().isPresent(), Optional.empty());
      if (last.isPresent()) {
        fresh = fresh.after(last.get(), end);
      }
    }
    if (!target.equals(hidden)) {
      try (var change = support.catalog().cache().change(path())) { // also for exclusive creation
        var put =
            support.store().renameFile(hidden, target, false, Optional.empty(), Optional.empty());
        fresh = fresh.after(put, end);
        change.present(path());
      } catch (FsException e) {
        Optional<Version> taken = afterFailedPlacement(e, target, exclusive, buffer, hidden);
        if (taken.isEmpty()) {
          return;
        }
        fresh = taken.get();
      }
    }
    placement = Optional.empty();
    support.inodes().keep(fresh.fileId(), inode);
    Version result = fresh;
    String where = target;
    locked(
        () -> {
          version = result;
          stored = where;
          posix = wanted.posix();
          creation = Optional.empty();
          if (active.isEmpty()) {
            changedAt = result.lastWriteTime();
          }
          return null;
        });
    noteFacts(); // what was written meanwhile belongs to a file that exists now
  }

  private boolean isPlaced(String target) throws FsException {
    Placement earlier = placement.orElseThrow();
    placement = Optional.empty();
    try {
      Entry there = support.catalog().properties(target, false);
      if (there.item().fileId().equals(earlier.fileId)) {
        support.inodes().keep(earlier.fileId, inode);
        locked(
            () -> {
              version = Version.of(there.item());
              posix = there.posix();
              creation = Optional.empty();
              return null;
            });
        return true;
      }
    } catch (FsException e) {
      if (!ServiceCode.isAbsent(e)) {
        placement = Optional.of(earlier);
        throw e;
      }
    }
    support.hidden().discard(earlier.hidden, Optional.empty());
    return false;
  }

  /**
   * The rename into place failed. It may have happened all the same (the answer was lost), or the
   * name was taken by somebody else meanwhile.
   *
   * @return the version in place, or empty when the bytes were sent to the file of somebody else
   */
  private Optional<Version> afterFailedPlacement(
      FsException e, String target, boolean exclusive, Optional<Buffer> buffer, String hidden)
      throws FsException {
    boolean taken = ServiceCode.is(e, ServiceCode.RESOURCE_ALREADY_EXISTS);
    if (!taken && !ServiceCode.is(e, ServiceCode.RESOURCE_NOT_FOUND)) {
      if (!ServiceCode.isTransient(e)) {
        support.hidden().discard(hidden, Optional.empty());
        placement = Optional.empty();
      }
      throw e;
    }
    Entry there;
    try {
      there = support.catalog().properties(target, false);
    } catch (FsException notAFile) {
      if (taken) {
        support.hidden().discard(hidden, Optional.empty());
        throw new FsException(Errno.EEXIST, path() + ": the name was taken meanwhile", notAFile);
      }
      throw e;
    }
    if (there.item().fileId().equals(placement.map(Placement::fileId).orElse(""))) {
      return Optional.of(Version.of(there.item())); // it was ours: only the answer was lost
    }
    support.hidden().discard(hidden, Optional.empty());
    placement = Optional.empty();
    if (exclusive) {
      throw e;
    }
    return joinExisting(there, buffer);
  }

  /** Somebody else made the file first: append to it, or leave it alone. */
  private Optional<Version> joinExisting(Entry there, Optional<Buffer> buffer) throws FsException {
    boolean movable =
        locked(
            () ->
                buffer.map(Buffer::isAppendOnly).orElse(true)
                    && active.map(Buffer::isAppendOnly).orElse(true));
    if (!movable && there.size() > 0) {
      throw conflict();
    }
    Version theirs = Version.of(there.item());
    if (there.size() > 0) {
      rebase(theirs.visible());
    }
    locked(
        () -> {
          version = theirs;
          posix = there.posix();
          creation = Optional.empty();
          if (buffer.isEmpty() && active.isEmpty()) {
            size = theirs.visible();
          }
          return null;
        });
    if (buffer.isPresent()) {
      new RangeSender(support, this).sendStored(buffer.get(), buffer.get().entry().dirty().end());
    }
    return Optional.empty();
  }

  /** Moves appended bytes behind what another writer put there meanwhile. */
  void rebase(long newBase) throws FsException {
    state.lock();
    try {
      long delta = newBase - flushing.or(() -> active).map(Buffer::base).orElse(newBase);
      if (flushing.isPresent()) {
        flushing.get().move(delta, beginEntry());
      }
      if (active.isPresent()) {
        active.get().move(delta, beginEntry());
      }
      size += delta;
    } finally {
      state.unlock();
    }
  }

  /** Whether everything that waits was appended, so that it may move. */
  boolean isMovable() {
    return locked(
        () ->
            flushing.map(Buffer::isAppendOnly).orElse(true)
                && active.map(Buffer::isAppendOnly).orElse(true));
  }

  FsException conflict() {
    return new FsException(
        Errno.ESTALE,
        path()
            + ": changed by another writer; what was written here is kept in the journal (batchmount"
            + " recover)");
  }

  // ---- truncation -------------------------------------------------------------------------------

  /** {@code ftruncate(2)}; returns when the service has done it. */
  public void truncate(long newSize) throws FsException {
    lockIo();
    try {
      state.lock();
      try {
        throwIfFailed();
        if (creation.isPresent() && flushing.isEmpty()) {
          if (active.isPresent()) {
            active.get().entry().truncate(newSize);
          }
          size = newSize;
          changedAt = Instant.now();
          creation = creation.map(Creation::written);
          return;
        }
        resizing = true; // writers wait, so that order is kept
      } finally {
        state.unlock();
      }
      try (var change = support.catalog().cache().change(path())) {
        flushHeld();
        new RangeSender(support, this).resize(newSize);
        lastFlushNanos = System.nanoTime();
        planLeaseCheck();
      } finally {
        state.lock();
        try {
          resizing = false;
          changed.signalAll();
        } finally {
          state.unlock();
        }
      }
    } finally {
      io.unlock();
    }
  }

  // ---- attributes -------------------------------------------------------------------------------

  /** {@code fchmod}, {@code fchown}, {@code futimens}. */
  public void setAttributes(AttributeChange change) throws FsException {
    if (locked(
        () -> {
          if (creation.isPresent() && flushing.isEmpty() && !io.isLocked()) {
            creation = creation.map(c -> c.with(change));
            return true;
          }
          return false;
        })) {
      return;
    }
    lockIo();
    try {
      if (isPending()) {
        locked(
            () -> {
              creation = creation.map(c -> c.with(change));
              return null;
            });
        return;
      }
      if (change.mtime().isPresent()) {
        flushHeld(); // or the flush to come would set the time anew
      }
      changePosix(writer -> writer.change(path(), stored(), false, change, lease.id()));
    } finally {
      io.unlock();
    }
  }

  /** Changes the metadata of the file as a function says. */
  public void setPosix(PosixChange change) throws FsException {
    lockIo();
    try {
      if (isPending()) {
        PosixMetadata replaced = change.apply(posix());
        replaced.toMetadata(path()); // ENOSPC now and not at the flush
        locked(
            () -> {
              creation = creation.map(c -> c.withPosix(replaced));
              return null;
            });
        return;
      }
      changePosix(writer -> writer.changePosix(path(), stored(), false, change, lease.id()));
    } finally {
      io.unlock();
    }
  }

  /** A change of metadata; refused with an {@link FsException}. */
  @FunctionalInterface
  public interface PosixChange {
    PosixMetadata apply(PosixMetadata old) throws FsException;
  }

  private interface AttributeStep {
    Entry run(AttributeWriter writer) throws FsException;
  }

  private void changePosix(AttributeStep step) throws FsException {
    Entry after;
    try (var running = support.catalog().cache().change(path())) {
      after = step.run(new AttributeWriter(support.store(), support.catalog()));
    }
    locked(
        () -> {
          if (after.item().fileId().equals(version.fileId())) {
            Version now = Version.of(after.item());
            version =
                local()
                    ? new Version(
                        version.fileId(),
                        now.etag(),
                        version.visible(),
                        version.physical(),
                        now.lastWriteTime(),
                        now.changeTime())
                    : now;
            posix = after.posix();
            if (active.isEmpty() && flushing.isEmpty()) {
              changedAt = after.mtime();
            }
          }
          return null;
        });
  }

  // ---- names ------------------------------------------------------------------------------------

  /** Stops flushes while the name changes; end with {@link #unlockName}. */
  public void lockName() throws FsException {
    lockIo();
  }

  public void unlockName() {
    io.unlock();
  }

  /** The lease to name in requests about this file. */
  public Optional<String> leaseId() {
    return lease.id();
  }

  /** The file was renamed; the name is locked. */
  public void moved(String newPath) throws FsException {
    state.lock();
    try {
      path = newPath;
      stored = support.names().toStored(newPath);
      for (Optional<Buffer> buffer : java.util.List.of(active, flushing)) {
        if (buffer.isPresent()) {
          buffer.get().entry().updateFacts(newPath, facts());
        }
      }
    } finally {
      state.unlock();
    }
  }

  /** The name is gone and the file lies under a hidden one; empty when it was never made. */
  public void unlinked(Optional<String> hidden) throws FsException {
    locked(
        () -> {
          unlinked = true;
          hidden.ifPresent(h -> stored = h);
          return null;
        });
    noteFacts();
  }

  /** The service's answer to a rename brought a new ETag. */
  public void renamed(String etag) {
    locked(
        () -> {
          version = version.withEtag(etag);
          return null;
        });
  }

  /** Starts a flush now. */
  public void flushSoon() {
    state.lock();
    try {
      planFlush(Duration.ZERO);
    } finally {
      state.unlock();
    }
  }

  /** The mount ends: the lease is given back, unsaved bytes stay in the journal. */
  public void abandon() {
    if (isUnlinked()) {
      finish();
      return;
    }
    io.lock();
    try {
      lease.release(stored());
    } finally {
      io.unlock();
    }
  }

  // ---- end --------------------------------------------------------------------------------------

  ReadAhead readAhead() {
    return readAhead;
  }

  /** Whether the version was told by the service within the time that attributes are believed. */
  boolean isFresh() {
    return System.nanoTime() - confirmedNanos < ReadAhead.FRESH_NANOS;
  }

  /** Nobody has it open: gives memory back. */
  void dropReadAhead() {
    readAhead.drop();
  }

  /** After the last close: gives the lease back, or deletes what was unlinked. */
  void finish() {
    io.lock();
    try {
      if (isUnlinked()) {
        if (finished) {
          return;
        }
        finished = true;
        dropBuffers();
        if (!isPending()) {
          support.hidden().discard(stored(), lease.id());
        }
        lease.lost();
      } else {
        lease.release(stored());
      }
    } finally {
      io.unlock();
    }
  }

  /** Whether {@link #finish} has a request to send. */
  boolean needsFinish() {
    return lease.isHeld() || (isUnlinked() && !finished);
  }

  private void dropBuffers() {
    state.lock();
    try {
      for (Optional<Buffer> buffer : java.util.List.of(active, flushing)) {
        if (buffer.isPresent()) {
          try {
            buffer.get().entry().complete();
          } catch (FsException e) {
            LOG.warn("{}", e.toLogLine());
          }
        }
      }
      active = Optional.empty();
      flushing = Optional.empty();
    } finally {
      state.unlock();
    }
  }

  // ---- what RangeSender and Reader use
  // -----------------------------------------------------------

  String stored() {
    return locked(() -> stored);
  }

  Version version() {
    return locked(() -> version);
  }

  /** The service's side changed by our own request. */
  void setVersion(Version now) {
    locked(
        () -> {
          version = now;
          confirmed = true;
          return null;
        });
  }

  /** A resize by us is done. */
  void setSize(Version now) {
    locked(
        () -> {
          version = now;
          size = now.visible();
          changedAt = now.lastWriteTime();
          return null;
        });
  }

  /** The version under our lease, learned before anything of ours was sent. */
  void adoptHeld(Version now) {
    locked(
        () -> {
          version = now;
          if (active.isEmpty() && flushing.isEmpty()) {
            size = now.visible();
            changedAt = now.lastWriteTime();
          }
          return null;
        });
  }

  WriterLease lease() {
    return lease;
  }

  /** What recovery has to know changed. */
  void noteFacts() throws FsException {
    state.lock();
    try {
      for (Optional<Buffer> buffer : java.util.List.of(flushing, active)) {
        if (buffer.isPresent()) {
          buffer.get().entry().updateFacts(path, facts());
        }
      }
    } finally {
      state.unlock();
    }
  }

  /**
   * Copies what waits here into the window that begins at an offset; tells what it does not have.
   */
  LocalRead readLocal(ByteBuffer window, long offset) throws FsException {
    state.lock();
    try {
      return LocalRead.of(window, offset, size, version, stored, local(), flushing, active);
    } finally {
      state.unlock();
    }
  }

  /**
   * An answer came from another file than the one that was looked up. When nothing was read yet,
   * the look-up was merely old, and the file is the new one.
   *
   * @return false when the handles already read from the earlier one
   */
  boolean takeIdentity(io.batchmount.files.store.RangeRead answer) {
    boolean taken =
        locked(
            () -> {
              if (confirmed || local()) {
                return false;
              }
              version =
                  new Version(
                      answer.fileId(),
                      answer.etag(),
                      GrowthMark.visibleSize(answer.size(), answer.lastWriteTime()),
                      answer.size(),
                      answer.lastWriteTime(),
                      version.changeTime());
              size = version.visible();
              confirmed = true;
              return true;
            });
    if (taken) {
      support.catalog().cache().forgetTree(path());
    }
    return taken;
  }

  /** What a ranged answer told of a file that only others write. */
  void learned(io.batchmount.files.store.RangeRead answer) {
    locked(
        () -> {
          if (!local() && answer.fileId().equals(version.fileId())) {
            confirmed = true;
            confirmedNanos = System.nanoTime();
            version =
                new Version(
                    answer.fileId(),
                    answer.etag(),
                    GrowthMark.visibleSize(answer.size(), answer.lastWriteTime()),
                    answer.size(),
                    answer.lastWriteTime(),
                    version.changeTime());
            size = version.visible();
            if (!GrowthMark.isMark(answer.lastWriteTime())) {
              changedAt = answer.lastWriteTime();
            }
          }
          return null;
        });
  }

  // ---- background
  // --------------------------------------------------------------------------------

  /** Plans a flush, at once where nothing is under way. Holds state. */
  private void planFlush(Duration delay) {
    if (delay.isZero() && flushing.isEmpty() && !io.isLocked()) {
      support.flusher().after(Duration.ZERO, this::flushInBackground);
    }
    if (!flushPlanned) {
      flushPlanned = true;
      support
          .flusher()
          .after(
              delay.isZero() ? support.options().flushInterval() : delay,
              () -> {
                locked(() -> flushPlanned = false);
                flushInBackground();
              });
    }
  }

  private void flushInBackground() {
    boolean idle =
        locked(
            () ->
                failure.isPresent()
                    || (active.isEmpty() && flushing.isEmpty() && creation.isEmpty())
                    // scratch space without a name stays local as long as it is small
                    || (unlinked && creation.isPresent() && !isFull()));
    if (idle) {
      return;
    }
    try {
      flush();
      state.lock();
      try {
        if (active.isPresent()) {
          planFlush(
              active.get().entry().dirtyBytes() >= FLUSH_BYTES
                  ? Duration.ZERO
                  : support.options().flushInterval());
        }
      } finally {
        state.unlock();
      }
      support.flusher().after(Duration.ZERO, this::finishIfUnused);
    } catch (FsException e) {
      if (failure().isPresent()) {
        return; // told by fail
      }
      LOG.warn("{}: not saved yet, it is tried again: {}", path(), e.toLogLine());
    }
  }

  /** A flush failed in a way that passes: it is repeated, later each time. */
  private void planRetry() {
    state.lock();
    try {
      planFlush(retryDelay);
      Duration twice = retryDelay.multipliedBy(2);
      retryDelay = twice.compareTo(LAST_RETRY) < 0 ? twice : LAST_RETRY;
    } finally {
      state.unlock();
    }
  }

  private void finishIfUnused() {
    support.closer().accept(this);
  }

  private void planLeaseCheck() {
    if (lease.isHeld()) {
      support.flusher().after(WriterLease.IDLE.plusMillis(POLL_MILLIS), this::releaseIdleLease);
    }
  }

  private void releaseIdleLease() {
    if (System.nanoTime() - lastFlushNanos >= WriterLease.IDLE.toNanos() && io.tryLock()) {
      try {
        if (!isUnsaved() && lease.isHeld()) {
          lease.release(stored());
        }
      } finally {
        io.unlock();
      }
    }
  }

  // ---- helpers
  // -----------------------------------------------------------------------------------

  /** A failure that repeating does not mend: latched, the bytes stay in the journal. */
  private FsException fail(FsException reason) {
    String where;
    long bytes;
    state.lock();
    try {
      if (failure.isPresent()) {
        return failure.get();
      }
      failure = Optional.of(reason);
      where = path;
      bytes = unsavedBytes();
      for (Optional<Buffer> buffer : java.util.List.of(flushing, active)) {
        if (buffer.isPresent()) {
          try {
            buffer.get().entry().fail(reason.getMessage());
          } catch (FsException e) {
            LOG.error("{}: the failure could not be noted: {}", where, e.toLogLine());
          }
        }
      }
      changed.signalAll();
    } finally {
      state.unlock();
    }
    LOG.error("{}: {} bytes could not be saved: {}", where, bytes, reason.toLogLine());
    support.failures().failed(this, where, bytes, reason);
    if (lease.isHeld()) {
      support.flusher().after(Duration.ZERO, () -> lease.release(stored()));
    }
    return reason;
  }

  private boolean local() {
    return creation.isPresent() || active.isPresent() || flushing.isPresent() || lease.isHeld();
  }

  private boolean isFull() {
    return active.isPresent() && active.get().entry().dirtyBytes() >= MAX_UNFLUSHED;
  }

  private void throwIfFailed() throws FsException {
    if (failure.isPresent()) {
      FsException first = failure.get();
      throw FsException.ofService(
          first.errno(), first.getMessage(), first.serviceCode(), first.requestId(), first);
    }
  }

  /** Waits, holding state, until a write may go on. */
  private void awaitRoom() throws FsException {
    while (true) {
      throwIfFailed();
      boolean full = isFull();
      if (!resizing && !full) {
        return;
      }
      if (full) {
        planFlush(Duration.ZERO);
      }
      OperationContext.current().check("waiting for written bytes of " + path + " to be saved");
      try {
        changed.await(POLL_MILLIS, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new FsException(Errno.EINTR, "interrupted while writing " + path, e);
      }
    }
  }

  private void lockIo() throws FsException {
    try {
      while (!io.tryLock(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
        OperationContext.current().check("waiting for a request about " + path());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FsException(Errno.EINTR, "interrupted while waiting for " + path(), e);
    }
  }

  private JournalEntry beginEntry() throws FsException {
    return support.journal().begin(path, "write", facts());
  }

  /** What recovery has to know; see {@code ShareRecovery}. Holds state. */
  private Map<String, String> facts() throws FsException {
    Map<String, String> facts = new HashMap<>();
    if (creation.isPresent()) {
      facts.put(Facts.NEW, "true");
      placement.ifPresent(p -> facts.put(Facts.MADE_ID, p.fileId));
      creation
          .get()
          .posix()
          .toMetadata(path)
          .forEach((name, value) -> facts.put(Facts.METADATA + name, value));
    } else {
      facts.put(Facts.FILE_ID, version.fileId());
      facts.put(Facts.SIZE, Long.toString(version.visible()));
      facts.put(Facts.PHYSICAL, Long.toString(version.physical()));
      facts.put(Facts.LAST_WRITE, version.lastWriteTime().toString());
    }
    lease.id().ifPresent(id -> facts.put(Facts.LEASE, id));
    if (unlinked) {
      facts.put(Facts.UNLINKED, "true");
    }
    return facts;
  }

  private <T> T locked(java.util.function.Supplier<T> step) {
    state.lock();
    try {
      return step.get();
    } finally {
      state.unlock();
    }
  }
}
