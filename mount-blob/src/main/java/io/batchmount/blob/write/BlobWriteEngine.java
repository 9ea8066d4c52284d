package io.batchmount.blob.write;

import io.batchmount.blob.BlobContentReader;
import io.batchmount.blob.BlobEntry;
import io.batchmount.blob.BlobMountOptions;
import io.batchmount.blob.BlobMutations;
import io.batchmount.blob.BlobNamespace;
import io.batchmount.blob.store.BlobHeaders;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.BlobStore;
import io.batchmount.blob.store.WriteCondition;
import io.batchmount.core.AttributeChange;
import io.batchmount.core.Caller;
import io.batchmount.core.Errno;
import io.batchmount.core.FileAttributes;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FileType;
import io.batchmount.core.FsException;
import io.batchmount.core.FsPaths;
import io.batchmount.core.MemoryBudget;
import io.batchmount.core.OpenOptions;
import io.batchmount.core.PendingData;
import io.batchmount.core.RenameMode;
import io.batchmount.core.XattrMode;
import io.batchmount.core.journal.MountJournal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** The write engine of one mount. Thread-safe. */
public final class BlobWriteEngine implements BlobMutations {
  /** Longest target of a symbolic link (limits.h PATH_MAX). */
  private static final int MAX_TARGET = 4096;

  /** How often {@link #drain} tells what is left. */
  private static final Duration PROGRESS = Duration.ofSeconds(1);

  /** Tries of a metadata change, or a deletion, that meets other changes of the same blob. */
  private static final int TRIES = 4;

  private final WriteContext context;
  private final FileOpener opener;
  private final Directories directories;
  private final Renames renames;
  private final DirectoryRename directoryRename;

  private BlobWriteEngine(WriteContext context) {
    this.context = context;
    this.opener = new FileOpener(context);
    this.directories = new Directories(context, opener);
    this.renames = new Renames(context, directories);
    this.directoryRename = new DirectoryRename(context, directories);
  }

  /**
   * Makes the engine of a mount.
   *
   * @param reader reads saved versions through the mount's cache
   * @param budget what its buffers are taken from
   * @param journal where unsaved bytes are kept; closed by whoever opened it, after this engine
   */
  public static BlobWriteEngine open(
      BlobStore store,
      BlobNamespace namespace,
      BlobContentReader reader,
      BlobMountOptions options,
      MemoryBudget budget,
      MountJournal journal) {
    return new BlobWriteEngine(WriteContext.of(store, namespace, reader, options, budget, journal));
  }

  @Override
  public Optional<FileAttributes> pendingAttributes(String path) {
    return context.files().find(path).filter(OpenFile::hasChanges).map(OpenFile::attributes);
  }

  @Override
  public Map<String, FileAttributes> pendingEntries(String directory) {
    Map<String, FileAttributes> entries = new LinkedHashMap<>();
    for (OpenFile file : context.files().below(directory)) {
      String path = file.path();
      if (file.isNew() && FsPaths.parent(path).equals(directory)) {
        entries.put(FsPaths.name(path), file.attributes());
      }
    }
    return entries;
  }

  @Override
  public Optional<FileHandle> openPending(String path, OpenOptions options) throws FsException {
    if (context.files().find(path).isEmpty()) {
      return Optional.empty();
    }
    try (PathLocks.Held held = context.locks().lock(path)) {
      return context.files().find(path).map(file -> new WriteHandle(context, file, options));
    }
  }

  @Override
  public FileHandle openForWrite(String path, OpenOptions options) throws FsException {
    try (PathLocks.Held held = context.locks().lock(path)) {
      return opener.open(path, options);
    }
  }

  @Override
  public FileHandle create(String path, int permissions, Caller caller, OpenOptions options)
      throws FsException {
    try (PathLocks.Held held = context.locks().lock(path)) {
      return opener.create(path, permissions, caller, options);
    }
  }

  @Override
  public void truncate(String path, long size) throws FsException {
    OpenFile file;
    WriteHandle handle;
    try (PathLocks.Held held = context.locks().lock(path)) {
      file = opener.openFile(path, size == 0);
      handle = new WriteHandle(context, file, OpenOptions.WRITE);
    }
    try {
      boolean othersSave = file.writers() > 1;
      handle.truncate(size);
      if (!othersSave) {
        // with a writer open the change is saved by its close, as its writes are
        handle.flush();
      }
    } finally {
      handle.close();
    }
  }

