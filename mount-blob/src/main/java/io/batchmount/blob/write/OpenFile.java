package io.batchmount.blob.write;

import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.BlobType;
import io.batchmount.blob.store.BlockList;
import io.batchmount.blob.store.BlockRef;
import io.batchmount.core.ContentTypes;
import io.batchmount.core.Errno;
import io.batchmount.core.FileAttributes;
import io.batchmount.core.FileType;
import io.batchmount.core.FsException;
import io.batchmount.core.journal.Extent;
import io.batchmount.core.journal.ExtentSet;
import io.batchmount.core.journal.JournalEntry;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that is open for writing or has unsaved changes: one state for all handles of its path.
 *
 * <p>Two locks: {@code mutation} is held by whoever changes the file, a commit included, so that
 * what is committed is one state of it; {@code state} is held for moments where saved version and
 * journal change places, so that readers go on while a commit runs.
 */
final class OpenFile {
  private static final Logger LOG = LoggerFactory.getLogger(OpenFile.class);

  /** Unsaved content that an unlinked file keeps readable is fetched up to this size: 256 MiB. */
  private static final long KEEP_LIMIT = 256L << 20;

  private static final int KEEP_CHUNK = 1 << 20;

  private final WriteContext context;
  private final boolean asAppendBlob;
  private final ReentrantLock mutation = new ReentrantLock();
  private final ReentrantReadWriteLock state = new ReentrantReadWriteLock();
  private final Set<WriteHandle> handles = ConcurrentHashMap.newKeySet();
  private final Attempts attempts = new Attempts();
  private final StreamedBlocks stream;

  // changed under mutation, what readers use also under state
  private volatile String path;
  private volatile String blob;
  private volatile Optional<BlobProperties> base;
  private Optional<List<BlockRef>> layout;
  private volatile long validBase;
  private volatile long size;
  private volatile Map<String, String> metadata;
  private volatile boolean metadataChanged;
  private boolean removing; // guarded by mutation; its blob is being deleted or replaced
  private volatile Optional<Instant> written = Optional.empty(); // last write since a commit
  private volatile Optional<JournalEntry> entry = Optional.empty();
  private volatile Optional<FsException> failure = Optional.empty();
  private volatile boolean nameless; // unlinked, or lost a conflict
  private long epoch;

  OpenFile(
      WriteContext context,
      String path,
      String blob,
      Optional<BlobProperties> base,
      Map<String, String> metadata,
      boolean asAppendBlob) {
    this.context = context;
    this.path = path;
    this.blob = blob;
    this.base = base;
    this.layout = base.isPresent() ? Optional.empty() : Optional.of(List.of());
    this.size = base.map(BlobProperties::size).orElse(0L);
    this.validBase = size;
    this.metadata = Map.copyOf(metadata);
    this.asAppendBlob = asAppendBlob;
    this.stream =
        new StreamedBlocks(
            context.pool(), context.committer().stager(), context.committer().schedule());
  }

  String path() {
    return path;
  }

  /** Whether the service has no version of it yet. */
  boolean isNew() {
    return base.isEmpty();
  }

  /** Whether the service may have a version of it, perhaps by a commit without an answer. */
  boolean mayBeStored() {
    return base.isPresent() || !attempts.isEmpty();
  }

  Optional<BlobProperties> base() {
    return base;
  }

  boolean isNameless() {
    return nameless;
  }

  /** Whether the service does not have all of it. */
  boolean hasChanges() {
    return base.isEmpty()
        || entry.isPresent()
        || metadataChanged
        || size != base.get().size()
        || validBase != base.get().size();
  }

  boolean waitsForCommit() {
    return !nameless && hasChanges();
  }

  Optional<FsException> failure() {
    return failure;
  }

  long unsavedBytes() {
    return entry.map(JournalEntry::dirtyBytes).orElse(0L);
  }

  void add(WriteHandle handle) {
    handles.add(handle);
  }

