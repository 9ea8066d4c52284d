package io.batchmount.blob;

import io.batchmount.blob.names.Namespace;
import io.batchmount.blob.read.ReadEngine;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.BlobStore;
import io.batchmount.blob.write.BlobWriteEngine;
import io.batchmount.core.AttributeChange;
import io.batchmount.core.Caller;
import io.batchmount.core.DirectoryEntry;
import io.batchmount.core.DirectorySink;
import io.batchmount.core.Errno;
import io.batchmount.core.FileAttributes;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FileSystem;
import io.batchmount.core.FileSystemUsage;
import io.batchmount.core.FsException;
import io.batchmount.core.FsPaths;
import io.batchmount.core.OpenOptions;
import io.batchmount.core.PendingData;
import io.batchmount.core.RenameMode;
import io.batchmount.core.XattrMode;
import io.batchmount.core.journal.MountJournal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A container as a file system: the name space and the read engine here, all changes through {@link
 * BlobMutations}. What is being written in this mount is asked of the write engine first, because
 * the service does not know it yet.
 *
 * <p>Thread-safe. Store, caches and journal are the caller's to close, after this.
 */
public final class BlobFileSystem implements FileSystem {
  /**
   * What statvfs tells: containers have no limit that a mount could reach; 1 PiB is large for every
   * tool and small enough for its arithmetic.
   */
  public static final long CAPACITY_BYTES = 1L << 50;

  /** Files that fit, told by statvfs. */
  public static final long CAPACITY_FILES = 1L << 40;

  /** Tier of a blob, such as {@code Archive}; read-only, listed for archived blobs. */
  public static final String XATTR_TIER = "user.batchmount.tier";

  /** Version of a blob; read-only, not listed. */
  public static final String XATTR_ETAG = "user.batchmount.etag";

  /** Kind of a blob: block, append, page; read-only, not listed. */
  public static final String XATTR_TYPE = "user.batchmount.type";

  /** Content type of a blob; read-only, not listed. */
  public static final String XATTR_CONTENT_TYPE = "user.batchmount.content_type";

  /** Stored MD5 in base64; read-only, not listed. */
  public static final String XATTR_MD5 = "user.batchmount.md5";

  private static final String OWN_XATTRS = "user.batchmount.";
  private static final String USER_XATTRS = "user.";
  private static final Logger LOG = LoggerFactory.getLogger(BlobFileSystem.class);

  private final BlobStore store;
  private final BlobMountOptions options;
  private final Namespace names;
  private final ReadEngine reader;
  private final BlobMutations mutations;

  /** Makes the write engine of a mount. */
  @FunctionalInterface
  public interface MutationsFactory {
    BlobMutations open(
        BlobStore store,
        BlobNamespace names,
        BlobContentReader reader,
        BlobMountOptions options,
        BlobCaches caches)
        throws FsException;
  }

  private BlobFileSystem(
      BlobStore store,
      BlobMountOptions options,
      Namespace names,
      ReadEngine reader,
      BlobMutations mutations) {
    this.store = store;
    this.options = options;
    this.names = names;
    this.reader = reader;
    this.mutations = mutations;
  }

  /**
   * Opens a mounted container.
   *
   * @param caches shared by all mounts of the process
   * @param journal where unsaved bytes are kept
   */
  public static BlobFileSystem open(
      BlobStore store, BlobMountOptions options, BlobCaches caches, MountJournal journal)
      throws FsException {
    return open(
        store,
        options,
        caches,
        (same, names, reader, how, shared) ->
            BlobWriteEngine.open(same, names, reader, how, shared.memory(), journal));
  }

  /** As above, with a write engine of the caller's. */
  public static BlobFileSystem open(
      BlobStore store, BlobMountOptions options, BlobCaches caches, MutationsFactory factory)
      throws FsException {
    Namespace names = new Namespace(store, options);
    ReadEngine reader = new ReadEngine(store, options, caches, names);
    BlobMutations mutations = factory.open(store, names, reader, options, caches);
    if (!options.readOnly()) {
      reader.attributeSetter(mutations::setAttributes);
    }
    return new BlobFileSystem(store, options, names, reader, mutations);
  }

  @Override
  public String name() {
    return "blob:" + store.location().container();
  }

  // ---- names ------------------------------------------------------------------------------------