  @Override
  public void setAttributes(String path, AttributeChange change) throws FsException {
    changeMetadata(path, (metadata, type) -> AttributeCodec.changed(metadata, type, change));
  }

  @Override
  public void setXattr(String path, String name, byte[] value, XattrMode mode) throws FsException {
    changeMetadata(
        path,
        (metadata, type) -> {
          boolean present = AttributeCodec.xattrs(metadata).containsKey(name);
          if (mode == XattrMode.CREATE && present) {
            throw new FsException(Errno.EEXIST, path + ": has attribute " + name);
          }
          if (mode == XattrMode.REPLACE && !present) {
            throw new FsException(Errno.ENODATA, path + ": no attribute " + name);
          }
          return AttributeCodec.withXattr(metadata, name, value);
        });
  }

  @Override
  public void removeXattr(String path, String name) throws FsException {
    changeMetadata(
        path,
        (metadata, type) -> {
          if (!AttributeCodec.xattrs(metadata).containsKey(name)) {
            throw new FsException(Errno.ENODATA, path + ": no attribute " + name);
          }
          return AttributeCodec.withoutXattr(metadata, name);
        });
  }

  private void changeMetadata(String path, MetadataChange change) throws FsException {
    try (PathLocks.Held held = context.locks().lock(path)) {
      Optional<OpenFile> open = context.files().find(path);
      if (open.isPresent()) {
        open.get().changeMetadata(change);
        return;
      }
      FsException last = null;
      for (int i = 0; i < TRIES; i++) {
        BlobEntry entry =
            (i == 0 ? context.namespace().find(path) : context.namespace().refresh(path))
                .orElseThrow(() -> FsException.noEntry(path));
        try {
          changeStored(entry, change);
          return;
        } catch (FsException e) {
          boolean changedMeanwhile =
              e.serviceCode().isPresent()
                  && (e.errno() == Errno.ESTALE || e.errno() == Errno.EEXIST);
          if (!changedMeanwhile) {
            throw e;
          }
          last = e;
        }
      }
      throw last;
    }
  }

  private void changeStored(BlobEntry entry, MetadataChange change) throws FsException {
    String path = entry.path();
    FileType type = context.codec().attributes(entry).type();
    if (entry.properties().isEmpty()) {
      if (FsPaths.isRoot(path)) {
        throw new FsException(
            Errno.EPERM, "the root of a blob mount has no blob that could keep attributes");
      }
      Map<String, String> metadata = change.apply(directories.defaultMetadata(), type);
      directories.markWith(path, metadata); // EEXIST when it has a marker: then that is changed
      return;
    }
    BlobProperties before = entry.properties().get();
    Map<String, String> metadata = change.apply(before.metadata(), type);
    if (AttributeCodec.same(metadata, before.metadata())) {
      return;
    }
    AttributeCodec.checkSize(path, metadata);
    BlobProperties after = setMetadata(before, metadata);
    if (entry.isDirectory()) {
      context.namespace().directoryChanged(path, after);
    } else {
      context.namespace().fileStored(path, after);
    }
  }

  private BlobProperties setMetadata(BlobProperties before, Map<String, String> metadata)
      throws FsException {
    try {
      BlobProperties stored =
          context.request(
              () ->
                  context
                      .store()
                      .setMetadata(before.name(), metadata, WriteCondition.match(before.etag())));
      return FileCommitter.withContentOf(stored, before);
    } catch (FsException e) {
      // perhaps it was done and the answer lost
      boolean mayBeDone = e.errno() == Errno.ESTALE || Deletions.mayBeRepeated(e);
      Optional<BlobProperties> now =
          mayBeDone ? Deletions.find(context, before.name()) : Optional.empty();
      if (now.isPresent()
          && now.get().size() == before.size()
          && AttributeCodec.same(now.get().metadata(), metadata)) {
        return now.get();
      }
      throw e;
    }
  }

