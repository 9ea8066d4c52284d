package io.batchmount.files.write;

import io.batchmount.core.FsException;
import io.batchmount.files.names.ShareNames;
import io.batchmount.files.store.FileAttribute;
import io.batchmount.files.store.NewItem;
import io.batchmount.files.store.ServiceCode;
import io.batchmount.files.store.ShareStore;
import io.batchmount.files.store.StoredItem;
import io.batchmount.files.store.Written;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The hidden directory of a mount: new files are made there and put in place by a rename, unlinked
 * files that are still open wait there for their last close. It is made when first needed and
 * removed, when empty, with the mount. Thread-safe.
 */
public final class HiddenFiles {
  /**
   * A file that lies here longer belongs to a mount that died: no job keeps a file open so long.
   */
  static final Duration STALE_AGE = Duration.ofDays(7);

  private static final Logger LOG = LoggerFactory.getLogger(HiddenFiles.class);

  private final ShareStore store;
  private final ShareNames names;
  private final String mountId = UUID.randomUUID().toString().substring(0, 8);
  private final AtomicLong counter = new AtomicLong();
  private volatile boolean made;

  public HiddenFiles(ShareStore store, ShareNames names) {
    this.store = store;
    this.names = names;
  }

  /** A stored path that nobody uses; the directory is made when it is not yet. */
  public String newPath() throws FsException {
    if (!made) {
      make();
    }
    return names.hidden(mountId + "-" + counter.incrementAndGet());
  }

  /** Makes a file under a hidden name; its stored path is {@code path}, from {@link #newPath}. */
  Written create(String path, long size, NewItem item) throws FsException {
    try {
      return store.createFile(path, size, item, Optional.empty());
    } catch (FsException e) {
      if (!ServiceCode.is(e, ServiceCode.PARENT_NOT_FOUND)) {
        throw e;
      }
      make(); // somebody removed it
      return store.createFile(path, size, item, Optional.empty());
    }
  }

  /** Makes an empty file in place, replacing nothing: EEXIST when the name is taken. */
  public Written place(String stored, NewItem item) throws FsException {
    String path = newPath();
    Written made = create(path, 0, item);
    try {
      return store.renameFile(path, stored, false, Optional.empty(), Optional.empty());
    } catch (FsException e) {
      if (ServiceCode.is(e, ServiceCode.RESOURCE_ALREADY_EXISTS)
          && made.fileId().isPresent()
          && isAt(stored, made.fileId().get())) {
        return made; // ours: the answer of an earlier attempt was lost
      }
      discard(path, Optional.empty());
      throw e;
    }
  }

  private boolean isAt(String stored, String fileId) {
    try {
      return store.getFileProperties(stored, Optional.empty()).fileId().equals(fileId);
    } catch (FsException e) {
      return false; // a directory, or nothing any more
    }
  }

  /** Moves a file to a hidden name. */
  public Written take(String stored, String hidden, Optional<String> lease) throws FsException {
    try {
      return store.renameFile(stored, hidden, false, lease, Optional.empty());
    } catch (FsException e) {
      if (!ServiceCode.is(e, ServiceCode.PARENT_NOT_FOUND)) {
        throw e;
      }
      make();
      return store.renameFile(stored, hidden, false, lease, Optional.empty());
    }
  }

  /** Deletes a hidden file; one that is gone already is fine. */
  void discard(String path, Optional<String> lease) {
    try {
      store.deleteFile(path, lease);
    } catch (FsException e) {
      if (!ServiceCode.isAbsent(e)) {
        LOG.warn("{} stays behind in the share: {}", path, e.toLogLine());
      }
    }
  }

  /** Deletes what mounts that died left behind long ago. */
  public void sweep() {
    Instant limit = Instant.now().minus(STALE_AGE);
    try {
      String directory = names.hidden("");
      for (StoredItem item :
          store.listDirectory(directory, "", Optional.empty(), ShareStore.MAX_PAGE).items()) {
        if (!item.directory() && item.changeTime().isBefore(limit)) {
          String path = directory + "/" + item.name();
          try {
            store.breakLease(path);
          } catch (FsException e) {
            LOG.debug("{} has no lease to break: {}", path, e.toLogLine());
          }
          discard(path, Optional.empty());
        }
      }
    } catch (FsException e) {
      if (!ServiceCode.isAbsent(e)) {
        LOG.debug("the hidden directory could not be looked through: {}", e.toLogLine());
      }
    }
  }

  /** Removes the directory when it is empty. */
  public void close() {
    if (made) {
      try {
        store.deleteDirectory(names.hidden(""));
      } catch (FsException e) {
        LOG.debug("the hidden directory stays: {}", e.toLogLine());
      }
    }
  }

  private void make() throws FsException {
    try {
      store.createDirectory(
          names.hidden(""), new NewItem(Set.of(FileAttribute.HIDDEN), Optional.empty(), Map.of()));
    } catch (FsException e) {
      if (!ServiceCode.is(e, ServiceCode.RESOURCE_ALREADY_EXISTS)) {
        throw e;
      }
    }
    made = true;
  }
}