  /** Takes a handle away; true when it was the last. */
  boolean remove(WriteHandle handle) {
    handles.remove(handle);
    return handles.isEmpty();
  }

  boolean isOpen() {
    return !handles.isEmpty();
  }

  long writers() {
    return handles.stream().filter(WriteHandle::isWriter).count();
  }

  FileAttributes attributes() {
    Instant changed =
        written.orElseGet(
            () ->
                base.map(BlobProperties::lastModified).orElseGet(() -> context.clock().instant()));
    return context.codec().attributes(FileType.REGULAR, size, currentMetadata(), changed);
  }

  Map<String, String> currentMetadata() {
    Optional<Instant> time = written;
    return time.isPresent() ? AttributeCodec.written(metadata, time.get()) : metadata;
  }

  int read(ByteBuffer target, long offset) throws FsException {
    int begin = target.position();
    try {
      return readOnce(target, offset);
    } catch (FsException e) {
      if (e.errno() != Errno.ESTALE || nameless || attempts.isEmpty()) {
        throw e;
      }
      // a commit of ours without an answer may have taken the place of the version that is read
      // from: the next one finds that out
      target.position(begin);
      commit();
      return readOnce(target, offset);
    }
  }

  private int readOnce(ByteBuffer target, long offset) throws FsException {
    Waiting.lock(state.readLock(), "a commit of " + path);
    try {
      return image(
              entry
                  .map(e -> e.dirtyWithin(offset, offset + target.remaining()))
                  .orElseGet(ExtentSet::new))
          .read(context.reader(), target, offset);
    } finally {
      state.readLock().unlock();
    }
  }

  /**
   * Takes bytes.
   *
   * @param append write at the end, whatever {@code offset} is
   */
  int write(ByteBuffer source, long offset, boolean append) throws FsException {
    int length = source.remaining();
    Optional<Future<BlockRef>> wait;
    Waiting.lock(mutation, "a commit of " + path);
    try {
      long at = append ? size : offset;
      checkFits(at + length);
      if (length == 0) {
        return 0;
      }
      JournalEntry target = entry.isPresent() ? entry.get() : firstWrite();
      stream.forget(at, at + length);
      target.write(source, at);
      size = Math.max(size, at + length);
      touch();
      if (!nameless) {
        streamOn(target);
      }
      wait = stream.tooFarAhead();
    } finally {
      mutation.unlock();
    }
    if (wait.isPresent()) {
      StreamedBlocks.slowDown(wait.get());
    }
    return length;
  }

  void truncate(long newSize) throws FsException {
    Waiting.lock(mutation, "a commit of " + path);
    try {
      checkFits(newSize);
      if (newSize == size) {
        return;
      }
      JournalEntry target = entry.isPresent() ? entry.get() : firstWrite();
      state.writeLock().lock();
      try {
        target.truncate(newSize);
        validBase = Math.min(validBase, newSize);
        size = newSize;
      } finally {
        state.writeLock().unlock();
      }
      stream.cut(newSize);
      touch();
    } finally {
      mutation.unlock();
    }
  }

  /** Changes metadata; with the next commit when one is due, else by a request of its own. */
  void changeMetadata(MetadataChange change) throws FsException {
    Waiting.lock(mutation, "a commit of " + path);
    try {
      boolean due = hasChanges();
      Map<String, String> changed = change.apply(currentMetadata(), FileType.REGULAR);
      AttributeCodec.checkSize(path, changed);
      Map<String, String> before = metadata;
      Optional<Instant> writtenBefore = written;
      metadata = Map.copyOf(changed);
      written = Optional.empty();
      metadataChanged = true;
      epoch++;
      if (nameless) {
        return;
      }
      if (entry.isPresent()) {
        entry.get().updateFacts(path, facts());
      }
      if (!due) {
        try {
          commitLocked();
        } catch (FsException e) {
          if (entry.isEmpty() && e.errno() != Errno.EINTR) {
            metadata = before; // it was told: nothing stays behind to be retried
            written = writtenBefore;
            metadataChanged = false;
          }
          throw e;
        }
      }
    } finally {
      mutation.unlock();
    }
  }