  @Override
  public void makeDirectory(String path, int permissions, Caller caller) throws FsException {
    try (PathLocks.Held held = context.locks().lock(path)) {
      directories.make(path, permissions, caller);
    }
  }

  @Override
  public void removeDirectory(String path) throws FsException {
    try (PathLocks.Held held = context.locks().lock(path)) {
      directories.remove(path);
    }
  }

  @Override
  public void unlink(String path) throws FsException {
    try (PathLocks.Held held = context.locks().lock(path)) {
      Optional<OpenFile> open = context.files().find(path);
      try (OpenFile.Hold file = open.isPresent() ? open.get().hold() : OpenFile.Hold.NONE) {
        unlink(path, open);
      }
    }
  }

  private void unlink(String path, Optional<OpenFile> open) throws FsException {
    if (open.isPresent() && !open.get().mayBeStored()) {
      open.get().unlinked();
      context.namespace().removed(path);
      return;
    }
    Optional<BlobEntry> entry = context.namespace().find(path);
    if (entry.isEmpty() && open.isEmpty()) {
      throw FsException.noEntry(path);
    }
    if (entry.isPresent() && entry.get().isDirectory()) {
      throw new FsException(Errno.EISDIR, path + ": is a directory");
    }
    directories.keepParent(path);
    if (open.isPresent()) {
      open.get().keepForReaders();
    }
    String blob = entry.isPresent() ? entry.get().blobName() : context.namespace().blobName(path);
    try {
      deleteKnown(path, blob, entry);
    } catch (FsException e) {
      open.ifPresent(file -> file.stays(e));
      throw e;
    }
    if (open.isPresent()) {
      open.get().unlinked();
    }
    context.namespace().removed(path);
  }

  /**
   * Deletes whatever version is there, but each request only the one that was seen: a request that
   * is carried out late, after this process has died, must not take away what was made since.
   */
  private void deleteKnown(String path, String blob, Optional<BlobEntry> entry) throws FsException {
    Optional<String> etag = entry.flatMap(BlobEntry::etag);
    for (int i = 0; i < TRIES && etag.isPresent(); i++) {
      try {
        Deletions.delete(context, blob, WriteCondition.match(etag.get()));
        return;
      } catch (FsException e) {
        if (e.errno() != Errno.ESTALE) {
          throw e;
        }
        etag = context.namespace().refresh(path).flatMap(BlobEntry::etag);
      }
    }
    Deletions.delete(context, blob, WriteCondition.ANY);
  }

  @Override
  public void rename(String from, String to, RenameMode mode) throws FsException {
    if (from.equals(to)) {
      if (mode == RenameMode.NO_REPLACE) {
        throw new FsException(Errno.EEXIST, to + ": file exists");
      }
      return;
    }
    FsPaths.checkNameLength(to);
    Optional<Boolean> source = isDirectory(from);
    if (source.isEmpty()) {
      throw FsException.noEntry(from);
    }
    Renames.checkTarget(from, source.get(), to, isDirectory(to), mode);
    Directories.require(context, FsPaths.parent(to));
    if (source.get()) {
      renameDirectory(from, to);
      return;
    }
    try (PathLocks.Held held = context.locks().lock(from, to)) {
      Renames.checkTarget(from, false, to, isDirectory(to), mode);
      renames.file(from, to, mode);
    }
  }

  private void renameDirectory(String from, String to) throws FsException {
    try (PathLocks.Held held = context.locks().lockTrees(from, to)) {
      BlobEntry source =
          context.namespace().find(from).orElseThrow(() -> FsException.noEntry(from));
      if (FsPaths.isRoot(from)) {
        throw new FsException(Errno.EBUSY, "the root of the mount cannot be renamed");
      }
      if (context.namespace().find(to).isPresent()) {
        directories.remove(to); // ENOTEMPTY unless it is empty at the service
      }
      directoryRename.rename(source, from, to);
      opener.directoryGone(from);
    }
  }

  private Optional<Boolean> isDirectory(String path) throws FsException {
    if (context.files().find(path).isPresent()) {
      return Optional.of(false);
    }
    return context.namespace().find(path).map(BlobEntry::isDirectory);
  }

