package io.batchmount.blob.write;

import io.batchmount.blob.BlobEntry;
import io.batchmount.blob.store.BlobHeaders;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.HierarchicalOperations;
import io.batchmount.blob.store.WriteCondition;
import io.batchmount.core.Caller;
import io.batchmount.core.Errno;
import io.batchmount.core.FileType;
import io.batchmount.core.FsException;
import io.batchmount.core.FsPaths;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;

/**
 * Makes and removes directories. A directory is kept by a marker, an empty blob of its name with
 * {@code hdi_isfolder=true}; one that exists only because blobs are below it gets a marker before
 * the last of them may go. Callers hold the path.
 */
final class Directories {
  private static final ByteBuffer EMPTY = ByteBuffer.allocate(0).asReadOnlyBuffer();

  private final WriteContext context;
  private final FileOpener opener;

  Directories(WriteContext context, FileOpener opener) {
    this.context = context;
    this.opener = opener;
  }

  /**
   * Refuses paths that are no directory.
   *
   * @throws FsException ENOENT, ENOTDIR
   */
  static void require(WriteContext context, String path) throws FsException {
    if (FsPaths.isRoot(path)) {
      return;
    }
    if (context.files().find(path).isPresent()) {
      throw new FsException(Errno.ENOTDIR, path + ": not a directory");
    }
    BlobEntry entry = context.namespace().find(path).orElseThrow(() -> FsException.noEntry(path));
    if (!entry.isDirectory()) {
      throw new FsException(Errno.ENOTDIR, path + ": not a directory");
    }
  }

  void make(String path, int permissions, Caller caller) throws FsException {
    FsPaths.checkNameLength(path);
    if (FsPaths.isRoot(path)
        || context.files().find(path).isPresent()
        || context.namespace().find(path).isPresent()) {
      throw new FsException(Errno.EEXIST, path + ": file exists");
    }
    require(context, FsPaths.parent(path));
    Map<String, String> metadata =
        AttributeCodec.created(FileType.DIRECTORY, permissions, caller, context.clock().instant());
    context.namespace().directoryMade(path, putMarker(path, metadata));
    opener.directoryMade(path);
  }

  void remove(String path) throws FsException {
    if (FsPaths.isRoot(path)) {
      throw new FsException(Errno.EBUSY, "the root of the mount cannot be removed");
    }
    if (context.files().find(path).isPresent()) {
      throw new FsException(Errno.ENOTDIR, path + ": not a directory");
    }
    BlobEntry entry = context.namespace().find(path).orElseThrow(() -> FsException.noEntry(path));
    if (!entry.isDirectory()) {
      throw new FsException(Errno.ENOTDIR, path + ": not a directory");
    }
    boolean waiting = context.files().below(path).stream().anyMatch(file -> !file.isNameless());
    Optional<HierarchicalOperations> tree = context.store().hierarchy();
    if (waiting || (tree.isEmpty() && !context.namespace().isEmptyAtService(path))) {
      throw new FsException(Errno.ENOTEMPTY, path + ": directory not empty");
    }
    if (tree.isPresent()) {
      Deletions.goneOnce(context, () -> tree.get().deleteDirectory(entry.blobName()));
    } else {
      keepParent(path);
      if (entry.properties().isPresent()) {
        String marker = entry.properties().get().name();
        Deletions.delete(context, marker, WriteCondition.ANY);
      }
    }
    context.namespace().removed(path);
    opener.directoryGone(path);
  }

  /** Sees to it that the directory of a path outlives the path. */
  void keepParent(String path) throws FsException {
    String parent = FsPaths.parent(path);
    if (FsPaths.isRoot(parent)) {
      return;
    }
    Optional<BlobEntry> entry = context.namespace().find(parent);
    if (entry.isPresent()
        && entry.get().kind() == BlobEntry.Kind.IMPLICIT_DIRECTORY
        && context.store().hierarchy().isEmpty()) {
      mark(parent, defaultMetadata());
    }
  }

  /** Metadata of a directory that had none: it looks as before. */
  Map<String, String> defaultMetadata() {
    return AttributeCodec.created(
        FileType.DIRECTORY,
        context.options().directoryMode(),
        new Caller(context.options().uid(), context.options().gid()),
        context.clock().instant());
  }

  /**
   * Gives a directory that had no attributes these.
   *
   * @throws FsException EEXIST when it has some after all
   */
  void markWith(String path, Map<String, String> metadata) throws FsException {
    BlobProperties marker = putMarker(path, metadata);
    context.namespace().directoryChanged(path, marker);
  }

  /** Gives an implicit directory a marker; one that another made meanwhile is as good. */
  private void mark(String path, Map<String, String> metadata) throws FsException {
    try {
      markWith(path, metadata);
    } catch (FsException e) {
      if (e.errno() != Errno.EEXIST) {
        throw e;
      }
      context.namespace().directoryKept(path);
    }
  }

  private BlobProperties putMarker(String path, Map<String, String> metadata) throws FsException {
    AttributeCodec.checkSize(path, metadata);
    Optional<HierarchicalOperations> tree = context.store().hierarchy();
    if (tree.isPresent()) {
      String name = context.namespace().blobName(path);
      return Deletions.makeOnce(
          context, name, 0, metadata, () -> tree.get().createDirectory(name, metadata));
    }
    return Deletions.putOnce(
        context,
        context.namespace().blobName(path),
        EMPTY,
        new BlobHeaders(Optional.empty(), metadata));
  }
}