  /** Returns when the service has all of it. */
  void commit() throws FsException {
    Waiting.lock(mutation, "a commit of " + path);
    try {
      if (waitsForCommit()) {
        commitLocked();
      }
    } finally {
      mutation.unlock();
    }
  }

  /** Commits, then removes the file from the table if nobody has it open. */
  void commitInBackground() throws FsException {
    commit();
    String idle = path;
    try (PathLocks.Held held = context.locks().lock(idle)) {
      if (!isOpen() && !waitsForCommit()) {
        context.files().remove(idle, this);
      }
    }
  }

  /** Makes what was written survive a crash of the machine, without the service. */
  void force() throws FsException {
    Waiting.lock(mutation, "a commit of " + path);
    try {
      if (waitsForCommit()) {
        JournalEntry kept = journalEntry();
        kept.updateFacts(path, facts());
        kept.force();
      }
    } finally {
      mutation.unlock();
    }
  }

  /** Keeps everybody else from changing or saving a file, until closed. */
  interface Hold extends AutoCloseable {
    /** Of a file that is not there. */
    Hold NONE = () -> {};

    @Override
    void close();
  }

  /** Holds the file against changes and commits by others than this thread. */
  Hold hold() throws FsException {
    Waiting.lock(mutation, "a commit of " + path);
    return mutation::unlock;
  }

  /**
   * To be called before the file's blob is deleted or replaced, with the file held: what open
   * handles read of the saved version goes into the journal. If the blob stays after all, the next
   * commit sends it once more. The journal knows from now on that nothing is lost when it is gone.
   */
  void keepForReaders() throws FsException {
    if (isOpen()) {
      keepBase();
    }
    removing = true;
    try {
      if (entry.isPresent()) {
        entry.get().updateFacts(path, facts());
      }
    } catch (FsException e) {
      removing = false;
      throw e;
    }
  }

  /** What {@link #keepForReaders} was called for has failed: what is unsaved counts again. */
  void stays(FsException cause) {
    removing = false;
    try {
      if (entry.isPresent()) {
        entry.get().updateFacts(path, facts());
      }
    } catch (FsException e) {
      cause.addSuppressed(e);
    }
  }

  /**
   * The name is gone: content stays readable through the handles, nothing is committed any more.
   */
  void unlinked() throws FsException {
    try (Hold held = hold()) {
      nameless = true;
      failure = Optional.empty(); // what could not be saved is not wanted any more
      stream.reset();
      context.files().remove(path, this);
      if (!isOpen()) {
        discard();
      } else if (entry.isPresent()) {
        entry.get().updateFacts(path, Map.of(EntryFacts.UNLINKED, "true"));
      }
    }
  }

  /** Nobody can read it any more. */
  void discard() throws FsException {
    if (entry.isPresent() && failure.isEmpty()) {
      entry.get().complete();
      entry = Optional.empty();
    }
  }

  /** What could not be made at all leaves nothing behind. */
  void discardFailed() throws FsException {
    Waiting.lock(mutation, "a commit of " + path);
    try {
      nameless = true;
      context.files().remove(path, this);
      context.files().removeLost(this);
      if (entry.isPresent()) {
        entry.get().complete();
        entry = Optional.empty();
      }
    } finally {
      mutation.unlock();
    }
  }

