package io.batchmount.files;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.batchmount.core.AttributeChange;
import io.batchmount.core.Caller;
import io.batchmount.core.DirectoryEntry;
import io.batchmount.core.DirectorySink;
import io.batchmount.core.Errno;
import io.batchmount.core.FileAttributes;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FileSystem;
import io.batchmount.core.FileSystemUsage;
import io.batchmount.core.FileType;
import io.batchmount.core.FsException;
import io.batchmount.core.FsPaths;
import io.batchmount.core.MemoryBudget;
import io.batchmount.core.OpenOptions;
import io.batchmount.core.OperationContext;
import io.batchmount.core.PendingData;
import io.batchmount.core.RenameMode;
import io.batchmount.core.XattrMode;
import io.batchmount.core.journal.MountJournal;
import io.batchmount.files.attributes.AttributeCache;
import io.batchmount.files.attributes.Catalog;
import io.batchmount.files.attributes.Entry;
import io.batchmount.files.attributes.Inodes;
import io.batchmount.files.attributes.PosixMetadata;
import io.batchmount.files.names.ShareNames;
import io.batchmount.files.store.FileAttribute;
import io.batchmount.files.store.NewItem;
import io.batchmount.files.store.PropertyChange;
import io.batchmount.files.store.ServiceCode;
import io.batchmount.files.store.ShareStore;
import io.batchmount.files.store.StoredItem;
import io.batchmount.files.write.AttributeWriter;
import io.batchmount.files.write.FileReader;
import io.batchmount.files.write.Flusher;
import io.batchmount.files.write.HiddenFiles;
import io.batchmount.files.write.OpenFile;
import io.batchmount.files.write.OpenFileTable;
import io.batchmount.files.write.SpaceGuard;
import io.batchmount.files.write.WriteSupport;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An Azure file share as a file system, made for logs: what is appended on one node is readable on
 * another within a second ({@code docs/file-shares.md} has the whole contract).
 *
 * <p>This class knows names: what a call means for the caches, the open files and the hidden
 * directory. Bytes are the business of {@code io.batchmount.files.write}, attributes and listings
 * of {@code io.batchmount.files.attributes}.
 *
 * <p>Thread-safe. The store and the journal are the caller's to close, after this.
 */
public final class ShareFileSystem implements FileSystem {
  /** Ranges of large flushes under way at once, over all files. */
  private static final int RANGE_THREADS = 16;

  /** Properties of marked entries of a listing asked for at once. */
  private static final int ATTRIBUTE_THREADS = 16;

  /** Blocks fetched ahead at once, over all files. */
  private static final int READ_THREADS = 16;

