package io.batchmount.files;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.FsPaths;
import io.batchmount.core.OperationContext;
import io.batchmount.core.journal.Extent;
import io.batchmount.core.journal.ExtentSet;
import io.batchmount.core.journal.JournalEntry;
import io.batchmount.core.journal.MountJournal;
import io.batchmount.files.attributes.GrowthMark;
import io.batchmount.files.attributes.PosixMetadata;
import io.batchmount.files.names.ShareNames;
import io.batchmount.files.store.FileAttribute;
import io.batchmount.files.store.NewItem;
import io.batchmount.files.store.PropertyChange;
import io.batchmount.files.store.ServiceCode;
import io.batchmount.files.store.ShareStore;
import io.batchmount.files.store.StoredItem;
import io.batchmount.files.write.Facts;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the bytes that a dead mount left in its journal where they belong: at their offsets when the
 * file has not changed since, else beside the file under a name that says so. Nothing that is in
 * the share is overwritten by it, and nothing is deleted from the journal before it is stored.
 */
public final class ShareRecovery {
  private static final Logger LOG = LoggerFactory.getLogger(ShareRecovery.class);
  private static final Duration TIMEOUT = Duration.ofMinutes(2);
  private static final int COMPARE_BYTES = 1 << 20;
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  /** What became of the bytes of a file. */
  public enum Result {
    /** They are in the file now. */
    SAVED,
    /** They had arrived before the process died. */
    NOTHING_LEFT,
    /** The file was changed by somebody else: they lie beside it. */
    SAVED_BESIDE,
    /** It could not be done now; they stay in the journal. */
    FAILED
  }

  /**
   * What became of one file.
   *
   * @param path path below the mount point
   * @param result what became of it
   * @param bytes bytes that the journal held
   * @param savedAs path below the mount point where they lie now; empty when they stay
   * @param reason why they are not where they belong
   */
  public record Outcome(
      String path, Result result, long bytes, Optional<String> savedAs, Optional<String> reason) {}

  private final ShareStore store;
  private final ShareNames names;

  private ShareRecovery(ShareStore store, ShareNames names) {
    this.store = store;
    this.names = names;
  }

  /**
   * Recovers all entries of a journal.
   *
   * @param journal an abandoned journal ({@link MountJournal#openAbandoned}); stays open
   * @param store the share that the journal's identity names
   * @return one outcome for each file, in the order in which their entries began
   */
  public static List<Outcome> recover(MountJournal journal, ShareStore store) {
    ShareRecovery recovery =
        new ShareRecovery(store, new ShareNames(journal.identity().subdirectory(), false));
    Map<String, List<JournalEntry>> files = new LinkedHashMap<>();
    for (JournalEntry entry : journal.entries()) {
      Map<String, String> facts = entry.facts();
      String key =
          String.join(
              "\0",
              entry.path(),
              facts.getOrDefault(Facts.MADE_ID, facts.getOrDefault(Facts.FILE_ID, "")),
              facts.getOrDefault(Facts.UNLINKED, ""),
              entry.state().name());
      files.computeIfAbsent(key, k -> new ArrayList<>()).add(entry);
    }
    List<Outcome> outcomes = new ArrayList<>();
    for (List<JournalEntry> entries : files.values()) {
      outcomes.add(recovery.recover(entries));
    }
    return outcomes;
  }

  private Outcome recover(List<JournalEntry> entries) {
    String path = entries.get(0).path();
    Patch patch = new Patch(entries);
    try (OperationContext context = OperationContext.open(TIMEOUT, () -> false)) {
      Outcome outcome = put(path, patch);
      for (JournalEntry entry : entries) {
        entry.complete();
      }
      LOG.info("{}: {} bytes recovered: {}", path, patch.bytes(), outcome.result());
      return outcome;
    } catch (FsException e) {
      LOG.warn("{}: not recovered: {}", path, e.toLogLine());
      return new Outcome(
          path, Result.FAILED, patch.bytes(), Optional.empty(), Optional.of(e.getMessage()));
    }
  }

  private Outcome put(String path, Patch patch) throws FsException {
    if (patch.isUnlinked()) {
      return new Outcome(
          path,
          Result.NOTHING_LEFT,
          patch.bytes(),
          Optional.empty(),
          Optional.of("the file was deleted while it was open"));
    }
    Optional<StoredItem> there = find(path);
    if (there.isEmpty()) {
      return patch.isNew()
          ? create(path, path, patch, Result.SAVED, Optional.empty())
          : beside(path, patch, "the file is no longer there");
    }
    if (holdsAlready(path, there.get(), patch)) {
      patch.lease().ifPresent(lease -> release(path, lease));
      return new Outcome(
          path, Result.NOTHING_LEFT, patch.bytes(), Optional.of(path), Optional.empty());
    }
    boolean placed = patch.madeIds().contains(there.get().fileId());
    if (patch.isNew() && !placed) {
      return beside(path, patch, "the name was taken meanwhile");
    }
    if (!placed && !isUnchanged(path, there.get(), patch)) {
      return beside(path, patch, "the file was changed since");
    }
    patchFile(path, there.get(), patch);
    return new Outcome(path, Result.SAVED, patch.bytes(), Optional.of(path), Optional.empty());
  }

