package io.batchmount.files.write;

import io.batchmount.core.AttributeChange;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.files.attributes.Catalog;
import io.batchmount.files.attributes.Entry;
import io.batchmount.files.attributes.GrowthMark;
import io.batchmount.files.attributes.PosixMetadata;
import io.batchmount.files.store.FileAttribute;
import io.batchmount.files.store.PropertyChange;
import io.batchmount.files.store.ServiceCode;
import io.batchmount.files.store.ShareStore;
import io.batchmount.files.store.StoredItem;
import io.batchmount.files.store.Written;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Changes mode, owner, times and xattrs of what the service has. A change costs one properties
 * call, one metadata call where metadata changes, and one call to set properties where the time
 * changes or the entry is not marked yet.
 */
public final class AttributeWriter {
  private final ShareStore store;
  private final Catalog catalog;

  public AttributeWriter(ShareStore store, Catalog catalog) {
    this.store = store;
    this.catalog = catalog;
  }

  /** {@code chmod}, {@code chown}, {@code utimensat}; the time of access is not kept. */
  public Entry change(
      String path, String stored, boolean directory, AttributeChange change, Optional<String> lease)
      throws FsException {
    if (change.mtime().isPresent() && GrowthMark.isMark(change.mtime().get())) {
      throw new FsException(
          Errno.EINVAL,
          path + ": " + change.mtime().get() + " is a moment that marks files being extended");
    }
    return apply(path, stored, directory, old -> old.with(change), change.mtime(), lease);
  }

  /** A change of metadata alone. */
  public Entry changePosix(
      String path,
      String stored,
      boolean directory,
      OpenFile.PosixChange change,
      Optional<String> lease)
      throws FsException {
    return apply(path, stored, directory, change, Optional.empty(), lease);
  }

  private Entry apply(
      String path,
      String stored,
      boolean directory,
      OpenFile.PosixChange change,
      Optional<Instant> mtime,
      Optional<String> lease)
      throws FsException {
    Entry old = catalog.properties(stored, directory);
    PosixMetadata posix = change.apply(old.posix());
    Map<String, String> metadata = posix.toMetadata(path);
    StoredItem item = old.item();
    boolean toMark =
        posix.isMarked() && !item.attributes().contains(FileAttribute.NOT_CONTENT_INDEXED);
    Set<FileAttribute> attributes = item.attributes();
    Optional<Instant> lastWrite = Optional.empty();
    String etag = item.etag();
    if (mtime.isPresent() || toMark) {
      if (toMark) {
        EnumSet<FileAttribute> more = EnumSet.of(FileAttribute.NOT_CONTENT_INDEXED);
        more.addAll(attributes);
        attributes = more;
      }
      // a mark of a writer that died goes with the time: cut what it left first
      OptionalLong size =
          mtime.isPresent() && !directory && item.size() > old.size()
              ? OptionalLong.of(old.size())
              : OptionalLong.empty();
      Written answer =
          setProperties(
              stored,
              directory,
              new PropertyChange(
                  size, mtime, toMark ? Optional.of(attributes) : Optional.empty(), item.headers()),
              lease);
      etag = answer.etag();
      lastWrite = mtime;
    }
    if (!posix.equals(old.posix())) {
      etag = setMetadata(stored, directory, metadata, lease).etag();
    }
    return catalog.remember(
        new StoredItem(
            item.name(),
            directory,
            item.size(),
            etag,
            item.creationTime(),
            lastWrite.orElse(item.lastWriteTime()),
            Instant.now(),
            attributes,
            item.fileId(),
            metadata,
            item.headers(),
            item.leased()));
  }

  private Written setProperties(
      String stored, boolean directory, PropertyChange change, Optional<String> lease)
      throws FsException {
    return directory
        ? store.setDirectoryProperties(stored, change)
        : withRivalLease(stored, () -> store.setFileProperties(stored, change, lease));
  }

  private Written setMetadata(
      String stored, boolean directory, Map<String, String> metadata, Optional<String> lease)
      throws FsException {
    return directory
        ? store.setDirectoryMetadata(stored, metadata)
        : withRivalLease(stored, () -> store.setFileMetadata(stored, metadata, lease));
  }

  private <T> T withRivalLease(String stored, LeasedStep<T> step) throws FsException {
    return breakingRival(store, stored, step);
  }

  /** A request that a lease of another mount may refuse. */
  public interface LeasedStep<T> {
    T run() throws FsException;
  }

  /**
   * Sends a request; when another mount's lease refuses it, the lease is broken and the request
   * repeated. Deleting, renaming and changing attributes must work while another node writes, as on
   * any POSIX file system; that node finds its lease gone, looks again and goes on.
   */
  public static <T> T breakingRival(ShareStore store, String stored, LeasedStep<T> step)
      throws FsException {
    try {
      return step.run();
    } catch (FsException e) {
      if (!ServiceCode.is(e, ServiceCode.LEASE_ID_MISSING)) {
        throw e;
      }
      try {
        store.breakLease(stored);
      } catch (FsException gone) {
        if (!ServiceCode.is(gone, ServiceCode.LEASE_NOT_PRESENT_ACTION)) {
          gone.addSuppressed(e);
          throw gone;
        }
      }
      return step.run();
    }
  }
}