  /** The file has another name, and its saved version, if it has one, is another blob. */
  void moved(String newPath, String newBlob, Optional<BlobProperties> newBase) throws FsException {
    Waiting.lock(mutation, "a commit of " + path);
    try {
      state.writeLock().lock();
      try {
        context.files().remove(path, this);
        path = newPath;
        blob = newBlob;
        base = newBase;
        layout = newBase.isPresent() ? Optional.empty() : Optional.of(List.of());
        stream.reset();
        attempts.clear();
        context.files().put(newPath, this);
      } finally {
        state.writeLock().unlock();
      }
      if (entry.isPresent()) {
        entry.get().updateFacts(path, facts());
      }
    } finally {
      mutation.unlock();
    }
  }

  /**
   * The version that the next commit replaces; for a new file that is put over an existing one by
   * rename.
   */
  void replaces(Optional<BlobProperties> version) throws FsException {
    Waiting.lock(mutation, "a commit of " + path);
    try {
      state.writeLock().lock();
      try {
        base = version;
        layout = version.isPresent() ? Optional.empty() : Optional.of(List.of());
        validBase = 0;
      } finally {
        state.writeLock().unlock();
      }
      JournalEntry kept = journalEntry();
      kept.updateFacts(path, facts());
    } finally {
      mutation.unlock();
    }
  }

  private void commitLocked() throws FsException {
    try {
      while (hasChanges()) {
        entry.ifPresent(unsaved -> stream.finish(blob, unsaved, size));
        List<CommitPlan.Staged> staged = stream.await();
        FileImage image = image(entry.map(JournalEntry::dirty).orElseGet(ExtentSet::new));
        FileCommitter.Result result =
            context
                .committer()
                .commit(path, blob, image, asAppendBlob, staged, stream.ids(), attempts, epoch);
        committed(result);
      }
      if (failure.isPresent()) {
        LOG.info("{}: saved at last", path);
        failure = Optional.empty();
      }
    } catch (FsException e) {
      failed(e);
      throw e;
    }
  }

  private void committed(FileCommitter.Result result) throws FsException {
    boolean all = result.savedTo() >= size;
    boolean sameMetadata = AttributeCodec.same(result.properties().metadata(), currentMetadata());
    state.writeLock().lock();
    try {
      base = Optional.of(result.properties());
      layout = Optional.of(result.layout());
      validBase = result.properties().size();
      if (all && (sameMetadata || result.properties().type() == BlobType.BLOCK)) {
        metadata = currentMetadata();
        written = Optional.empty();
        metadataChanged = false;
      }
      if (all) {
        Optional<JournalEntry> saved = entry;
        entry = Optional.empty();
        if (saved.isPresent()) {
          saved.get().complete();
        }
      } else if (entry.isPresent()) {
        entry.get().updateFacts(path, facts());
        entry.get().markClean(0, result.savedTo());
      }
    } finally {
      state.writeLock().unlock();
    }
    stream.reset();
    attempts.clear();
    removing = false;
    context.namespace().fileStored(path, result.properties());
  }

  private void failed(FsException e) {
    if (e.errno() == Errno.EINTR) {
      noteAttempts();
      context.background().soon(this);
      return;
    }
    if (failure.isEmpty()) {
      LOG.warn("{}: could not be saved: {}", path, e.toLogLine());
    }
    failure = Optional.of(e);
    handles.forEach(handle -> handle.latch(e));
    try {
      JournalEntry kept = journalEntry();
      kept.updateFacts(path, facts());
      kept.fail(e.getMessage());
    } catch (FsException second) {
      LOG.error("{}: the journal cannot keep it: {}", path, second.toLogLine());
    }
    if (e.errno() == Errno.ESTALE) {
      nameless = true;
      context.files().remove(path, this);
      context.files().addLost(this);
      context.namespace().forget(path);
    } else {
      context.background().later(this);
    }
  }

  private void noteAttempts() {
    try {
      if (entry.isPresent()) {
        entry.get().updateFacts(path, facts());
      }
    } catch (FsException second) {
      LOG.error("{}: the journal cannot note it: {}", path, second.toLogLine());
    }
  }

  private void touch() {
    written = Optional.of(context.clock().instant());
    epoch++;
  }