  /** Whether nobody but the dead mount itself wrote to the file since the entry began. */
  private boolean isUnchanged(String path, StoredItem item, Patch patch) throws FsException {
    Map<String, String> facts = patch.facts();
    if (!item.fileId().equals(facts.get(Facts.FILE_ID))) {
      return false;
    }
    long visible = GrowthMark.visibleSize(item.size(), item.lastWriteTime());
    boolean same =
        Long.toString(item.size()).equals(facts.get(Facts.PHYSICAL))
            && item.lastWriteTime().toString().equals(facts.get(Facts.LAST_WRITE));
    boolean onlyGrown =
        GrowthMark.isMark(item.lastWriteTime())
            && Long.toString(visible).equals(facts.get(Facts.SIZE));
    return same || onlyGrown || holdsLease(path, patch);
  }

  /** While the dead mount's lease holds, the service has refused everybody else. */
  private boolean holdsLease(String path, Patch patch) throws FsException {
    if (patch.lease().isEmpty()) {
      return false;
    }
    try {
      store.getFileProperties(names.toStored(path), patch.lease());
      return true;
    } catch (FsException e) {
      if (ServiceCode.isLeaseGone(e)) {
        return false;
      }
      throw e;
    }
  }

  private boolean holdsAlready(String path, StoredItem item, Patch patch) throws FsException {
    long visible = GrowthMark.visibleSize(item.size(), item.lastWriteTime());
    if (patch.end() > visible) {
      return false;
    }
    String stored = names.toStored(path);
    for (Extent extent : patch.extents()) {
      for (long at = extent.from(); at < extent.to(); at += COMPARE_BYTES) {
        int length = (int) Math.min(COMPARE_BYTES, extent.to() - at);
        ByteBuffer theirs = ByteBuffer.allocate(length);
        store.getFile(stored, at, theirs);
        if (!theirs.flip().equals(patch.read(at, length))) {
          return false;
        }
      }
    }
    return true;
  }

  private void patchFile(String path, StoredItem item, Patch patch) throws FsException {
    String stored = names.toStored(path);
    String lease =
        holdsLease(path, patch) ? patch.lease().orElseThrow() : UUID.randomUUID().toString();
    try {
      store.acquireLease(stored, lease);
    } catch (FsException e) {
      if (!ServiceCode.is(e, ServiceCode.LEASE_ALREADY_PRESENT)) {
        throw e;
      }
      // the dead mount may have died before it noted its lease; a live holder finds its lease gone,
      // looks again and goes on
      store.breakLease(stored);
      store.acquireLease(stored, lease);
    }
    Optional<String> held = Optional.of(lease);
    try {
      long visible = GrowthMark.visibleSize(item.size(), item.lastWriteTime());
      if (item.size() > visible) {
        store.setFileProperties(stored, PropertyChange.ofSize(visible), held);
      }
      boolean grows = patch.end() > visible;
      if (grows) {
        store.setFileProperties(
            stored, PropertyChange.ofSize(patch.end(), GrowthMark.of(visible)), held);
      }
      putAll(stored, patch, 0, grows, held);
    } finally {
      release(path, lease);
    }
  }

  private void putAll(
      String stored, Patch patch, long shift, boolean marked, Optional<String> lease)
      throws FsException {
    List<Extent> chunks = new ArrayList<>();
    for (Extent extent : patch.extents()) {
      for (long at = extent.from(); at < extent.to(); at += ShareStore.MAX_RANGE_BYTES) {
        chunks.add(new Extent(at, Math.min(extent.to(), at + ShareStore.MAX_RANGE_BYTES)));
      }
    }
    for (int i = 0; i < chunks.size(); i++) {
      Extent chunk = chunks.get(i);
      store.putRange(
          stored,
          chunk.from() - shift,
          patch.read(chunk.from(), (int) chunk.length()),
          marked && i < chunks.size() - 1,
          lease);
    }
  }

  /** Puts the bytes into a file of their own. One run of bytes lies there without the hole. */
  private Outcome beside(String path, Patch patch, String why) throws FsException {
    List<Extent> extents = patch.extents();
    String where =
        extents.size() == 1 && extents.get(0).from() > 0
            ? ".recovered-at-" + extents.get(0).from() + "-"
            : ".recovered-";
    String directory = FsPaths.parent(path);
    if (!FsPaths.isRoot(directory) && !isDirectory(directory)) {
      directory = FsPaths.ROOT;
    }
    String stem = FsPaths.name(path) + where + STAMP.format(Instant.now());
    for (int attempt = 0; ; attempt++) {
      String name = FsPaths.join(directory, attempt == 0 ? stem : stem + "-" + attempt);
      try {
        return create(path, name, patch, Result.SAVED_BESIDE, Optional.of(why));
      } catch (FsException e) {
        if (e.errno() != Errno.EEXIST) {
          throw e;
        }
      }
    }
  }

