package io.batchmount.blob.write;

import io.batchmount.blob.BlobContentReader;
import io.batchmount.blob.BlobMountOptions;
import io.batchmount.blob.BlobMountOptions.Conflict;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.BlobStore;
import io.batchmount.blob.store.BlobType;
import io.batchmount.blob.store.WriteCondition;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.MemoryBudget;
import io.batchmount.core.OperationContext;
import io.batchmount.core.journal.Extent;
import io.batchmount.core.journal.JournalEntry;
import io.batchmount.core.journal.MountJournal;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finishes what a dead mount left in its journal: unsaved files are committed under the condition
 * that the blob is still the version they were written on; renames are finished or taken back. What
 * cannot be finished stays in the journal with the reason.
 */
public final class BlobRecovery {
  private static final Logger LOG = LoggerFactory.getLogger(BlobRecovery.class);
  private static final int COMPARE_BUFFER = 1 << 20;
  private static final int LOOKS = 3;
  private static final long BUDGET = 256L << 20; // sixteen blocks of 8 MiB and as much again

  /** What became of an entry. */
  public enum Result {
    /** It is in the service now. */
    SAVED,
    /** It had been saved before the process died, or nothing was left to do. */
    NOTHING_LEFT,
    /** Somebody else changed the blob since; the bytes stay in the journal. */
    CONFLICT,
    /** It could not be done now; the bytes stay in the journal. */
    FAILED
  }

  /**
   * One entry.
   *
   * @param path path below the mount point
   * @param operation what it was about, such as {@code write}
   * @param result what became of it
   * @param bytes unsaved bytes that it held
   * @param reason why it was not finished
   */
  public record Outcome(
      String path, String operation, Result result, long bytes, Optional<String> reason) {}

  private final BlobStore store;
  private final Duration timeout;
  private final Conflict conflict;
  private final TransferPool pool;
  private final FileCommitter committer;

  private BlobRecovery(BlobStore store, Duration timeout, Conflict conflict, TransferPool pool) {
    this.store = store;
    this.timeout = timeout;
    this.conflict = conflict;
    this.pool = pool;
    BlobContentReader reader =
        (version, target, offset) -> {
          int before = target.position();
          store.download(version.name(), offset, target, Optional.of(version.etag()));
          return target.position() - before;
        };
    this.committer =
        new FileCommitter(
            store,
            reader,
            pool,
            new BlockSchedule(BlobMountOptions.DEFAULT_BLOCK_SIZE),
            conflict,
            timeout);
  }

  /**
   * Recovers all entries of a journal, with {@link Conflict#FAIL} and the usual deadline.
   *
   * @param journal an abandoned journal ({@link MountJournal#openAbandoned}); stays open
   * @param store the container that the journal's identity names
   */
  public static List<Outcome> recover(MountJournal journal, BlobStore store) throws FsException {
    return recover(journal, store, Conflict.FAIL, Duration.ofMinutes(2));
  }

  /**
   * Recovers all entries of a journal.
   *
   * @param conflict what happens to files whose blob somebody else changed
   * @param timeout deadline of one request
   * @return one outcome for each entry, in the order in which they began
   */
  public static List<Outcome> recover(
      MountJournal journal, BlobStore store, Conflict conflict, Duration timeout)
      throws FsException {
    try (TransferPool pool = new TransferPool(new MemoryBudget(BUDGET), timeout)) {
      BlobRecovery recovery = new BlobRecovery(store, timeout, conflict, pool);
      List<Outcome> outcomes = new ArrayList<>();
      for (JournalEntry entry : journal.entries()) {
        outcomes.add(recovery.recover(entry));
      }
      return outcomes;
    }
  }

  private Outcome recover(JournalEntry entry) throws FsException {
    String path = entry.path();
    String operation = entry.operation();
    long bytes = entry.dirtyBytes();
    try (OperationContext context = OperationContext.open(timeout, () -> false)) {
      Result result =
          switch (operation) {
            case EntryFacts.WRITE -> writeAndLookAgain(entry);
            case EntryFacts.RENAME -> rename(entry);
            case EntryFacts.RENAME_DIRECTORY -> renameDirectory(entry);
            default ->
                throw new FsException(
                    Errno.ENOTSUP, "an entry of a later version of this program: " + operation);
          };
      entry.complete();
      LOG.info("{}: {} of a dead mount: {}", path, operation, result);
      return new Outcome(path, operation, result, bytes, Optional.empty());
    } catch (FsException e) {
      entry.fail(e.getMessage());
      LOG.warn("{}: {} of a dead mount not finished: {}", path, operation, e.toLogLine());
      Result result = e.errno() == Errno.ESTALE ? Result.CONFLICT : Result.FAILED;
      return new Outcome(path, operation, result, bytes, Optional.of(e.getMessage()));
    }
  }

