package io.batchmount.emulator.files.store;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.batchmount.emulator.files.model.Account;
import io.batchmount.emulator.files.model.Change;
import io.batchmount.emulator.files.model.ChangeLog;
import io.batchmount.emulator.files.model.Clock;
import io.batchmount.emulator.files.model.Share;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An account kept in a directory. File {@code checkpoint-N} holds the whole state when journal N
 * began ({@code journal-0} begins with nothing), {@code journal-N} the changes since, {@code
 * pages-*.seg} the bytes of files, and {@code lock} keeps a second emulator out. Used under the
 * write lock of the account, but for opening and closing.
 */
public final class DiskState implements ChangeLog, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DiskState.class);
  private static final Pattern CHECKPOINT = Pattern.compile("(checkpoint|journal)-(\\d+)");

  /** A journal of so many bytes, and twice as large as the last checkpoint, is worth a new one. */
  private static final long JOURNAL_LIMIT = 16L * 1024 * 1024;

  /** So many bytes of garbage are left alone. */
  private static final long PAGES_LIMIT = 256L * 1024 * 1024;

  private final Path directory;
  private final FileChannel lockFile;
  private final FileLock lock;
  private final Segments segments;
  private final Account account;
  private final long journalLimit;
  private final long pagesLimit;
  private Records journal;
  private long generation;
  private long checkpointBytes;
  private long usedBytes;

  private DiskState(
      Path directory, FileChannel lockFile, FileLock lock, long journalLimit, long pagesLimit)
      throws IOException {
    this.directory = directory;
    this.lockFile = lockFile;
    this.lock = lock;
    this.journalLimit = journalLimit;
    this.pagesLimit = pagesLimit;
    this.segments = Segments.open(directory);
    this.account = new Account(new Clock(), segments);
    try {
      recover();
      account.keepIn(this);
    } catch (IOException | RuntimeException e) {
      segments.close();
      throw e;
    }
  }

  /**
   * Opens or makes a location.
   *
   * @throws IOException if another emulator has it open, or it is damaged beyond a torn last record
   */
  public static DiskState open(Path directory) throws IOException {
    return open(directory, JOURNAL_LIMIT, PAGES_LIMIT);
  }

  static DiskState open(Path directory, long journalLimit, long pagesLimit) throws IOException {
    Files.createDirectories(directory);
    FileChannel lockFile =
        FileChannel.open(
            directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    Optional<FileLock> lock;
    try {
      lock = Optional.ofNullable(lockFile.tryLock());
    } catch (OverlappingFileLockException e) {
      lock = Optional.empty(); // this process has it
    }
    if (lock.isEmpty()) {
      lockFile.close();
      throw new IOException("another emulator uses the location " + directory);
    }
    try {
      return new DiskState(directory, lockFile, lock.get(), journalLimit, pagesLimit);
    } catch (IOException | RuntimeException e) {
      lockFile.close();
      throw e;
    }
  }

  /** The account. */
  public Account account() {
    return account;
  }

  private Path file(String kind, long number) {
    return directory.resolve(kind + "-" + number);
  }

  private NavigableSet<Long> numbers(String kind) throws IOException {
    TreeSet<Long> found = new TreeSet<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path f : files) {
        Matcher m = CHECKPOINT.matcher(f.getFileName().toString());
        if (m.matches() && m.group(1).equals(kind)) {
          found.add(Long.parseLong(m.group(2)));
        }
      }
    }
    return found;
  }

  private void recover() throws IOException {
    NavigableSet<Long> checkpoints = numbers("checkpoint");
    generation = checkpoints.isEmpty() ? 0 : checkpoints.last();
    Decoder decoder = new Decoder(account, segments);
    if (!checkpoints.isEmpty()) {
      Path checkpoint = file("checkpoint", generation);
      checkpointBytes = Records.read(checkpoint, decoder::apply);
      if (checkpointBytes != Files.size(checkpoint)) {
        throw new IOException("the checkpoint " + checkpoint + " is damaged");
      }
    }
    Path journalFile = file("journal", generation);
    long good = Files.exists(journalFile) ? Records.read(journalFile, decoder::apply) : 0;
    long torn = Files.exists(journalFile) ? Files.size(journalFile) - good : 0;
    if (torn > 0) {
      LOG.warn(
          "{} ended in a record of {} bytes that was never acknowledged: it was cut off",
          journalFile,
          torn);
    }
    journal = Records.append(journalFile, good);
    removeOlder();
    usedBytes = new GarbageCollector(account, segments).collect(false).usedBytes();
    segments.forgetAppended();
    if (wasteful()) {
      checkpoint();
    }
  }

  private void removeOlder() throws IOException {
    for (String kind : List.of("checkpoint", "journal")) {
      for (long n : numbers(kind).headSet(generation, false)) {
        Files.delete(file(kind, n));
      }
    }
    Files.deleteIfExists(directory.resolve("checkpoint.tmp"));
  }

  /**
   * Whether emptying segments is worth the while: afterwards they hold at most twice of what is in
   * use.
   */
  private boolean wasteful() {
    return segments.total() > pagesLimit + 2 * usedBytes;
  }

  @Override
  public void append(List<Change> changes) throws IOException {
    journal.add(Encoder.bytes(Encoder.encode(changes)));
    boolean grown = journal.length() > Math.max(journalLimit, 2 * checkpointBytes);
    if (grown || (wasteful() && segments.appended() > pagesLimit / 4)) {
      checkpoint();
    }
  }

  /**
   * Writes the whole state anew and begins another journal; frees segments that hold little of use.
   * A process that is killed in between finds the former or the new state whole.
   */
  private void checkpoint() throws IOException {
    GarbageCollector.Result result = new GarbageCollector(account, segments).collect(true);
    Path temporary = directory.resolve("checkpoint.tmp");
    try (Records out = Records.append(temporary, 0)) {
      write(out);
      out.force();
      checkpointBytes = out.length();
    }
    Records next = Records.append(file("journal", generation + 1), 0);
    Files.move(temporary, file("checkpoint", generation + 1), StandardCopyOption.ATOMIC_MOVE);
    journal.close();
    journal = next;
    generation++;
    removeOlder();
    segments.delete(result.unused());
    segments.forgetAppended();
    usedBytes = result.usedBytes();
    LOG.debug(
        "checkpoint {}: {} bytes, {} segments deleted",
        generation,
        checkpointBytes,
        result.unused().size());
  }

  private void write(Records out) throws IOException {
    ArrayNode first = Encoder.operations();
    if (!account.serviceProperties().isEmpty()) {
      Encoder.serviceProperties(first, account.serviceProperties());
    }
    out.add(Encoder.bytes(first));
    for (Share share : account.shares().values()) {
      ShareWriter.write(out, share.name(), share);
      for (var snapshot : share.snapshots().entrySet()) {
        ShareWriter.write(
            out, Encoder.snapshotRef(share.name(), snapshot.getKey()), snapshot.getValue());
      }
    }
    for (Share share : account.deleted()) {
      ShareWriter.write(out, Encoder.deletedRef(share), share);
    }
  }

  @Override
  public void close() throws IOException {
    journal.close();
    segments.close();
    lock.release();
    lockFile.close();
  }
}