  private BlobEntry require(String path) throws FsException {
    Optional<BlobEntry> entry = names.find(path);
    if (entry.isEmpty()) {
      throw FsException.noEntry(path);
    }
    return entry.get();
  }

  @Override
  public FileAttributes getAttributes(String path) throws FsException {
    FsPaths.checkNameLength(path);
    Optional<FileAttributes> pending = mutations.pendingAttributes(path);
    if (pending.isPresent()) {
      return pending.get();
    }
    BlobEntry entry = require(path);
    if (!FsPaths.isRoot(path) && isListedWithoutAttributes(entry)) {
      entry = names.refresh(path).orElseThrow(() -> FsException.noEntry(path));
    }
    return mutations.attributes(entry);
  }

  /**
   * Listings of accounts with a hierarchical namespace name directories without their attributes;
   * on flat ones a directory without a marker has none. Read-only mounts do not ask which it is.
   */
  private boolean isListedWithoutAttributes(BlobEntry entry) throws FsException {
    return entry.kind() == BlobEntry.Kind.IMPLICIT_DIRECTORY
        && !options.readOnly()
        && store.hierarchy().isPresent();
  }

  @Override
  public void readDirectory(String path, DirectorySink sink) throws FsException {
    Map<String, FileAttributes> waiting = new LinkedHashMap<>(mutations.pendingEntries(path));
    boolean[] any = new boolean[1];
    boolean[] full = new boolean[1];
    names.readDirectory(
        path,
        entry -> {
          any[0] = true;
          String name = FsPaths.name(entry.path());
          FileAttributes attributes = waiting.remove(name);
          boolean typeOnly = attributes == null && isListedWithoutAttributes(entry);
          if (attributes == null) {
            attributes =
                mutations
                    .pendingAttributes(entry.path())
                    .orElseGet(() -> mutations.attributes(entry));
          }
          boolean more = sink.accept(new DirectoryEntry(name, attributes, typeOnly));
          full[0] = !more;
          return more;
        });
    if (!any[0] && waiting.isEmpty()) {
      // nothing below: is it an empty directory, a file, or nothing at all
      FileAttributes self = getAttributes(path);
      if (!self.isDirectory()) {
        throw new FsException(Errno.ENOTDIR, path + ": not a directory");
      }
    }
    for (Map.Entry<String, FileAttributes> entry : waiting.entrySet()) {
      if (full[0] || !sink.accept(new DirectoryEntry(entry.getKey(), entry.getValue()))) {
        return;
      }
    }
  }

  @Override
  public String readSymlink(String path) throws FsException {
    BlobEntry entry = require(path);
    Optional<String> target = mutations.symlinkTarget(entry);
    if (target.isEmpty()) {
      throw new FsException(Errno.EINVAL, path + ": not a symbolic link");
    }
    return target.get();
  }

  // ---- files ------------------------------------------------------------------------------------

  @Override
  public FileHandle open(String path, OpenOptions how) throws FsException {
    if (how.write() || how.truncate()) {
      requireWritable(path);
      return mutations.openForWrite(path, how);
    }
    Optional<FileHandle> pending = mutations.openPending(path, how);
    if (pending.isPresent()) {
      return pending.get();
    }
    BlobEntry entry =
        how.direct()
            ? names.refresh(path).orElseThrow(() -> FsException.noEntry(path))
            : require(path);
    if (entry.isDirectory()) {
      throw new FsException(Errno.EISDIR, path + ": is a directory");
    }
    BlobProperties blob = entry.properties().orElseThrow();
    if (blob.isArchived()) {
      FsException archived =
          new FsException(
              Errno.EIO,
              path + ": the blob is in the archive tier; rehydrate " + blob.name() + " to read it");
      LOG.warn(archived.toLogLine());
      throw archived;
    }
    return reader.open(path, blob, mutations.attributes(entry), how.direct());
  }

  @Override
  public FileHandle create(String path, int permissions, Caller caller, OpenOptions how)
      throws FsException {
    requireWritable(path);
    return mutations.create(path, permissions, caller, how);
  }

  private void requireWritable(String path) throws FsException {
    if (options.readOnly()) {
      throw new FsException(Errno.EROFS, path + ": " + name() + " is mounted read-only");
    }
  }

  @Override
  public void setAttributes(String path, AttributeChange change) throws FsException {
    requireWritable(path);
    mutations.setAttributes(path, change);
  }

