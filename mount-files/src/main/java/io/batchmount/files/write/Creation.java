package io.batchmount.files.write;

import io.batchmount.core.AttributeChange;
import io.batchmount.core.FsException;
import io.batchmount.files.attributes.PosixMetadata;
import io.batchmount.files.store.FileAttribute;
import io.batchmount.files.store.NewItem;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * A file that this mount has promised to make and not yet made: what it will be made with, so that
 * mode, owner and time set before the first flush cost no request of their own.
 *
 * @param posix mode, owner, xattrs
 * @param mtime set by {@code utimensat(2)} after the last write; empty for the time of the flush
 */
record Creation(PosixMetadata posix, Optional<Instant> mtime) {
  Creation with(AttributeChange change) {
    return new Creation(posix.with(change), change.mtime().isPresent() ? change.mtime() : mtime);
  }

  Creation withPosix(PosixMetadata changed) {
    return new Creation(changed, mtime);
  }

  /** A write makes the time that was set before it obsolete. */
  Creation written() {
    return mtime.isEmpty() ? this : new Creation(posix, Optional.empty());
  }

  NewItem toNewItem(String path) throws FsException {
    return new NewItem(
        posix.isMarked()
            ? Set.of(FileAttribute.ARCHIVE, FileAttribute.NOT_CONTENT_INDEXED)
            : Set.of(),
        mtime,
        posix.toMetadata(path));
  }
}