  private Outcome create(
      String path, String as, Patch patch, Result result, Optional<String> reason)
      throws FsException {
    List<Extent> extents = patch.extents();
    boolean compact = result == Result.SAVED_BESIDE && extents.size() == 1;
    long shift = compact ? extents.get(0).from() : 0;
    Map<String, String> metadata = patch.metadata();
    Set<FileAttribute> attributes =
        PosixMetadata.of(metadata).isMarked()
            ? Set.of(FileAttribute.ARCHIVE, FileAttribute.NOT_CONTENT_INDEXED)
            : Set.of();
    // made under a hidden name and put in place whole, as the mount does
    String hidden = names.hidden("recover-" + UUID.randomUUID());
    try {
      store.createDirectory(
          names.hidden(""), new NewItem(Set.of(FileAttribute.HIDDEN), Optional.empty(), Map.of()));
    } catch (FsException e) {
      if (e.errno() != Errno.EEXIST) {
        throw e;
      }
    }
    store.createFile(
        hidden,
        patch.end() - shift,
        new NewItem(attributes, Optional.empty(), metadata),
        Optional.empty());
    try {
      putAll(hidden, patch, shift, false, Optional.empty());
      store.renameFile(hidden, names.toStored(as), false, Optional.empty(), Optional.empty());
    } catch (FsException e) {
      try {
        store.deleteFile(hidden, Optional.empty());
      } catch (FsException second) {
        e.addSuppressed(second);
      }
      throw e;
    }
    return new Outcome(path, result, patch.bytes(), Optional.of(as), reason);
  }

  private Optional<StoredItem> find(String path) throws FsException {
    try {
      return Optional.of(store.getFileProperties(names.toStored(path), Optional.empty()));
    } catch (FsException e) {
      if (ServiceCode.isAbsent(e)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private boolean isDirectory(String path) throws FsException {
    try {
      store.getDirectoryProperties(names.toStored(path));
      return true;
    } catch (FsException e) {
      if (ServiceCode.isAbsent(e)) {
        return false;
      }
      throw e;
    }
  }

  private void release(String path, String lease) {
    try {
      store.releaseLease(names.toStored(path), lease);
    } catch (FsException e) {
      LOG.debug("{}: its lease is not held: {}", path, e.toLogLine());
    }
  }

  /** The bytes of one file: later entries lie over earlier ones. */
  private static final class Patch {
    private final List<JournalEntry> entries;
    private final ExtentSet all = new ExtentSet();

    Patch(List<JournalEntry> entries) {
      this.entries = entries;
      for (JournalEntry entry : entries) {
        for (Extent extent : entry.dirty().extents()) {
          all.add(extent.from(), extent.to());
        }
      }
    }

    Map<String, String> facts() {
      return entries.get(0).facts();
    }

    boolean isNew() {
      return "true".equals(facts().get(Facts.NEW));
    }

    /** Ids of files that the dead mount made itself for these bytes. */
    Set<String> madeIds() {
      return entries.stream()
          .map(entry -> entry.facts().getOrDefault(Facts.MADE_ID, ""))
          .filter(id -> !id.isEmpty())
          .collect(java.util.stream.Collectors.toSet());
    }

    boolean isUnlinked() {
      return entries.stream().anyMatch(e -> "true".equals(e.facts().get(Facts.UNLINKED)));
    }

    /** The lease may have been noted in any of them. */
    Optional<String> lease() {
      return entries.stream()
          .map(entry -> entry.facts().get(Facts.LEASE))
          .filter(java.util.Objects::nonNull)
          .reduce((first, second) -> second);
    }

    Map<String, String> metadata() {
      Map<String, String> metadata = new HashMap<>();
      facts()
          .forEach(
              (name, value) -> {
                if (name.startsWith(Facts.METADATA)) {
                  metadata.put(name.substring(Facts.METADATA.length()), value);
                }
              });
      return metadata;
    }

    List<Extent> extents() {
      return all.extents();
    }

    long bytes() {
      return all.totalBytes();
    }

    /** Size that a file has with these bytes. */
    long end() {
      long end = all.end();
      for (JournalEntry entry : entries) {
        if (isNew()) {
          end = Math.max(end, entry.size());
        }
      }
      return end;
    }

    ByteBuffer read(long from, int length) throws FsException {
      ByteBuffer bytes = ByteBuffer.allocate(length);
      for (JournalEntry entry : entries) {
        for (Extent part : entry.dirty().intersect(from, from + length)) {
          ByteBuffer piece =
              bytes.slice(Math.toIntExact(part.from() - from), Math.toIntExact(part.length()));
          while (piece.hasRemaining()) {
            if (entry.read(piece, part.to() - piece.remaining()) <= 0) {
              throw new FsException(
                  Errno.EIO, entry.path() + ": the journal lost bytes at " + part.from());
            }
          }
        }
      }
      return bytes;
    }
  }
}