  /**
   * A request that the dead process had sent may be carried out while its journal is recovered: a
   * conflict is one only if the version that is there then does not hold these very bytes.
   */
  private Result writeAndLookAgain(JournalEntry entry) throws FsException {
    for (int i = 1; i < LOOKS; i++) {
      try {
        return write(entry);
      } catch (FsException e) {
        if (e.errno() != Errno.ESTALE) {
          throw e;
        }
        LOG.debug("{}: looking again: {}", entry.path(), e.toLogLine());
      }
    }
    return write(entry);
  }

  private Result write(JournalEntry entry) throws FsException {
    Map<String, String> facts = entry.facts();
    if (facts.containsKey(EntryFacts.UNLINKED)) {
      return Result.NOTHING_LEFT;
    }
    String blob = facts.get(EntryFacts.BLOB);
    Optional<String> etag = Optional.ofNullable(facts.get(EntryFacts.ETAG));
    boolean wholeBase = !facts.containsKey(EntryFacts.VALID_BASE);
    if (etag.isPresent()
        && wholeBase
        && entry.floor() == Long.MAX_VALUE
        && entry.dirty().isEmpty()) {
      // the first record of an entry on a saved version is its size: the process died before it
      return Result.NOTHING_LEFT;
    }
    Optional<BlobProperties> now = find(blob);
    boolean sameVersion = now.map(BlobProperties::etag).equals(etag);
    if (!sameVersion && now.isPresent() && holds(now.get(), entry)) {
      return Result.NOTHING_LEFT; // the commit had been done, only its answer was not heard
    }
    Attempts attempts = Attempts.ofFacts(facts);
    boolean ours =
        !sameVersion && now.isPresent() && attempts.epochOf(store, now.get()).isPresent();
    if (!sameVersion && !ours && facts.containsKey(EntryFacts.REMOVING)) {
      return Result.NOTHING_LEFT; // deleted or replaced by the dead process itself
    }
    if (!sameVersion && !ours && conflict == Conflict.FAIL) {
      throw new FsException(
          Errno.ESTALE,
          entry.path()
              + (now.isPresent()
                  ? ": somebody else changed it since; what was written is kept here"
                  : ": somebody else deleted it since; what was written is kept here"));
    }
    long baseSize =
        Math.min(
            now.map(BlobProperties::size).orElse(0L),
            Optional.ofNullable(facts.get(EntryFacts.VALID_BASE))
                .map(Long::parseLong)
                .orElse(Long.MAX_VALUE));
    FileImage image =
        new FileImage(
            now,
            now.isPresent() ? Optional.empty() : Optional.of(List.of()),
            Math.min(baseSize, entry.floor()),
            entry.size(),
            entry.dirty(),
            Optional.of(entry),
            metadata(entry),
            Optional.ofNullable(facts.get(EntryFacts.CONTENT_TYPE)));
    boolean append = facts.containsKey(EntryFacts.APPEND);
    while (true) {
      FileCommitter.Result result =
          committer.commit(
              entry.path(),
              blob,
              image,
              append,
              List.of(),
              new BlockIds(BlockIds.DEFAULT_LENGTH, Set.of()),
              attempts,
              0);
      if (result.savedTo() >= image.size()) {
        return Result.SAVED;
      }
      image = rest(image, result);
    }
  }

  /** The metadata to save: its time is that of the last write, which the facts may not know. */
  private static Map<String, String> metadata(JournalEntry entry) {
    Map<String, String> noted = EntryFacts.metadata(entry.facts());
    return entry.changedSinceFacts().map(time -> AttributeCodec.written(noted, time)).orElse(noted);
  }

  /** What an append blob still lacks. */
  private static FileImage rest(FileImage image, FileCommitter.Result result) {
    var dirty = image.dirty().copy();
    dirty.remove(0, result.savedTo());
    return new FileImage(
        Optional.of(result.properties()),
        Optional.of(List.of()),
        result.properties().size(),
        image.size(),
        dirty,
        image.entry(),
        image.metadata(),
        image.contentType());
  }

