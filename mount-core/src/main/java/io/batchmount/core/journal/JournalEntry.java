package io.batchmount.core.journal;

import com.sun.nio.file.ExtendedOpenOption;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One unsaved file, or one step that must be finished as a whole.
 *
 * <p>Files of an entry, made when first needed: {@code ID.json} (intent, the last line counts),
 * {@code ID.data} (bytes at the file's own offsets, sparse), {@code ID.log} ({@link ExtentLog}).
 * Bytes are written before their range is logged, the intent before both; a process killed at any
 * instruction leaves an entry that opens again with all ranges whose {@link #write} returned. After
 * a crash of the machine that holds for what was there at the last {@link #force}.
 *
 * <p>Large writes may go past the kernel's page cache ({@link PageCacheChoice}); the kernel keeps
 * both ways to the data file coherent.
 *
 * <p>Thread-safe.
 */
public final class JournalEntry implements AutoCloseable {

  /** Whether an entry still waits to be saved or could not be. */
  public enum State {
    ACTIVE,
    FAILED
  }

  private static final Logger LOG = LoggerFactory.getLogger(JournalEntry.class);

  /** Bytes of an intent with its earlier lines, above which it is written anew. */
  private static final int MAX_INTENT_BYTES = 64 << 10;

  /** What addresses, offsets and lengths of a write past the page cache are multiples of. */
  private static final int ALIGNMENT = 4096;

  /** Shorter writes stay in the page cache: a disk takes hardly less time for them. */
  private static final int MIN_DIRECT_BYTES = 256 << 10;

  private final MountJournal journal;
  private final Path directory;
  private final String id;
  private final Instant since;

  private EntryIntent intent;
  private boolean intentOnDisk;
  private ExtentLog log; // null until the first record
  private FileChannel data; // null until the first byte
  private FileChannel pastCache; // the same file, O_DIRECT; null until first wanted
  private final ExtentSet onDiskOnly = new ExtentSet(); // written past the page cache
  private final ExtentSet dirty;
  private long size;
  private long floor; // smallest size since begin: what a base had beyond it is gone
  private boolean completed;
  private final Optional<Instant> changedSinceFacts;
  private int readers; // reading the data file now, outside the monitor

  private JournalEntry(
      MountJournal journal,
      Path directory,
      String id,
      EntryIntent intent,
      boolean intentOnDisk,
      ExtentLog.Replay replay,
      Optional<Instant> changedSinceFacts) {
    this.journal = journal;
    this.changedSinceFacts = changedSinceFacts;
    this.directory = directory;
    this.id = id;
    this.intent = intent;
    this.since = intent.since();
    this.intentOnDisk = intentOnDisk;
    this.dirty = replay.dirty();
    this.size = replay.size();
    this.floor = replay.floor();
  }

  /**
   * @param spare files to go on with, of the same id
   */
  static JournalEntry begin(
      MountJournal journal,
      Path directory,
      String id,
      EntryIntent intent,
      boolean lazily,
      Optional<SpareFiles> spare)
      throws FsException {
    JournalEntry entry =
        new JournalEntry(
            journal, directory, id, intent, false, ExtentLog.Replay.empty(), Optional.empty());
    if (spare.isPresent()) {
      entry.data = spare.get().data();
      entry.log = spare.get().log();
    }
    if (!lazily) {
      entry.ensureIntent();
    }
    return entry;
  }

  static JournalEntry reopen(
      MountJournal journal, Path directory, String id, EntryIntent intent, boolean onlyForced)
      throws FsException {
    try {
      ExtentLog.Replay replay = ExtentLog.replay(logFile(directory, id), onlyForced);
      JournalEntry entry =
          new JournalEntry(
              journal, directory, id, intent, true, replay, changedSinceFacts(directory, id));
      if (replay.damaged()) {
        // a torn tail, or ranges that may not be trusted: start a log that holds what counts
        entry.log = ExtentLog.rewrite(logFile(directory, id), replay);
      }
      return entry;
    } catch (IOException e) {
      throw JournalFiles.failure(directory, "reading entry " + id, e);
    }
  }

  /** Looks at the files' times, before anything is written to them again. */
  private static Optional<Instant> changedSinceFacts(Path directory, String id) throws IOException {
    Path data = dataFile(directory, id);
    // an empty data file may be an earlier entry's, kept for this one
    boolean hasData = Files.exists(data) && Files.size(data) > 0;
    Path changed = hasData ? data : logFile(directory, id);
    if (!Files.exists(changed)) {
      return Optional.empty();
    }
    Instant time = Files.getLastModifiedTime(changed).toInstant();
    Instant noted = Files.getLastModifiedTime(intentFile(directory, id)).toInstant();
    return time.isAfter(noted) ? Optional.of(time) : Optional.empty();
  }

  /** Name of the entry, unique within its journal. */
  public String id() {
    return id;
  }

  /** Path below the mount point, beginning with {@code /}. */
  public synchronized String path() {
    return intent.path();
  }

  /** What is to be done, such as {@code write} or {@code rename}. */
  public synchronized String operation() {
    return intent.operation();
  }

  /** What the one who finishes it must know: ETag, size, mode and the like. */
  public synchronized Map<String, String> facts() {
    return intent.facts();
  }

  public synchronized State state() {
    return intent.failure().isPresent() ? State.FAILED : State.ACTIVE;
  }

  /** Why it could not be saved, when it could not. */
  public synchronized Optional<String> failure() {
    return intent.failure();
  }

  /**
   * Of an entry that a dead process left: when its bytes or its size last changed, if that was
   * after the facts were noted, which then do not know that time.
   */
  public Optional<Instant> changedSinceFacts() {
    return changedSinceFacts;
  }

  /** When it began. */
  public Instant since() {
    return since;
  }

  /**
   * Keeps bytes; returns when the process may be killed without losing them.
   *
   * @param source all of its remaining bytes are taken
   * @param offset offset in the file
   * @throws FsException ENOSPC when the disk is full: nothing of the range is then taken as written
   */
  public synchronized void write(ByteBuffer source, long offset) throws FsException {
    int length = source.remaining();
    if (length == 0) {
      return;
    }
    ensureIntent();
    try {
      put(source, offset);
      long end = offset + length;
      if (!dirty.contains(offset, end) || end > size) {
        logForWriting().append(ExtentLog.Kind.WRITE, offset, end);
        dirty.add(offset, end);
        size = Math.max(size, end);
        compactIfWorthIt();
      }
    } catch (IOException e) {
      throw JournalFiles.failure(directory, "keeping data of " + intent.path(), e);
    }
  }

  /** Writes to the data file, by the way that is the faster one here. */
  private void put(ByteBuffer source, long offset) throws IOException {
    FileChannel channel = dataForWriting();
    int whole = source.remaining() - source.remaining() % ALIGNMENT;
    boolean large = whole >= MIN_DIRECT_BYTES && isAligned(source, offset);
    if (!large) {
      onDiskOnly.remove(offset, offset + source.remaining());
      JournalFiles.writeFully(channel, source, offset);
      return;
    }
    PageCacheChoice choice = journal.pageCache();
    PageCacheChoice.Way way = choice.next(whole);
    int limit = source.limit();
    long at = offset;
    long start = System.nanoTime();
    if (way == PageCacheChoice.Way.DIRECT) {
      source.limit(source.position() + whole);
      at += putPastCache(source, at);
      source.limit(limit);
    }
    onDiskOnly.remove(at, at + source.remaining());
    JournalFiles.writeFully(channel, source, at);
    choice.took(way, whole, System.nanoTime() - start);
  }

  /**
   * @return bytes written; less than all where the file system cannot do it
   */
  private long putPastCache(ByteBuffer source, long offset) {
    long at = offset;
    try {
      FileChannel channel = pastCache();
      while (source.hasRemaining()) {
        at += channel.write(source, at);
      }
      onDiskOnly.add(offset, at);
    } catch (IOException | UnsupportedOperationException e) {
      // file systems refuse in many ways; where the disk itself is at fault the other way says so
      journal.pageCache().refuse(e.toString());
      onDiskOnly.clear(); // the channel may be closed: all is read the other way from now on
    }
    return at - offset;
  }

  private FileChannel pastCache() throws IOException {
    if (pastCache == null) {
      pastCache =
          FileChannel.open(
              dataFile(directory, id),
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              ExtendedOpenOption.DIRECT);
    }
    return pastCache;
  }

  private static boolean isAligned(ByteBuffer buffer, long offset) {
    return offset % ALIGNMENT == 0
        && buffer.isDirect()
        && buffer.alignmentOffset(buffer.position(), ALIGNMENT) == 0;
  }

  /**
   * Reads kept bytes; what was never written, or is clean again, reads as zeros, so ask {@link
   * #dirty} first.
   *
   * @return bytes put into the target, 0 at or beyond {@link #size}
   */
  public int read(ByteBuffer target, long offset) throws FsException {
    FileChannel channel;
    Optional<FileChannel> direct;
    long end;
    synchronized (this) {
      end = size;
      if (offset >= end || !target.hasRemaining()) {
        return 0;
      }
      try {
        channel = dataForReading().orElse(null);
        direct = readablePastCache(target, offset, end);
      } catch (IOException e) {
        throw JournalFiles.failure(directory, "reading data of " + intent.path(), e);
      }
      readers++;
    }
    int wanted = (int) Math.min(target.remaining(), end - offset);
    int limit = target.limit();
    target.limit(target.position() + wanted);
    try {
      long at = offset;
      if (direct.isPresent()) {
        at += readPastCache(direct.get(), target, offset);
      }
      while (channel != null && target.hasRemaining()) {
        int got = channel.read(target, at);
        if (got < 0) {
          break;
        }
        at += got;
      }
      while (target.hasRemaining()) {
        target.put((byte) 0);
      }
    } catch (IOException e) {
      throw JournalFiles.failure(directory, "reading data of " + path(), e);
    } finally {
      target.limit(limit);
      synchronized (this) {
        readers--;
      }
    }
    return wanted;
  }

  /** The channel past the page cache, when the bytes that are wanted are not in it. */
  private Optional<FileChannel> readablePastCache(ByteBuffer target, long offset, long end) {
    int wanted = (int) Math.min(target.remaining(), end - offset);
    int whole = wanted - wanted % ALIGNMENT;
    return pastCache != null
            && whole >= MIN_DIRECT_BYTES
            && isAligned(target, offset)
            && onDiskOnly.contains(offset, offset + whole)
        ? Optional.of(pastCache)
        : Optional.empty();
  }

  /**
   * Reads whole blocks. Through the page cache it would first have to take memory for them.
   *
   * @return bytes read
   */
  private static int readPastCache(FileChannel channel, ByteBuffer target, long offset) {
    int begin = target.position();
    int limit = target.limit();
    target.limit(limit - target.remaining() % ALIGNMENT);
    try {
      while (target.hasRemaining()) {
        int got = channel.read(target, offset + target.position() - begin);
        if (got <= 0 || got % ALIGNMENT != 0) {
          break; // the rest is read the other way
        }
      }
    } catch (IOException e) {
      LOG.debug(
          "reading past the page cache: {}", e.toString()); // the other way says what is wrong
    } finally {
      target.limit(limit);
    }
    return target.position() - begin;
  }

  /** The ranges that hold unsaved bytes; a copy. */
  public synchronized ExtentSet dirty() {
    return dirty.copy();
  }

  /** The unsaved ranges within {@code [from,to)}. */
  public synchronized ExtentSet dirtyWithin(long from, long to) {
    return ExtentSet.of(dirty.intersect(from, to));
  }

  /** Whether all bytes of {@code [from,to)} are unsaved. */
  public synchronized boolean isAllDirty(long from, long to) {
    return dirty.contains(from, to);
  }

  /** Unsaved bytes. */
  public synchronized long dirtyBytes() {
    return dirty.totalBytes();
  }

  /** Whether {@code [from,to)} holds any unsaved byte. */
  public synchronized boolean isDirty(long from, long to) {
    return dirty.intersects(from, to);
  }

  /** Bytes of a range are saved: they count no more, and their room may be given back. */
  public synchronized void markClean(long from, long to) throws FsException {
    if (!dirty.intersects(from, to)) {
      return;
    }
    try {
      dirty.remove(from, to);
      if (dirty.isEmpty()) {
        // all is saved: the room of the data file and the log goes back in one step, the log first
        // so that no range is ever without its bytes
        closeLog();
        log = ExtentLog.rewrite(logFile(directory, id), replayNow());
        if (data != null) {
          data.truncate(0);
        }
        onDiskOnly.clear();
      } else {
        logForWriting().append(ExtentLog.Kind.CLEAN, from, to);
      }
    } catch (IOException e) {
      throw JournalFiles.failure(directory, "noting saved data of " + intent.path(), e);
    }
  }

  /** Sets the size that the file will have; unsaved bytes beyond it are dropped. */
  public synchronized void truncate(long newSize) throws FsException {
    ensureIntent();
    try {
      logForWriting().append(ExtentLog.Kind.TRUNCATE, newSize, newSize);
      if (newSize < size) {
        dirty.remove(newSize, Math.max(newSize, Math.max(size, dirty.end())));
        Optional<FileChannel> channel = dataForReading();
        if (channel.isPresent() && channel.get().size() > newSize) {
          dataForWriting().truncate(newSize); // growing again must read zeros
          onDiskOnly.remove(newSize, Long.MAX_VALUE);
        }
      }
      size = newSize;
      floor = Math.min(floor, newSize);
    } catch (IOException e) {
      throw JournalFiles.failure(directory, "noting the size of " + intent.path(), e);
    }
  }

  /**
   * Size that the file will have: the last {@link #truncate}, or the end of the writes after it.
   */
  public synchronized long size() {
    return size;
  }

  /**
   * Smallest size that {@link #truncate} set since the entry began, {@code Long.MAX_VALUE} when it
   * never did: bytes of an earlier version at or beyond it are gone.
   */
  public synchronized long floor() {
    return floor;
  }

  /** After a commit: the floor is forgotten, because the saved version now holds what counts. */
  public synchronized void rebase() throws FsException {
    if (floor == Long.MAX_VALUE) {
      return;
    }
    try {
      floor = Long.MAX_VALUE;
      if (intentOnDisk) {
        closeLog();
        log = ExtentLog.rewrite(logFile(directory, id), replayNow());
      }
    } catch (IOException e) {
      throw JournalFiles.failure(directory, "noting saved data of " + intent.path(), e);
    }
  }

  /** Replaces path and facts as a whole. */
  public synchronized void updateFacts(String path, Map<String, String> facts) throws FsException {
    replaceIntent(intent.with(path, facts));
  }

  /** Notes that it could not be saved, and why; it stays until somebody finishes it. */
  public synchronized void fail(String reason) throws FsException {
    replaceIntent(intent.failed(reason));
  }

  /** Takes the note of {@link #fail} back: it is being tried again. */
  public synchronized void retry() throws FsException {
    if (intent.failure().isPresent()) {
      replaceIntent(intent.active());
    }
  }

  /** Returns when everything so far survives a crash of the machine. */
  public synchronized void force() throws FsException {
    ensureIntent();
    try {
      if (data != null) {
        data.force(true);
      }
      logForWriting().force();
      try (FileChannel json = FileChannel.open(intentFile(), StandardOpenOption.READ)) {
        json.force(true);
      }
      JournalFiles.forceDirectory(directory);
    } catch (IOException e) {
      throw JournalFiles.failure(directory, "forcing data of " + intent.path(), e);
    }
  }

  /** It is done: its files are deleted, or emptied and kept for a coming entry. */
  public synchronized void complete() throws FsException {
    if (completed) {
      return;
    }
    completed = true;
    journal.forget(this);
    try {
      // the intent first: data and log without one are rubbish that the next opening removes
      if (intentOnDisk) {
        Files.deleteIfExists(intentFile());
        intentOnDisk = false;
      }
      if (data != null && log != null && log.isReusable() && readers == 0) {
        closePastCache();
        data.truncate(0);
        log.clear();
        SpareFiles files = new SpareFiles(id, data, log);
        data = null;
        log = null;
        journal.recycle(files);
      }
      boolean hadLog = log != null;
      boolean hadData = data != null;
      closeChannels();
      if (hadLog) {
        Files.deleteIfExists(logFile(directory, id));
      }
      if (hadData) {
        Files.deleteIfExists(dataFile(directory, id));
      }
    } catch (IOException e) {
      throw JournalFiles.failure(directory, "removing the entry of " + intent.path(), e);
    }
  }

  /** Closes the files; the entry stays on disk and opens them again when used. */
  @Override
  public synchronized void close() throws FsException {
    try {
      closeChannels();
    } catch (IOException e) {
      throw JournalFiles.failure(directory, "closing the entry of " + intent.path(), e);
    }
  }

  synchronized boolean isOnDisk() {
    return intentOnDisk;
  }

  private void ensureIntent() throws FsException {
    if (completed) {
      // its files may be another entry's by now
      throw new FsException(Errno.EIO, "the journal entry of " + intent.path() + " is done");
    }
    if (intentOnDisk) {
      return;
    }
    try {
      JournalFiles.writeNew(intentFile(), intent.toJson(), false);
      intentOnDisk = true;
    } catch (IOException e) {
      throw JournalFiles.failure(directory, "beginning the entry of " + intent.path(), e);
    }
  }

  private void replaceIntent(EntryIntent changed) throws FsException {
    if (completed) {
      return;
    }
    try {
      if (intentOnDisk) {
        writeIntent(changed);
        intent = changed;
      } else {
        intent = changed;
        ensureIntent();
      }
    } catch (IOException e) {
      throw JournalFiles.failure(directory, "changing the entry of " + intent.path(), e);
    }
  }

  /**
   * Adds a line to the intent's file. Putting a new file in its place would be dearer by far: ext4
   * sends a file that replaces another to the disk at once and waits for it (auto_da_alloc).
   */
  private void writeIntent(EntryIntent changed) throws IOException {
    byte[] json = changed.toJson();
    boolean gone = !Files.exists(intentFile()); // somebody deleted it: it is put there again
    if (gone || Files.size(intentFile()) + json.length > MAX_INTENT_BYTES) {
      JournalFiles.replace(intentFile(), json, false);
      return;
    }
    byte[] line = new byte[json.length + 1];
    line[0] = '\n'; // in front: what a killed process left of its last line stays apart
    System.arraycopy(json, 0, line, 1, json.length);
    JournalFiles.append(intentFile(), line);
  }

  private ExtentLog logForWriting() throws IOException {
    if (log == null) {
      log = ExtentLog.openForAppend(logFile(directory, id));
    }
    return log;
  }

  private FileChannel dataForWriting() throws IOException {
    if (data == null) {
      data =
          JournalFiles.open(
              dataFile(directory, id),
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
    }
    return data;
  }

  private Optional<FileChannel> dataForReading() throws IOException {
    if (completed) {
      return Optional.empty(); // a file of that name may be another entry's by now
    }
    if (data == null && Files.exists(dataFile(directory, id))) {
      return Optional.of(dataForWriting());
    }
    return Optional.ofNullable(data);
  }

  private void compactIfWorthIt() throws IOException {
    if (log.isWorthCompacting(dirty.count())) {
      closeLog();
      log = ExtentLog.rewrite(logFile(directory, id), replayNow());
    }
  }

  private ExtentLog.Replay replayNow() {
    return new ExtentLog.Replay(dirty, size, floor, false);
  }

  private void closeLog() throws IOException {
    if (log != null) {
      log.close();
      log = null;
    }
  }

  private void closePastCache() throws IOException {
    if (pastCache != null) {
      pastCache.close();
      pastCache = null;
    }
  }

  private void closeChannels() throws IOException {
    closeLog();
    closePastCache();
    if (data != null) {
      data.close();
      data = null;
    }
  }

  private Path intentFile() {
    return intentFile(directory, id);
  }

  static Path intentFile(Path directory, String id) {
    return directory.resolve(id + MountJournal.INTENT_SUFFIX);
  }

  static Path dataFile(Path directory, String id) {
    return directory.resolve(id + MountJournal.DATA_SUFFIX);
  }

  static Path logFile(Path directory, String id) {
    return directory.resolve(id + MountJournal.LOG_SUFFIX);
  }
}