  private void checkFits(long end) throws FsException {
    if (end < 0 || end > context.committer().schedule().capacity()) {
      throw new FsException(
          Errno.EFBIG,
          path
              + ": larger than "
              + context.committer().schedule().capacity()
              + " bytes, the most that fits into a blob with this --block-size");
    }
  }

  private void streamOn(JournalEntry target) {
    if (!stream.isStarted()) {
      boolean onNothing = validBase == 0;
      boolean onAll = base.isPresent() && validBase == base.get().size();
      if (asAppendBlob
          || base.filter(b -> b.type() != BlobType.BLOCK).isPresent()
          || !(onNothing || onAll)
          || !stream.wouldStage(target, validBase, size)) {
        return;
      }
      if (layout.isEmpty()) {
        String version = base.orElseThrow().etag();
        try {
          BlockList list = context.request(() -> context.store().getBlockList(blob));
          if (!list.etag().equals(version)) {
            return; // the commit will find the conflict
          }
          layout = Optional.of(list.blocks());
        } catch (FsException e) {
          LOG.debug("{}: not staged while it is written: {}", path, e.toLogLine());
          return; // the bytes are taken: the commit tells what is wrong
        }
      }
      stream.start(validBase, layout.get());
    }
    stream.advance(blob, target, size);
  }

  private FileImage image(ExtentSet dirty) {
    return new FileImage(
        base,
        layout,
        validBase,
        size,
        dirty,
        entry,
        isAppendBlob() && !metadataChanged && base.isPresent()
            ? base.get().metadata()
            : currentMetadata(),
        contentType());
  }

  private boolean isAppendBlob() {
    return base.map(b -> b.type() == BlobType.APPEND).orElse(asAppendBlob);
  }

  private Optional<String> contentType() {
    Optional<String> present = base.flatMap(BlobProperties::contentType);
    return present.isPresent() || !context.options().contentTypes()
        ? present
        : ContentTypes.ofName(path);
  }

  /** An entry whose facts have the time of the change that it is made for. */
  private JournalEntry firstWrite() throws FsException {
    Optional<Instant> before = written;
    touch();
    try {
      return journalEntry();
    } catch (FsException e) {
      written = before;
      throw e;
    }
  }

  private JournalEntry journalEntry() throws FsException {
    if (entry.isPresent()) {
      return entry.get();
    }
    JournalEntry begun = context.journal().beginLazily(path, EntryFacts.WRITE, facts());
    if (base.isPresent()) {
      begun.truncate(validBase);
    }
    if (size != begun.size()) {
      begun.truncate(size);
    }
    entry = Optional.of(begun);
    return begun;
  }

  private Map<String, String> facts() {
    Map<String, String> facts =
        EntryFacts.ofWrite(blob, base, validBase, currentMetadata(), contentType(), asAppendBlob);
    facts.putAll(attempts.facts());
    if (removing) {
      facts.put(EntryFacts.REMOVING, "true");
    }
    return facts;
  }

  /** Copies what still counts of the saved version into the journal, before it is deleted. */
  private void keepBase() throws FsException {
    long end = Math.min(validBase, size);
    if (base.isEmpty() || end == 0) {
      return;
    }
    if (end > KEEP_LIMIT) {
      LOG.warn("{}: unlinked while open and too large to be kept; reading may fail", path);
      return;
    }
    JournalEntry kept = journalEntry();
    List<Extent> gaps = new ArrayList<>(kept.dirty().gaps(0, end));
    ByteBuffer buffer = ByteBuffer.allocate(KEEP_CHUNK);
    for (Extent gap : gaps) {
      for (long at = gap.from(); at < gap.to(); ) {
        buffer.clear().limit((int) Math.min(KEEP_CHUNK, gap.to() - at));
        read(buffer, at);
        buffer.flip();
        int length = buffer.remaining();
        kept.write(buffer, at);
        at += length;
      }
    }
  }
}