  private static final int MAX_PAGE_MEMORY = 50_000;
  private static final int MAX_XATTR_NAME = 255; // linux/limits.h XATTR_NAME_MAX
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);
  private static final Duration PROGRESS = Duration.ofSeconds(1);

  private final ShareStore store;
  private final ShareMountOptions options;
  private final ShareNames names;
  private final AttributeCache cache;
  private final Catalog catalog;
  private final Entry.Defaults defaults;
  private final Inodes inodes = new Inodes();
  private final HiddenFiles hidden;
  private final SpaceGuard space;
  private final Flusher flusher;
  private final ExecutorService ranges;
  private final ExecutorService reads;
  private final ExecutorService attributeWorkers;
  private final OpenFileTable table = new OpenFileTable();
  private final WriteSupport support;
  private final FileReader reader;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final List<PendingData.FailedFile> failed = new CopyOnWriteArrayList<>();

  /** Version that the kernel's pages of a file are of, by file id. */
  private final Cache<String, String> pageVersions =
      Caffeine.newBuilder().maximumSize(MAX_PAGE_MEMORY).build();

  private ShareFileSystem(
      ShareStore store, ShareMountOptions options, MemoryBudget budget, MountJournal journal) {
    this.store = store;
    this.options = options;
    this.names = new ShareNames(options.subdirectory(), options.refuseIllegalNames());
    this.defaults =
        new Entry.Defaults(
            options.uid(), options.gid(), options.fileMode(), options.directoryMode());
    this.attributeWorkers = threads("share-attributes", ATTRIBUTE_THREADS);
    this.ranges = threads("share-ranges", RANGE_THREADS);
    this.reads = threads("share-reads", READ_THREADS);
    this.cache = new AttributeCache(ShareMountOptions.FILE_ATTRIBUTE_TTL, options.attributeTtl());
    this.catalog = new Catalog(store, names, cache, attributeWorkers);
    this.hidden = new HiddenFiles(store, names);
    this.space = new SpaceGuard(store);
    this.flusher = new Flusher("share");
    this.reader = new FileReader(store);
    this.support =
        new WriteSupport(
            store,
            names,
            catalog,
            hidden,
            journal,
            budget,
            options,
            defaults,
            space,
            inodes,
            flusher,
            ranges,
            reads,
            this::bytesFailed,
            table::closeIfUnused);
  }

  /**
   * Opens a share, and checks that it is there and may be read.
   *
   * @param store the share; closed by the caller
   * @param budget bound on buffers of the process
   * @param journal where unsaved bytes are kept; closed by the caller
   * @throws FsException ENOENT, EACCES, ETIMEDOUT with one sentence that names the share
   */
  public static ShareFileSystem open(
      ShareStore store, ShareMountOptions options, MemoryBudget budget, MountJournal journal)
      throws FsException {
    ShareFileSystem fileSystem = new ShareFileSystem(store, options, budget, journal);
    try {
      fileSystem.begin();
      return fileSystem;
    } catch (FsException e) {
      fileSystem.stop();
      throw e;
    }
  }

  private void begin() throws FsException {
    try {
      catalog.properties(names.toStored(FsPaths.ROOT), true);
    } catch (FsException e) {
      if (ServiceCode.isAbsent(e) && !options.subdirectory().isEmpty()) {
        throw FsException.ofService(
            Errno.ENOENT,
            "the share " + store.share() + " has no directory " + options.subdirectory(),
            e.serviceCode(),
            e.requestId(),
            e);
      }
      throw e;
    }
    space.refresh();
    if (!options.readOnly()) {
      flusher.after(Duration.ofSeconds(1), hidden::sweep);
    }
  }

  @Override
  public String name() {
    return "files:" + store.share();
  }

  // ---- attributes -------------------------------------------------------------------------------

  @Override
  public FileAttributes getAttributes(String path) throws FsException {
    names.check(path);
    if (ShareNames.isHidden(path)) {
      throw FsException.noEntry(path);
    }
    Optional<OpenFile> open = table.get(path);
    if (open.isPresent() && open.get().isLocal()) {
      return open.get().attributes();
    }
    Entry entry = catalog.require(path);
    open.ifPresent(file -> adopt(file, entry));
    return entry.attributes(defaults, inodes);
  }

  /** {@code fstat(2)}. */
  FileAttributes attributes(OpenFile file) throws FsException {
    if (file.isLocal() || file.isUnlinked()) {
      return file.attributes();
    }
    Optional<Entry> entry = catalog.find(file.path());
    if (file.isLocal()) {
      return file.attributes();
    }
    if (entry.isEmpty() || !adopt(file, entry.get())) {
      throw new FsException(
          Errno.ESTALE, file.path() + ": deleted or replaced by somebody else; open it again");
    }
    return file.attributes();
  }

  /** An open file takes over what was found; one that was replaced underneath loses the name. */
  private boolean adopt(OpenFile file, Entry entry) {
    if (file.adopt(entry)) {
      return true;
    }
    table.detach(file);
    return false;
  }

  @Override
  public void setAttributes(String path, AttributeChange change) throws FsException {
    checkChange(path);
    Optional<OpenFile> open = table.get(path);
    if (open.isPresent()) {
      open.get().setAttributes(change);
      return;
    }
    Entry entry = catalog.require(path);
    try (var running = cache.change(path)) {
      new AttributeWriter(store, catalog)
          .change(path, names.toStored(path), entry.item().directory(), change, Optional.empty());
    } catch (FsException e) {
      throw onPath(path, e);
    }
  }

  @Override
  public byte[] getXattr(String path, String name) throws FsException {
    checkXattrName(name);
    return posix(path)
        .xattr(name)
        .orElseThrow(() -> new FsException(Errno.ENODATA, path + ": no attribute " + name));
  }

  @Override
  public void setXattr(String path, String name, byte[] value, XattrMode mode) throws FsException {
    checkChange(path);
    checkXattrName(name);
    changePosix(
        path,
        old -> {
          boolean there = old.xattr(name).isPresent();
          if (there && mode == XattrMode.CREATE) {
            throw new FsException(Errno.EEXIST, path + ": has the attribute " + name);
          }
          if (!there && mode == XattrMode.REPLACE) {
            throw new FsException(Errno.ENODATA, path + ": no attribute " + name);
          }
          return old.withXattr(name, value);
        });
  }

  @Override
  public List<String> listXattrs(String path) throws FsException {
    return posix(path).xattrs().keySet().stream().sorted().toList();
  }

  @Override
  public void removeXattr(String path, String name) throws FsException {
    checkChange(path);
    checkXattrName(name);
    changePosix(
        path,
        old -> {
          if (old.xattr(name).isEmpty()) {
            throw new FsException(Errno.ENODATA, path + ": no attribute " + name);
          }
          return old.withoutXattr(name);
        });
  }

  private PosixMetadata posix(String path) throws FsException {
    names.check(path);
    Optional<OpenFile> open = table.get(path);
    return open.isPresent() && open.get().isLocal()
        ? open.get().posix()
        : catalog.require(path).posix();
  }

  private void changePosix(String path, OpenFile.PosixChange change) throws FsException {
    Optional<OpenFile> open = table.get(path);
    if (open.isPresent()) {
      open.get().setPosix(change);
      return;
    }
    Entry entry = catalog.require(path);
    try (var running = cache.change(path)) {
      new AttributeWriter(store, catalog)
          .changePosix(
              path, names.toStored(path), entry.item().directory(), change, Optional.empty());
    } catch (FsException e) {
      throw onPath(path, e);
    }
  }

  private static void checkXattrName(String name) throws FsException {
    if (!name.startsWith("user.")) {
      throw new FsException(Errno.ENOTSUP, name + ": a share keeps attributes of user.* alone");
    }
    if (name.getBytes(StandardCharsets.UTF_8).length > MAX_XATTR_NAME) {
      throw new FsException(Errno.ERANGE, "the name of the attribute is too long");
    }
  }

  // ---- directories ------------------------------------------------------------------------------

  @Override
  public void readDirectory(String path, DirectorySink sink) throws FsException {
    names.check(path);
    Map<String, OpenFile> local = new HashMap<>();
    for (OpenFile file : table.in(path)) {
      if (file.isLocal()) {
        local.put(ShareNames.key(FsPaths.name(file.path())), file);
      }
    }
    Set<String> shown = new HashSet<>();
    boolean[] more = {true};
    catalog.list(
        path,
        page -> {
          for (Catalog.Named named : page) {
            String key = ShareNames.key(named.name());
            OpenFile file = local.get(key);
            if (file != null) {
              shown.add(key);
            }
            FileAttributes attributes =
                file != null && !file.isUnlinked()
                    ? file.attributes()
                    : named.entry().attributes(defaults, inodes);
            more[0] = sink.accept(new DirectoryEntry(named.name(), attributes));
            if (!more[0]) {
              return false;
            }
          }
          return true;
        });
    for (Map.Entry<String, OpenFile> entry : local.entrySet()) {
      OpenFile file = entry.getValue();
      if (more[0] && !shown.contains(entry.getKey()) && !file.isUnlinked()) {
        more[0] = sink.accept(new DirectoryEntry(FsPaths.name(file.path()), file.attributes()));
      }
    }
  }

  @Override
  public void makeDirectory(String path, int permissions, Caller caller) throws FsException {
    checkChange(path);
    if (FsPaths.isRoot(path) || table.get(path).isPresent()) {
      throw new FsException(Errno.EEXIST, path + ": exists");
    }
    names.checkNew(path);
    PosixMetadata posix =
        PosixMetadata.forNew(
            permissions & FileAttributes.PERMISSION_MASK,
            options.directoryMode(),
            caller.uid(),
            options.uid(),
            caller.gid(),
            options.gid());
    NewItem item =
        new NewItem(
            posix.isMarked()
                ? Set.of(FileAttribute.DIRECTORY, FileAttribute.NOT_CONTENT_INDEXED)
                : Set.of(),
            Optional.empty(),
            posix.toMetadata(path));
    try (var change = cache.change(path)) {
      store.createDirectory(names.toStored(path), item);
      change.present(path);
      change.emptyDirectory(path);
    } catch (FsException e) {
      throw notMade(path, e);
    }
  }

  @Override
  public void removeDirectory(String path) throws FsException {
    checkChange(path);
    if (FsPaths.isRoot(path)) {
      throw new FsException(Errno.EBUSY, "the mount point cannot be removed");
    }
    if (table.in(path).stream().anyMatch(OpenFile::isPending)) {
      throw new FsException(Errno.ENOTEMPTY, path + ": not empty");
    }
    try (var change = cache.change(path)) {
      store.deleteDirectory(names.toStored(path));
      cache.forgetTree(path);
    } catch (FsException e) {
      if (ServiceCode.isAbsent(e) || ServiceCode.is(e, ServiceCode.RESOURCE_TYPE_MISMATCH)) {
        requireDirectory(path);
      }
      throw onPath(path, e);
    }
  }

  private void requireDirectory(String path) throws FsException {
    boolean isFile = table.get(path).isPresent() || !catalog.require(path).item().directory();
    if (isFile) {
      throw new FsException(Errno.ENOTDIR, path + ": not a directory");
    }
  }

  // ---- files ------------------------------------------------------------------------------------

  @Override
  public FileHandle open(String path, OpenOptions how) throws FsException {
    names.check(path);
    if (ShareNames.isHidden(path)) {
      throw FsException.noEntry(path);
    }
    if (how.write()) {
      checkNotReadOnly(path);
    }
    Optional<OpenFile> local = table.get(path).filter(OpenFile::isLocal);
    if (local.isPresent()) {
      return handle(table.acquire(path, local::get), how, false);
    }
    Optional<Entry> found = how.direct() ? catalog.ask(path) : catalog.find(path);
    Entry entry = found.isPresent() ? found.get() : catalog.require(path);
    checkOpen(path, entry, how);
    table.get(path).ifPresent(file -> adopt(file, entry));
    boolean keep = entry.item().etag().equals(pageVersions.getIfPresent(entry.item().fileId()));
    pageVersions.put(entry.item().fileId(), entry.item().etag());
    return handle(table.acquire(path, () -> OpenFile.of(support, path, entry)), how, keep);
  }

  private FileHandle handle(OpenFile file, OpenOptions how, boolean keepPages) throws FsException {
    try {
      if (how.truncate() && file.attributes().size() > 0) {
        file.truncate(0);
      }
    } catch (FsException e) {
      table.release(file);
      throw e;
    }
    return new ShareHandle(this, file, how, reader, keepPages && !how.write());
  }

  private static void checkOpen(String path, Entry entry, OpenOptions how) throws FsException {
    FileType type = entry.type();
    if (type == FileType.DIRECTORY) {
      throw new FsException(Errno.EISDIR, path + ": is a directory");
    }
    if (type == FileType.SYMLINK) {
      throw new FsException(Errno.ELOOP, path + ": is a symbolic link");
    }
    if (how.write() && entry.item().attributes().contains(FileAttribute.READ_ONLY)) {
      throw new FsException(Errno.EACCES, path + ": has the attribute ReadOnly");
    }
  }

  @Override
  public FileHandle create(String path, int permissions, Caller caller, OpenOptions how)
      throws FsException {
    checkChange(path);
    names.checkNew(path);
    Optional<OpenFile> open = table.get(path);
    boolean exists = open.filter(OpenFile::isLocal).isPresent() || catalog.find(path).isPresent();
    if (exists && how.exclusive()) {
      throw new FsException(Errno.EEXIST, path + ": exists");
    }
    if (exists) {
      return open(path, how);
    }
    open.ifPresent(table::detach); // it was deleted by somebody else
    Entry parent = catalog.require(FsPaths.parent(path));
    if (!parent.item().directory()) {
      throw new FsException(Errno.ENOTDIR, FsPaths.parent(path) + ": not a directory");
    }
    PosixMetadata posix =
        PosixMetadata.forNew(
            permissions & FileAttributes.PERMISSION_MASK,
            options.fileMode(),
            caller.uid(),
            options.uid(),
            caller.gid(),
            options.gid());
    if (how.exclusive()) {
      OpenFile made;
      try {
        made = OpenFile.createExclusively(support, path, posix);
      } catch (FsException e) {
        throw notMade(path, e);
      }
      return handle(table.acquire(path, () -> made), how, false);
    }
    try (var change = cache.change(path)) {
      OpenFile file = table.acquire(path, () -> OpenFile.pending(support, path, posix));
      change.present(path);
      return handle(file, how, false);
    }
  }

  @Override
  public void truncate(String path, long size) throws FsException {
    checkChange(path);
    checkSize(path, size);
    try (FileHandle handle = open(path, OpenOptions.WRITE)) {
      handle.truncate(size);
    }
  }

  void release(OpenFile file) {
    table.release(file);
  }

  @Override
  public void unlink(String path) throws FsException {
    checkChange(path);
    Optional<OpenFile> open = table.get(path);
    try (var change = cache.change(path)) {
      if (open.isPresent()) {
        hide(open.get());
      } else {
        deleteFile(path);
      }
    } catch (FsException e) {
      if (ServiceCode.isAbsent(e) || ServiceCode.is(e, ServiceCode.RESOURCE_TYPE_MISMATCH)) {
        Optional<Entry> what = catalog.ask(path);
        if (what.isPresent() && what.get().item().directory()) {
          throw new FsException(Errno.EISDIR, path + ": is a directory");
        }
      }
      throw onPath(path, e);
    }
  }

  /** Takes the name of an open file away; its handles go on reading and writing. */
  private void hide(OpenFile file) throws FsException {
    file.lockName();
    try {
      if (file.isPending()) {
        file.unlinked(Optional.empty());
      } else {
        String stored = names.toStored(file.path());
        String place = hidden.newPath();
        var moved =
            AttributeWriter.breakingRival(
                store, stored, () -> hidden.take(stored, place, file.leaseId()));
        file.unlinked(Optional.of(place));
        file.renamed(moved.etag());
      }
      table.unlink(file);
    } finally {
      file.unlockName();
    }
    table.closeIfUnused(file);
  }

  private void deleteFile(String path) throws FsException {
    String stored = names.toStored(path);
    AttributeWriter.LeasedStep<Boolean> delete =
        () -> {
          store.deleteFile(stored, Optional.empty());
          return true;
        };
    try {
      AttributeWriter.breakingRival(store, stored, delete);
    } catch (FsException e) {
      if (!ServiceCode.is(e, ServiceCode.READ_ONLY_ATTRIBUTE)) {
        throw e;
      }
      // POSIX asks for permission on the directory, not on the file
      StoredItem item = store.getFileProperties(stored, Optional.empty());
      EnumSet<FileAttribute> writable = EnumSet.of(FileAttribute.ARCHIVE);
      writable.addAll(item.attributes());
      writable.remove(FileAttribute.READ_ONLY);
      store.setFileProperties(
          stored,
          new PropertyChange(
              java.util.OptionalLong.empty(),
              Optional.empty(),
              Optional.of(writable),
              item.headers()),
          Optional.empty());
      AttributeWriter.breakingRival(store, stored, delete);
    }
  }

  // ---- renames ----------------------------------------------------------------------------------

  @Override
  public void rename(String from, String to, RenameMode mode) throws FsException {
    checkChange(from);
    names.check(to);
    names.checkNew(to);
    boolean directory =
        table.get(from).filter(OpenFile::isLocal).isEmpty()
            && catalog.require(from).item().directory();
    if (from.equals(to)) {
      if (mode == RenameMode.NO_REPLACE) {
        throw new FsException(Errno.EEXIST, to + ": exists");
      }
      return;
    }
    if (directory
        && FsPaths.isWithin(ShareNames.key(to), ShareNames.key(from))
        && !ShareNames.key(from).equals(ShareNames.key(to))) {
      throw new FsException(Errno.EINVAL, from + ": cannot be moved into itself");
    }
    List<OpenFile> moving =
        table.within(from).stream()
            .sorted(Comparator.comparingInt(System::identityHashCode))
            .toList();
    List<OpenFile> locked = new ArrayList<>();
    try {
      for (OpenFile file : moving) {
        file.lockName();
        locked.add(file);
        if (file.isPending()) {
          file.flush(); // a name that the service does not know cannot be renamed there
        }
      }
      try (var change = cache.change(from, to)) {
        if (!ShareNames.key(from).equals(ShareNames.key(to))) {
          clearTarget(from, to, directory, mode);
        }
        Optional<OpenFile> source = directory ? Optional.empty() : table.get(from);
        String etag = move(from, to, directory, mode, source);
        if (source.isPresent()) {
          source.get().renamed(etag);
        }
        table.move(from, to);
        if (directory) { // of a file the change itself forgets all there is
          cache.forgetTree(from);
          cache.forgetTree(to);
        }
        change.present(to);
      }
    } catch (FsException e) {
      if (e.errno() == Errno.EEXIST) {
        throw notMade(to, e);
      }
      throw onPath(ServiceCode.is(e, ServiceCode.PARENT_NOT_FOUND) ? to : from, e);
    } finally {
      locked.forEach(OpenFile::unlockName);
    }
  }

  /** Checks the target of a rename and takes away what the service would not replace. */
  private void clearTarget(String from, String to, boolean directory, RenameMode mode)
      throws FsException {
    Optional<OpenFile> open = table.get(to);
    boolean local = open.isPresent() && open.get().isLocal();
    Optional<Entry> target = local ? Optional.empty() : catalog.find(to);
    if (!local && target.isEmpty()) {
      return;
    }
    if (mode == RenameMode.NO_REPLACE) {
      throw new FsException(Errno.EEXIST, to + ": exists");
    }
    boolean targetIsDirectory = target.isPresent() && target.get().item().directory();
    if (directory && !targetIsDirectory) {
      throw new FsException(Errno.ENOTDIR, to + ": not a directory");
    }
    if (!directory && targetIsDirectory) {
      throw new FsException(Errno.EISDIR, to + ": is a directory");
    }
    if (directory) {
      if (FsPaths.isWithin(ShareNames.key(from), ShareNames.key(to))) {
        throw new FsException(Errno.ENOTEMPTY, to + ": not empty");
      }
      removeDirectory(to); // the service replaces no directory, not even an empty one
    } else if (open.isPresent()) {
      hide(open.get()); // its handles go on reading what they had
    }
  }

  private String move(
      String from, String to, boolean directory, RenameMode mode, Optional<OpenFile> source)
      throws FsException {
    String storedFrom = names.toStored(from);
    String storedTo = names.toStored(to);
    boolean caseOnly = ShareNames.key(from).equals(ShareNames.key(to));
    if (caseOnly) {
      try {
        return send(storedFrom, storedTo, directory, false, source);
      } catch (FsException e) {
        if (!ServiceCode.is(e, ServiceCode.RESOURCE_ALREADY_EXISTS)) {
          throw e;
        }
      }
      // a service that takes the new spelling for a second file: by way of another name
      String between = hidden.newPath();
      send(storedFrom, between, directory, false, source);
      return send(between, storedTo, directory, false, source);
    }
    return send(storedFrom, storedTo, directory, !directory && mode == RenameMode.REPLACE, source);
  }

  private String send(
      String storedFrom,
      String storedTo,
      boolean directory,
      boolean replace,
      Optional<OpenFile> source)
      throws FsException {
    if (directory) {
      return store.renameDirectory(storedFrom, storedTo, replace).etag();
    }
    Optional<String> lease = source.flatMap(OpenFile::leaseId);
    try {
      return store.renameFile(storedFrom, storedTo, replace, lease, Optional.empty()).etag();
    } catch (FsException e) {
      if (!ServiceCode.is(e, ServiceCode.LEASE_ID_MISSING)) {
        throw e;
      }
      // a writer on another node holds one of the two; it finds out and looks again
      for (String stored : List.of(storedFrom, storedTo)) {
        try {
          store.breakLease(stored);
        } catch (FsException none) {
          if (none.errno() != Errno.ENOENT && none.errno() != Errno.EBUSY) {
            none.addSuppressed(e);
            throw none;
          }
        }
      }
      return store
          .renameFile(storedFrom, storedTo, replace, Optional.empty(), Optional.empty())
          .etag();
    }
  }

  // ---- links ------------------------------------------------------------------------------------

  @Override
  public void makeSymlink(String path, String target, Caller caller) throws FsException {
    checkChange(path);
    names.checkNew(path);
    if (table.get(path).isPresent()) {
      throw new FsException(Errno.EEXIST, path + ": exists");
    }
    PosixMetadata posix =
        PosixMetadata.forNew(0777, 0777, caller.uid(), options.uid(), caller.gid(), options.gid())
            .withLink(target);
    try (var change = cache.change(path)) {
      hidden.place(
          names.toStored(path),
          new NewItem(
              Set.of(FileAttribute.ARCHIVE, FileAttribute.NOT_CONTENT_INDEXED),
              Optional.empty(),
              posix.toMetadata(path)));
      change.present(path);
    } catch (FsException e) {
      throw notMade(path, e);
    }
  }

  @Override
  public String readSymlink(String path) throws FsException {
    Optional<OpenFile> open = table.get(path).filter(OpenFile::isLocal);
    PosixMetadata posix = open.isPresent() ? open.get().posix() : catalog.require(path).posix();
    return posix
        .link()
        .orElseThrow(() -> new FsException(Errno.EINVAL, path + ": not a symbolic link"));
  }

  // ---- the whole --------------------------------------------------------------------------------

  @Override
  public FileSystemUsage usage() throws FsException {
    return space.usage();
  }

  @Override
  public PendingData pending() {
    int files = 0;
    long bytes = 0;
    for (OpenFile file : table.all()) {
      if (file.isUnsaved() && !file.isUnlinked()) {
        files++;
        bytes += file.unsavedBytes();
      }
    }
    return new PendingData(files, bytes, List.copyOf(failed));
  }

  @Override
  public PendingData drain(Duration timeout, java.util.function.Consumer<PendingData> progress)
      throws FsException {
    long end = System.nanoTime() + timeout.toNanos();
    long nextReport = System.nanoTime() + PROGRESS.toNanos();
    while (true) {
      PendingData left = pending();
      if (left.files() == 0 || closed.get() || System.nanoTime() - end >= 0) {
        return left;
      }
      for (OpenFile file : table.all()) {
        if (file.isUnsaved() && !file.isUnlinked()) {
          file.flushSoon();
        }
      }
      if (System.nanoTime() - nextReport >= 0) {
        progress.accept(left);
        nextReport += PROGRESS.toNanos();
      }
      try {
        TimeUnit.MILLISECONDS.sleep(DRAIN_POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new FsException(Errno.EINTR, "interrupted while saving pending data", e);
      }
    }
  }

  private static final int DRAIN_POLL_MILLIS = 20;

  @Override
  public void close() throws FsException {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    // leases are given back as far as that goes fast: what stays is broken by the next writer
    try (OperationContext context = OperationContext.open(CLOSE_LIMIT, () -> false)) {
      for (OpenFile file : table.all()) {
        file.abandon();
      }
    }
    stop();
    try (OperationContext context = OperationContext.open(CLOSE_LIMIT, () -> false)) {
      hidden.close();
    }
  }

  private void stop() {
    flusher.close();
    ranges.shutdown();
    reads.shutdown();
    attributeWorkers.shutdown();
  }

  private void bytesFailed(OpenFile file, String path, long bytes, FsException reason) {
    failed.add(new PendingData.FailedFile(path, bytes, reason.getMessage()));
    table.detach(file);
    cache.forgetTree(path);
  }

  void checkNotReadOnly(String path) throws FsException {
    if (options.readOnly()) {
      throw new FsException(Errno.EROFS, path + ": the share is mounted read-only");
    }
  }

  private void checkChange(String path) throws FsException {
    names.check(path);
    checkNotReadOnly(path);
    if (ShareNames.isHidden(path)) {
      throw FsException.noEntry(path);
    }
  }

  static void checkSize(String path, long size) throws FsException {
    if (size < 0) {
      throw new FsException(Errno.EINVAL, path + ": negative size");
    }
    if (size > ShareStore.MAX_FILE_BYTES) {
      throw new FsException(Errno.EFBIG, path + ": a share holds files of at most 4 TiB");
    }
  }

  /**
   * The error of a name that could not be made. Who is told that it exists will look for it, and
   * must not be told that it does not.
   */
  private FsException notMade(String path, FsException e) throws FsException {
    if (e.errno() == Errno.EEXIST) {
      cache.taken(path);
    }
    return onPath(path, e);
  }

  /** Gives an error of the service the path that the caller knows, and the finer errno. */
  private FsException onPath(String path, FsException e) throws FsException {
    if (ServiceCode.isAbsent(e)) {
      return catalog.absent(path);
    }
    if (e.serviceCode().isEmpty()) {
      return e;
    }
    return FsException.ofService(
        e.errno(), path + ": " + e.getMessage(), e.serviceCode(), e.requestId(), e);
  }

  private static ExecutorService threads(String name, int count) {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            count,
            count,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            work -> {
              Thread thread = new Thread(work, name);
              thread.setDaemon(true);
              return thread;
            });
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }
}