  /** Whether a version has the size and all unsaved bytes of an entry. */
  private boolean holds(BlobProperties version, JournalEntry entry) throws FsException {
    if (version.size() != entry.size()) {
      return false;
    }
    ByteBuffer mine = ByteBuffer.allocate(COMPARE_BUFFER);
    ByteBuffer stored = ByteBuffer.allocate(COMPARE_BUFFER);
    for (Extent extent : entry.dirty().extents()) {
      for (long at = extent.from(); at < extent.to(); ) {
        int length = (int) Math.min(COMPARE_BUFFER, extent.to() - at);
        entry.read(mine.clear().limit(length), at);
        store.download(
            version.name(), at, stored.clear().limit(length), Optional.of(version.etag()));
        if (!mine.flip().equals(stored.flip())) {
          return false;
        }
        at += length;
      }
    }
    // times are noted when an entry begins, and move with each write after it
    return AttributeCodec.same(
            AttributeCodec.withoutTimes(version.metadata()),
            AttributeCodec.withoutTimes(EntryFacts.metadata(entry.facts())))
        || (version.type() == BlobType.APPEND && !entry.dirty().isEmpty());
  }

  private Result rename(JournalEntry entry) throws FsException {
    Map<String, String> facts = entry.facts();
    Optional<BlobProperties> source = find(facts.get(EntryFacts.SOURCE));
    Optional<BlobProperties> target = find(facts.get(EntryFacts.TARGET));
    boolean sourceIsOld =
        source.filter(s -> s.etag().equals(facts.get(EntryFacts.SOURCE_ETAG))).isPresent();
    if (!sourceIsOld) {
      return Result.NOTHING_LEFT; // deleted already, or written anew: then both are wanted
    }
    if (target.isEmpty() || !Renames.isCopy(source.get(), target.get())) {
      // The copy was never made, or the dead process's request is still on its way and would leave
      // both names. Without its source it comes to nothing: finishing is the way to one name.
      Optional<WriteCondition> condition = Renames.targetCondition(facts);
      if (condition.isEmpty() || !copied(source.get(), facts, condition.get())) {
        return Result.NOTHING_LEFT; // somebody else has the new name by now: all is as before
      }
    }
    delete(source.get().name(), WriteCondition.match(source.get().etag()));
    return Result.SAVED;
  }

  private boolean copied(BlobProperties source, Map<String, String> facts, WriteCondition condition)
      throws FsException {
    try {
      BlobProperties copy =
          store.copy(
              source.name(), Optional.of(source.etag()), facts.get(EntryFacts.TARGET), condition);
      return copy.size() == source.size();
    } catch (FsException e) {
      Optional<BlobProperties> now =
          e.errno() == Errno.EEXIST || e.errno() == Errno.ESTALE
              ? find(facts.get(EntryFacts.TARGET))
              : Optional.empty();
      if (now.isPresent() && Renames.isCopy(source, now.get())) {
        return true; // the dead process's copy has come
      }
      if (e.errno() == Errno.EEXIST || e.errno() == Errno.ESTALE || e.errno() == Errno.ENOENT) {
        LOG.debug("{}: not renamed: {}", source.name(), e.toLogLine());
        return false;
      }
      throw e;
    }
  }

  private Result renameDirectory(JournalEntry entry) throws FsException {
    List<DirectoryRename.Moved> blobs = DirectoryRename.Moved.read(entry);
    DirectoryRename.TreeMover mover = new DirectoryRename.TreeMover(store, pool);
    if (entry.facts().getOrDefault(EntryFacts.PHASE, "").equals(EntryFacts.DELETING)) {
      mover
          .deleteSources(blobs)
          .forEach(name -> LOG.warn("{}: was written anew since it was renamed; it stays", name));
      return Result.SAVED;
    }
    if (!mover.rollBack(blobs)) {
      throw new FsException(
          Errno.EIO, entry.path() + ": copies of an unfinished rename could not be deleted");
    }
    return Result.NOTHING_LEFT;
  }

  private void delete(String blob, WriteCondition condition) throws FsException {
    try {
      store.delete(blob, condition);
    } catch (FsException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
  }

  private Optional<BlobProperties> find(String blob) throws FsException {
    try {
      return Optional.of(store.getProperties(blob));
    } catch (FsException e) {
      boolean containerGone = e.serviceCode().filter("ContainerNotFound"::equals).isPresent();
      if (e.errno() == Errno.ENOENT && !containerGone) {
        return Optional.empty();
      }
      throw e;
    }
  }
}