  @Override
  public void makeSymlink(String path, String target, Caller caller) throws FsException {
    FsPaths.checkNameLength(path);
    byte[] content = target.getBytes(StandardCharsets.UTF_8);
    if (content.length == 0 || content.length >= MAX_TARGET) {
      throw new FsException(
          content.length == 0 ? Errno.ENOENT : Errno.ENAMETOOLONG,
          path + ": the target of a link has 1 to " + (MAX_TARGET - 1) + " bytes");
    }
    try (PathLocks.Held held = context.locks().lock(path)) {
      if (isDirectory(path).isPresent()) {
        throw new FsException(Errno.EEXIST, path + ": file exists");
      }
      Directories.require(context, FsPaths.parent(path));
      Map<String, String> metadata =
          AttributeCodec.symlink(target, caller, context.clock().instant());
      BlobProperties stored =
          Deletions.putOnce(
              context,
              context.namespace().blobName(path),
              ByteBuffer.wrap(content),
              new BlobHeaders(Optional.empty(), metadata));
      context.namespace().fileStored(path, stored);
    }
  }

  @Override
  public FileAttributes attributes(BlobEntry entry) {
    return context.codec().attributes(entry);
  }

  @Override
  public Optional<String> symlinkTarget(BlobEntry entry) throws FsException {
    if (entry.isDirectory()
        || entry.properties().isEmpty()
        || !AttributeCodec.isSymlink(entry.properties().get().metadata())) {
      return Optional.empty();
    }
    BlobProperties properties = entry.properties().get();
    Optional<String> known = AttributeCodec.symlinkTarget(properties.metadata());
    if (known.isPresent()) {
      return known;
    }
    ByteBuffer content = ByteBuffer.allocate((int) Math.min(MAX_TARGET, properties.size()));
    context.reader().read(properties, content, 0);
    return Optional.of(new String(content.array(), 0, content.position(), StandardCharsets.UTF_8));
  }

  @Override
  public Map<String, byte[]> xattrs(BlobEntry entry) throws FsException {
    Optional<OpenFile> open = context.files().find(entry.path());
    return AttributeCodec.xattrs(
        open.isPresent()
            ? open.get().currentMetadata()
            : entry.properties().map(BlobProperties::metadata).orElse(Map.of()));
  }

  @Override
  public Optional<Map<String, byte[]>> pendingXattrs(String path) {
    return context
        .files()
        .find(path)
        .filter(OpenFile::isNew)
        .map(file -> AttributeCodec.xattrs(file.currentMetadata()));
  }

  @Override
  public PendingData pending() {
    int files = 0;
    long bytes = 0;
    List<PendingData.FailedFile> failed = new ArrayList<>();
    for (OpenFile file : context.files().all()) {
      if (!file.waitsForCommit()) {
        continue;
      }
      files++;
      bytes += file.unsavedBytes();
      addFailure(failed, file);
    }
    context.files().lost().forEach(file -> addFailure(failed, file));
    return new PendingData(files, bytes, failed);
  }

  private static void addFailure(List<PendingData.FailedFile> failed, OpenFile file) {
    file.failure()
        .ifPresent(
            reason ->
                failed.add(
                    new PendingData.FailedFile(
                        file.path(), file.unsavedBytes(), reason.getMessage())));
  }

  @Override
  public List<String> pendingPaths() {
    return context.files().all().stream()
        .filter(OpenFile::waitsForCommit)
        .map(OpenFile::path)
        .toList();
  }

  @Override
  public PendingData drain(Duration timeout, Consumer<PendingData> progress) {
    Instant end = context.clock().instant().plus(timeout);
    context.files().all().stream()
        .filter(OpenFile::waitsForCommit)
        .forEach(context.background()::now);
    long told = System.nanoTime();
    while (true) {
      PendingData left = pending();
      if (left.files() == 0 || context.clock().instant().isAfter(end)) {
        progress.accept(left);
        return left;
      }
      if (System.nanoTime() - told > PROGRESS.toNanos()) {
        told = System.nanoTime();
        progress.accept(left);
      }
      try {
        Thread.sleep(Waiting.POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return left;
      }
    }
  }

  @Override
  public void close() throws FsException {
    context.background().close();
    context.pool().close();
  }
}
