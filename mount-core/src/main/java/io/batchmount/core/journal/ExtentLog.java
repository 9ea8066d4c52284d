package io.batchmount.core.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * The append-only log of an entry: records of {@value #RECORD_BYTES} bytes, each with a checksum,
 * big-endian: kind (4), two offsets (8 each), CRC32C of those 20 bytes (4). Reading ends at the
 * first record that is short or damaged; what stands before it counts. Not thread-safe: the entry
 * locks.
 */
final class ExtentLog implements AutoCloseable {
  static final int RECORD_BYTES = 24;

  /**
   * A log below this number of records is never rewritten: 64 Ki records are 1.5 MiB, read in a few
   * milliseconds.
   */
  private static final int COMPACT_MIN_RECORDS = 1 << 16;

  /** Records for each live range from which rewriting pays: the new log is at most an eighth. */
  private static final int COMPACT_RATIO = 8;

  enum Kind {
    /** Bytes of {@code [a,b)} are in the data file. */
    WRITE(1),
    /** Bytes of {@code [a,b)} are in the service. */
    CLEAN(2),
    /** The file's size is a; nothing beyond it counts. */
    TRUNCATE(3),
    /** All before was forced to disk. */
    FORCED(4),
    /** The file's size is a, its floor b: the first record of a rewritten log. */
    START(5);

    final int code;

    Kind(int code) {
      this.code = code;
    }
  }

  /**
   * What a log tells.
   *
   * @param dirty ranges with unsaved bytes
   * @param size size of the file
   * @param floor smallest truncation
   * @param damaged whether records behind the last good one were dropped
   */
  record Replay(ExtentSet dirty, long size, long floor, boolean damaged) {
    static Replay empty() {
      return new Replay(new ExtentSet(), 0, Long.MAX_VALUE, false);
    }
  }

  private final FileChannel channel;
  private final ByteBuffer record = ByteBuffer.allocate(RECORD_BYTES);
  private long end;
  private boolean mayHoldForced;

  private ExtentLog(FileChannel channel, long end) {
    this.channel = channel;
    this.end = end;
    this.mayHoldForced = end > 0;
  }

  static ExtentLog openForAppend(Path file) throws IOException {
    FileChannel channel =
        JournalFiles.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    long size = channel.size();
    return new ExtentLog(channel, size - size % RECORD_BYTES);
  }

  /** Puts a new log with the given content in the old one's place. */
  static ExtentLog rewrite(Path file, Replay content) throws IOException {
    Path temporary = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(temporary);
    FileChannel channel =
        JournalFiles.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    ExtentLog log = new ExtentLog(channel, 0);
    try {
      log.append(Kind.START, content.size(), content.floor());
      for (Extent extent : content.dirty().extents()) {
        log.append(Kind.WRITE, extent.from(), extent.to());
      }
      if (!content.dirty().isEmpty()) {
        // ranges of the old log may have been forced: without this they would lose that mark
        log.force();
      }
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
      return log;
    } catch (IOException e) {
      channel.close();
      Files.deleteIfExists(temporary);
      throw e;
    }
  }

  /** Reads a log; one that is absent is empty. */
  static Replay replay(Path file, boolean onlyForced) throws IOException {
    if (!Files.exists(file)) {
      return Replay.empty();
    }
    ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file));
    int usable = onlyForced ? forcedEnd(all.duplicate()) : all.limit();
    boolean cut = usable < all.limit();
    all.limit(usable);
    ExtentSet dirty = new ExtentSet();
    long size = 0;
    long floor = Long.MAX_VALUE;
    while (isGoodRecord(all)) {
      int code = all.getInt();
      long a = all.getLong();
      long b = all.getLong();
      all.getInt();
      if (code == Kind.WRITE.code) {
        dirty.add(a, b);
        size = Math.max(size, b);
      } else if (code == Kind.CLEAN.code) {
        dirty.remove(a, b);
      } else if (code == Kind.TRUNCATE.code) {
        dirty.remove(a, Math.max(a, dirty.end()));
        size = a;
        floor = Math.min(floor, a);
      } else if (code == Kind.START.code) {
        size = a;
        floor = b;
      }
    }
    return new Replay(dirty, size, floor, cut || all.hasRemaining());
  }

  void append(Kind kind, long a, long b) throws IOException {
    record.clear();
    record.putInt(kind.code).putLong(a).putLong(b);
    record.putInt(checksum(record.duplicate().flip()));
    record.flip();
    JournalFiles.writeFully(channel, record, end);
    end += RECORD_BYTES;
  }

  /** Notes that the data before is on disk, and makes that note durable. */
  void force() throws IOException {
    mayHoldForced = true;
    append(Kind.FORCED, 0, 0);
    channel.force(true);
  }

  /**
   * Whether an entry of another file may go on with this log once it is emptied. Not if it holds a
   * mark of {@link #force}: after a crash of the machine the old records could come back, and only
   * such a mark makes them count then.
   */
  boolean isReusable() {
    return !mayHoldForced;
  }

  /** Takes all records out. */
  void clear() throws IOException {
    channel.truncate(0);
    end = 0;
  }

  boolean isWorthCompacting(int liveRanges) {
    long records = end / RECORD_BYTES;
    return records > COMPACT_MIN_RECORDS && records / COMPACT_RATIO > liveRanges;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  private static int forcedEnd(ByteBuffer all) {
    int end = 0;
    while (isGoodRecord(all)) {
      int code = all.getInt(all.position());
      all.position(all.position() + RECORD_BYTES);
      if (code == Kind.FORCED.code) {
        end = all.position();
      }
    }
    return end;
  }

  private static boolean isGoodRecord(ByteBuffer all) {
    if (all.remaining() < RECORD_BYTES) {
      return false;
    }
    int at = all.position();
    int code = all.getInt(at);
    return code >= Kind.WRITE.code
        && code <= Kind.START.code
        && all.getInt(at + RECORD_BYTES - 4) == checksum(all.slice(at, RECORD_BYTES - 4));
  }

  private static int checksum(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }
}
