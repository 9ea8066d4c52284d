package io.batchmount.blob.write;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.batchmount.blob.BlobEntry;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.core.Caller;
import io.batchmount.core.Errno;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FileType;
import io.batchmount.core.FsException;
import io.batchmount.core.FsPaths;
import io.batchmount.core.OpenOptions;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Opens and creates files for writing. Callers hold the path ({@link PathLocks}).
 *
 * <p>Exclusive creates ({@code O_EXCL}) put an empty blob at once, under {@code If-None-Match: *},
 * so that of two nodes one fails there and then. Only a directory that this mount made moments ago
 * is taken as its own: unpacking an archive there costs one request a file, the commit, which
 * carries the same condition. Names that look like locks are never treated so.
 */
final class FileOpener {
  /**
   * How long after the last create (or its making) a new directory counts as nobody else's: longer
   * than the pauses of an unpacking program, shorter than it takes others to hear of it and work
   * there.
   */
  private static final Duration OWN_DIRECTORY = Duration.ofSeconds(10);

  private static final int OWN_DIRECTORIES = 10_000;

  private final WriteContext context;
  private final Cache<String, Boolean> ownDirectories =
      Caffeine.newBuilder().maximumSize(OWN_DIRECTORIES).expireAfterAccess(OWN_DIRECTORY).build();

  FileOpener(WriteContext context) {
    this.context = context;
  }

  /** This mount has just made a directory. */
  void directoryMade(String path) {
    ownDirectories.put(path, true);
  }

  void directoryGone(String path) {
    ownDirectories.invalidate(path);
  }

  /** Opens an existing file. */
  FileHandle open(String path, OpenOptions options) throws FsException {
    OpenFile file = openFile(path, options.truncate());
    return handle(file, options);
  }

  /** Opens or creates. */
  FileHandle create(String path, int permissions, Caller caller, OpenOptions options)
      throws FsException {
    FsPaths.checkNameLength(path);
    boolean exists =
        context.files().find(path).isPresent() || context.namespace().find(path).isPresent();
    if (exists && options.exclusive()) {
      throw new FsException(Errno.EEXIST, path + ": file exists");
    }
    if (exists) {
      return open(path, options);
    }
    String parent = FsPaths.parent(path);
    Directories.require(context, parent);
    OpenFile file =
        new OpenFile(
            context,
            path,
            context.namespace().blobName(path),
            Optional.empty(),
            AttributeCodec.created(
                FileType.REGULAR, permissions, caller, context.clock().instant()),
            context.options().appendBlobPatterns().matches(FsPaths.name(path)));
    if (options.exclusive() && !isOwn(parent, FsPaths.name(path))) {
      reserve(file);
    }
    context.files().put(path, file);
    return handle(file, options);
  }

  /** The shared state of an existing file. */
  OpenFile openFile(String path, boolean truncate) throws FsException {
    Optional<OpenFile> open = context.files().find(path);
    if (open.isPresent()) {
      return open.get();
    }
    // what is about to be replaced is asked for anew: a stale version would only lose the race
    BlobEntry entry =
        (truncate ? context.namespace().find(path) : context.namespace().refresh(path))
            .orElseThrow(() -> FsException.noEntry(path));
    if (entry.isDirectory()) {
      throw new FsException(Errno.EISDIR, path + ": is a directory");
    }
    BlobProperties properties = entry.properties().orElseThrow();
    if (properties.isArchived() && !truncate) {
      throw new FsException(
          Errno.EIO, path + ": archived; rehydrate " + entry.blobName() + " first");
    }
    OpenFile file =
        new OpenFile(
            context,
            path,
            entry.blobName(),
            Optional.of(properties),
            Map.copyOf(properties.metadata()),
            false);
    context.files().put(path, file);
    return file;
  }

  private FileHandle handle(OpenFile file, OpenOptions options) throws FsException {
    WriteHandle handle = new WriteHandle(context, file, options);
    if (options.truncate()) {
      try {
        file.truncate(0);
      } catch (FsException e) {
        file.remove(handle);
        throw e;
      }
    }
    return handle;
  }

  private void reserve(OpenFile file) throws FsException {
    try {
      file.commit();
    } catch (FsException e) {
      file.discardFailed();
      if (e.errno() == Errno.ESTALE) {
        throw new FsException(Errno.EEXIST, file.path() + ": file exists", e);
      }
      throw e;
    }
  }

  private boolean isOwn(String directory, String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return !lower.contains("lock")
        && !lower.endsWith(".pid")
        && ownDirectories.getIfPresent(directory) != null;
  }
}