  @Override
  public void truncate(String path, long size) throws FsException {
    requireWritable(path);
    mutations.truncate(path, size);
  }

  @Override
  public void makeDirectory(String path, int permissions, Caller caller) throws FsException {
    requireWritable(path);
    mutations.makeDirectory(path, permissions, caller);
  }

  @Override
  public void removeDirectory(String path) throws FsException {
    requireWritable(path);
    mutations.removeDirectory(path);
  }

  @Override
  public void unlink(String path) throws FsException {
    requireWritable(path);
    reader.beforeRemoval(path);
    mutations.unlink(path);
  }

  @Override
  public void rename(String from, String to, RenameMode mode) throws FsException {
    requireWritable(from);
    if (!from.equals(to)) {
      reader.beforeRemoval(to);
    }
    mutations.rename(from, to, mode);
    reader.renamed(from, to);
  }

  @Override
  public void makeSymlink(String path, String target, Caller caller) throws FsException {
    requireWritable(path);
    mutations.makeSymlink(path, target, caller);
  }

  // ---- extended attributes ----------------------------------------------------------------------

  private static void requireUser(String path, String xattr) throws FsException {
    if (!xattr.startsWith(USER_XATTRS)) {
      throw new FsException(Errno.ENOTSUP, path + ": only user. attributes are kept, not " + xattr);
    }
  }

  @Override
  public byte[] getXattr(String path, String name) throws FsException {
    requireUser(path, name);
    Optional<Map<String, byte[]>> pending = mutations.pendingXattrs(path);
    byte[] value;
    if (pending.isPresent()) {
      value = pending.get().get(name);
    } else {
      BlobEntry entry = require(path);
      Optional<String> own = name.startsWith(OWN_XATTRS) ? ownXattr(entry, name) : Optional.empty();
      if (own.isPresent()) {
        return own.get().getBytes(StandardCharsets.UTF_8);
      }
      value = mutations.xattrs(entry).get(name);
    }
    if (value == null) {
      throw new FsException(Errno.ENODATA, path + ": no attribute " + name);
    }
    return value.clone();
  }

  private static Optional<String> ownXattr(BlobEntry entry, String name) {
    return switch (name) {
      case XATTR_TIER -> entry.properties().flatMap(BlobProperties::accessTier);
      case XATTR_ETAG -> entry.etag();
      case XATTR_TYPE ->
          entry.properties().map(blob -> blob.type().name().toLowerCase(Locale.ROOT));
      case XATTR_CONTENT_TYPE -> entry.properties().flatMap(BlobProperties::contentType);
      case XATTR_MD5 -> entry.properties().flatMap(BlobProperties::contentMd5);
      default -> Optional.empty();
    };
  }

  @Override
  public void setXattr(String path, String name, byte[] value, XattrMode mode) throws FsException {
    requireUser(path, name);
    requireWritable(path);
    if (name.startsWith(OWN_XATTRS)) {
      throw new FsException(Errno.EPERM, path + ": " + name + " is told by the service");
    }
    mutations.setXattr(path, name, value, mode);
  }

  @Override
  public List<String> listXattrs(String path) throws FsException {
    Optional<Map<String, byte[]>> pending = mutations.pendingXattrs(path);
    if (pending.isPresent()) {
      return List.copyOf(pending.get().keySet());
    }
    BlobEntry entry = require(path);
    List<String> listed = new ArrayList<>(mutations.xattrs(entry).keySet());
    if (entry.properties().filter(BlobProperties::isArchived).isPresent()) {
      listed.add(XATTR_TIER);
    }
    return listed;
  }

  @Override
  public void removeXattr(String path, String name) throws FsException {
    requireUser(path, name);
    requireWritable(path);
    mutations.removeXattr(path, name);
  }

  // ---- the whole --------------------------------------------------------------------------------

  @Override
  public FileSystemUsage usage() {
    return new FileSystemUsage(
        CAPACITY_BYTES, CAPACITY_BYTES, CAPACITY_FILES, CAPACITY_FILES, FsPaths.MAX_NAME_BYTES);
  }

  @Override
  public PendingData pending() {
    return mutations.pending();
  }

  @Override
  public PendingData drain(Duration timeout, Consumer<PendingData> progress) throws FsException {
    return mutations.drain(timeout, progress);
  }

  @Override
  public void close() throws FsException {
    try {
      mutations.close();
    } finally {
      reader.close();
    }
  }
}
