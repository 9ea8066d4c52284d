package io.batchmount.core.journal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.batchmount.core.FsException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The unsaved data of one mount: a private directory below the journal's root.
 *
 * <p>A file lock is held on it while the process lives, so that nobody recovers what is still being
 * written; POSIX locks do not stop the same process, hence a set of the directories held by this
 * one stands beside it. A lock on the root orders making, taking over and removing.
 *
 * <p>Thread-safe.
 */
public final class MountJournal implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MountJournal.class);

  static final String INTENT_SUFFIX = ".json";
  static final String DATA_SUFFIX = ".data";
  static final String LOG_SUFFIX = ".log";

  private static final String LOCK_NAME = "lock";
  private static final String IDENTITY_NAME = "identity.json";
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  /**
   * Files kept for coming entries; as many as are usually saved at once. Making a file where many
   * were deleted a moment ago is dear: ext4 looks through all inodes that were freed within the
   * last seconds, so a stream of small files paid more for its journal than for anything else here.
   */
  private static final int MAX_SPARES = 32;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final SecureRandom RANDOM = new SecureRandom();

  /** Directories locked by this process, by real path. */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path directory;
  private final JournalIdentity identity;
  private final FileChannel lockChannel;
  private final PageCacheChoice pageCache;
  private final AtomicLong nextId = new AtomicLong(1);
  private final Map<String, JournalEntry> entries = new TreeMap<>();
  private final Deque<SpareFiles> spares = new ArrayDeque<>(); // guarded by entries
  private boolean closed; // guarded by entries

  private MountJournal(
      Path directory,
      JournalIdentity identity,
      FileChannel lockChannel,
      PageCacheChoice pageCache) {
    this.directory = directory;
    this.identity = identity;
    this.lockChannel = lockChannel;
    this.pageCache = pageCache;
  }

  /**
   * Makes a journal for a mount that begins.
   *
   * @param journalRoot directory of all journals, made (0700) where absent
   * @throws FsException when it cannot be made
   */
  public static MountJournal open(Path journalRoot, JournalIdentity identity) throws FsException {
    return open(journalRoot, identity, new PageCacheChoice());
  }

  static MountJournal open(Path journalRoot, JournalIdentity identity, PageCacheChoice pageCache)
      throws FsException {
    try {
      JournalFiles.makeDirectories(journalRoot);
      try (RootLock held = RootLock.take(journalRoot)) {
        Path directory = makeUnique(held.root(), identity);
        FileChannel lock =
            tryLock(directory).orElseThrow(() -> new IOException("a new journal cannot be locked"));
        JournalFiles.writeNew(directory.resolve(IDENTITY_NAME), identityJson(identity), true);
        return new MountJournal(directory, identity, lock, pageCache);
      }
    } catch (IOException e) {
      throw JournalFiles.failure(journalRoot, "making a journal", e);
    }
  }

  /**
   * Takes over the journals whose process is gone. Each is locked as an own one; close them.
   * Journals without any entry are removed.
   */
  public static List<MountJournal> openAbandoned(Path journalRoot) throws FsException {
    List<MountJournal> taken = new ArrayList<>();
    if (!Files.isDirectory(journalRoot)) {
      return taken;
    }
    try (RootLock held = RootLock.take(journalRoot)) {
      for (Path directory : directories(held.root())) {
        Optional<FileChannel> lock = tryLock(directory);
        if (lock.isEmpty()) {
          continue;
        }
        Optional<Identified> identified = readIdentity(directory);
        if (identified.isEmpty()) {
          // its process died before the first entry could be made
          release(directory, lock.get());
          if (entryIds(directory).isEmpty()) {
            deleteTree(directory);
          } else {
            LOG.warn(
                "{}: what this journal belongs to cannot be read; its data is left as it is",
                directory);
          }
          continue;
        }
        MountJournal journal =
            new MountJournal(
                directory, identified.get().identity(), lock.get(), new PageCacheChoice());
        journal.load(!identified.get().bootId().equals(bootId()));
        if (journal.entries.isEmpty()) {
          release(directory, lock.get());
          deleteTree(directory);
        } else {
          taken.add(journal);
        }
      }
      return taken;
    } catch (IOException e) {
      for (MountJournal journal : taken) {
        journal.close();
      }
      throw JournalFiles.failure(journalRoot, "opening journals", e);
    }
  }

  /** All journals, those of living processes too; nothing is changed. */
  public static List<JournalSummary> list(Path journalRoot) throws FsException {
    List<JournalSummary> all = new ArrayList<>();
    if (!Files.isDirectory(journalRoot)) {
      return all;
    }
    try (RootLock held = RootLock.take(journalRoot)) {
      for (Path directory : directories(held.root())) {
        Optional<Identified> identified = readIdentity(directory);
        if (identified.isEmpty()) {
          continue;
        }
        Optional<FileChannel> lock = tryLock(directory);
        if (lock.isPresent()) {
          release(directory, lock.get());
        }
        boolean onlyForced = lock.isPresent() && !identified.get().bootId().equals(bootId());
        all.add(
            new JournalSummary(
                directory,
                identified.get().identity(),
                lock.isEmpty(),
                summaries(directory, onlyForced)));
      }
      return all;
    } catch (IOException e) {
      throw JournalFiles.failure(journalRoot, "listing journals", e);
    }
  }

  /** What the data belongs to. */
  public JournalIdentity identity() {
    return identity;
  }

  /** Where the journal lies. */
  public Path directory() {
    return directory;
  }

  /** The entries that are not complete, in the order in which they began. */
  public List<JournalEntry> entries() {
    synchronized (entries) {
      return List.copyOf(entries.values());
    }
  }

  /**
   * Begins an entry; its intent is on disk when this returns (survives a killed process; call
   * {@link JournalEntry#force} for a crash of the machine).
   *
   * @param path path below the mount point
   * @param operation what is to be done
   * @param facts what the one who finishes it must know
   */
  public JournalEntry begin(String path, String operation, Map<String, String> facts)
      throws FsException {
    return begin(path, operation, facts, false);
  }

  /**
   * As {@link #begin}, but no file is made before the first byte or size is noted: for files that
   * may never hold anything worth keeping.
   */
  public JournalEntry beginLazily(String path, String operation, Map<String, String> facts)
      throws FsException {
    return begin(path, operation, facts, true);
  }

  private JournalEntry begin(
      String path, String operation, Map<String, String> facts, boolean lazily) throws FsException {
    Optional<SpareFiles> spare = takeSpare();
    String id =
        spare
            .map(SpareFiles::id)
            .orElseGet(() -> String.format(Locale.ROOT, "%08x", nextId.getAndIncrement()));
    EntryIntent intent = new EntryIntent(path, operation, facts, Instant.now(), Optional.empty());
    JournalEntry entry = JournalEntry.begin(this, directory, id, intent, lazily, spare);
    synchronized (entries) {
      entries.put(id, entry);
    }
    return entry;
  }

  /** Releases the lock; the directory is removed when no entry is left in it. */
  @Override
  public void close() throws FsException {
    try (RootLock held = RootLock.take(directory.getParent())) {
      synchronized (entries) {
        for (JournalEntry entry : entries.values()) {
          entry.close();
        }
        closed = true;
        for (SpareFiles files : spares) {
          files.discard(directory);
        }
        spares.clear();
        release(directory, lockChannel);
        if (entries.values().stream().noneMatch(JournalEntry::isOnDisk)) {
          deleteTree(directory);
        }
      }
    } catch (NoSuchFileException e) {
      release(directory, lockChannel); // somebody removed the root: nothing is left to tidy
    } catch (IOException e) {
      throw JournalFiles.failure(directory, "closing the journal", e);
    }
  }

  /** How large writes are made. */
  PageCacheChoice pageCache() {
    return pageCache;
  }

  void forget(JournalEntry entry) {
    synchronized (entries) {
      entries.remove(entry.id());
    }
  }

  private Optional<SpareFiles> takeSpare() throws FsException {
    while (true) {
      SpareFiles files;
      synchronized (entries) {
        files = spares.poll();
      }
      if (files == null) {
        return Optional.empty();
      }
      if (files.areThere(directory)) {
        return Optional.of(files);
      }
      try {
        files.discard(directory); // somebody deleted them
      } catch (IOException e) {
        throw JournalFiles.failure(directory, "closing files that are gone", e);
      }
    }
  }

  /** Takes the emptied files of an entry that is done. */
  void recycle(SpareFiles files) throws IOException {
    synchronized (entries) {
      if (!closed && spares.size() < MAX_SPARES) {
        spares.push(files);
        return;
      }
    }
    files.discard(directory);
  }

  private void load(boolean onlyForced) throws IOException {
    removeRubbish();
    for (String id : entryIds(directory)) {
      nextId.accumulateAndGet(Long.parseLong(id, 16) + 1, Math::max);
      Optional<EntryIntent> intent = EntryIntent.read(JournalEntry.intentFile(directory, id));
      if (intent.isEmpty()) {
        continue; // died while it was made: no byte had been taken yet
      }
      entries.put(id, JournalEntry.reopen(this, directory, id, intent.get(), onlyForced));
    }
  }

  /** Removes data files and logs without an intent: a coming entry could get their id. */
  private void removeRubbish() throws IOException {
    Set<String> intents = Set.copyOf(entryIds(directory));
    List<Path> files;
    try (Stream<Path> all = Files.list(directory)) {
      files = all.toList();
    }
    for (Path file : files) {
      String name = file.getFileName().toString();
      int dot = name.indexOf('.');
      if (name.matches("[0-9a-f]{8,16}\\.(data|log)(\\.new)?")
          && !intents.contains(name.substring(0, dot))) {
        Files.deleteIfExists(file);
      }
    }
  }

  private static List<JournalSummary.Entry> summaries(Path directory, boolean onlyForced)
      throws IOException {
    List<JournalSummary.Entry> found = new ArrayList<>();
    for (String id : entryIds(directory)) {
      try {
        Optional<EntryIntent> read = EntryIntent.read(JournalEntry.intentFile(directory, id));
        if (read.isEmpty()) {
          continue;
        }
        EntryIntent intent = read.get();
        ExtentLog.Replay replay = ExtentLog.replay(JournalEntry.logFile(directory, id), onlyForced);
        found.add(
            new JournalSummary.Entry(
                id,
                intent.path(),
                intent.operation(),
                intent.failure().isPresent()
                    ? JournalEntry.State.FAILED
                    : JournalEntry.State.ACTIVE,
                intent.failure(),
                intent.since(),
                replay.dirty().totalBytes(),
                replay.size()));
      } catch (NoSuchFileException e) {
        // completed by its process meanwhile: nothing to show
      }
    }
    return found;
  }

  private static List<String> entryIds(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.matches("[0-9a-f]{8,16}\\" + INTENT_SUFFIX))
          .map(name -> name.substring(0, name.length() - INTENT_SUFFIX.length()))
          .sorted()
          .toList();
    }
  }

  private static List<Path> directories(Path root) throws IOException {
    try (Stream<Path> children = Files.list(root)) {
      return children.filter(Files::isDirectory).sorted().toList();
    }
  }

  private static Path makeUnique(Path root, JournalIdentity identity) throws IOException {
    String stem = (identity.kind() + "-" + identity.name()).replaceAll("[^A-Za-z0-9-]", "_");
    while (true) {
      Path directory = root.resolve(String.format(Locale.ROOT, "%s-%08x", stem, RANDOM.nextInt()));
      try {
        JournalFiles.makeDirectory(directory);
        return directory;
      } catch (FileAlreadyExistsException e) {
        // taken: another number
      }
    }
  }

  /** Locks a journal's directory; empty when a process, this one included, holds it. */
  private static Optional<FileChannel> tryLock(Path directory) throws IOException {
    // a second descriptor of a file locked by this process must never be opened: closing it would
    // release the lock (fcntl(2))
    if (HELD.contains(directory)) {
      return Optional.empty();
    }
    FileChannel channel =
        JournalFiles.open(
            directory.resolve(LOCK_NAME), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock lock = channel.tryLock();
      if (lock != null) {
        HELD.add(directory);
        return Optional.of(channel);
      }
    } catch (OverlappingFileLockException e) {
      channel.close();
      throw new IOException(directory + " is locked by this process outside the journal", e);
    }
    channel.close();
    return Optional.empty();
  }

  private static void release(Path directory, FileChannel lock) {
    try {
      lock.close();
    } catch (IOException e) {
      throw new IllegalStateException("a lock cannot fail to be released", e);
    } finally {
      HELD.remove(directory);
    }
  }

  private static void deleteTree(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  private record Identified(JournalIdentity identity, String bootId) {}

  private static byte[] identityJson(JournalIdentity identity) throws IOException {
    return JSON.writeValueAsBytes(
        JSON.createObjectNode()
            .put("kind", identity.kind())
            .put("endpoint", identity.endpoint())
            .put("account", identity.account())
            .put("name", identity.name())
            .put("subdirectory", identity.subdirectory())
            .put("mountPoint", identity.mountPoint())
            .put("bootId", bootId())
            .put("pid", ProcessHandle.current().pid()));
  }

  private static Optional<Identified> readIdentity(Path directory) throws IOException {
    JsonNode node;
    try {
      node = JSON.readTree(Files.readAllBytes(directory.resolve(IDENTITY_NAME)));
    } catch (NoSuchFileException | JsonProcessingException e) {
      return Optional.empty();
    }
    if (!node.path("kind").isTextual()) {
      return Optional.empty();
    }
    return Optional.of(
        new Identified(
            new JournalIdentity(
                node.path("kind").asText(),
                node.path("endpoint").asText(),
                node.path("account").asText(),
                node.path("name").asText(),
                node.path("subdirectory").asText(),
                node.path("mountPoint").asText()),
            node.path("bootId").asText()));
  }

  private static String bootId() throws IOException {
    return Files.isReadable(BOOT_ID) ? Files.readString(BOOT_ID).strip() : "";
  }

  /** Orders making, taking over and removing of journals between processes and threads. */
  private static final class RootLock implements AutoCloseable {
    private static final ReentrantLock IN_PROCESS = new ReentrantLock();

    private final Path root;
    private final FileChannel channel;

    private RootLock(Path root, FileChannel channel) {
      this.root = root;
      this.channel = channel;
    }

    static RootLock take(Path journalRoot) throws IOException {
      IN_PROCESS.lock();
      try {
        Path real = journalRoot.toRealPath();
        FileChannel channel =
            JournalFiles.open(
                real.resolve(LOCK_NAME), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        channel.lock();
        return new RootLock(real, channel);
      } catch (IOException | RuntimeException e) {
        IN_PROCESS.unlock();
        throw e;
      }
    }

    Path root() {
      return root;
    }

    @Override
    public void close() throws IOException {
      try {
        channel.close();
      } finally {
        IN_PROCESS.unlock();
      }
    }
  }
}
