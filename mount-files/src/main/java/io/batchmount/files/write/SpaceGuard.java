package io.batchmount.files.write;

import io.batchmount.core.Errno;
import io.batchmount.core.FileSystemUsage;
import io.batchmount.core.FsException;
import io.batchmount.core.FsPaths;
import io.batchmount.files.store.ShareStore;
import java.time.Duration;
import java.util.Optional;

/**
 * What is left of the share's quota. The service is asked when the mount begins, for {@code df},
 * and again only when growth since has come near what was left then, so that writing far from the
 * quota costs no request. Thread-safe.
 */
public final class SpaceGuard {
  private static final Duration USAGE_TTL = Duration.ofSeconds(5);

  /** Other nodes write too: below this distance every growth asks again. */
  private static final long NEAR_BYTES = 64L << 20;

  /** Shown where the credentials do not allow to ask: 100 TiB, the largest share. */
  private static final long UNKNOWN_BYTES = 100L << 40;

  /** Shares have no limit on the number of files. */
  private static final long MANY_FILES = 1_000_000_000;

  private final ShareStore store;
  private Optional<Room> room = Optional.empty();
  private long grownSince;

  private record Room(long quota, long used, long nanos) {}

  public SpaceGuard(ShareStore store) {
    this.store = store;
  }

  /** Asks the service; credentials that may not ask switch the guard off. */
  public synchronized void refresh() throws FsException {
    try {
      room = Optional.of(new Room(store.getShareQuota(), store.getShareUsage(), System.nanoTime()));
      grownSince = 0;
    } catch (FsException e) {
      if (e.errno() != Errno.EACCES) {
        throw e;
      }
      room = Optional.empty();
    }
  }

  /**
   * Before a file grows.
   *
   * @throws FsException ENOSPC when the quota does not hold it
   */
  synchronized void reserve(long bytes) throws FsException {
    if (room.isEmpty()) {
      return;
    }
    if (left() - bytes < NEAR_BYTES) {
      refresh();
      if (room.isPresent() && left() < bytes) {
        throw new FsException(
            Errno.ENOSPC,
            "the share " + store.share() + " is at its quota; raise it or delete files");
      }
    }
    grownSince += bytes;
  }

  /** For {@code statvfs(3)}. */
  public synchronized FileSystemUsage usage() throws FsException {
    if (room.isEmpty() || System.nanoTime() - room.get().nanos > USAGE_TTL.toNanos()) {
      refresh();
    }
    long total = room.map(Room::quota).orElse(UNKNOWN_BYTES);
    long free = room.isPresent() ? Math.max(0, left()) : UNKNOWN_BYTES;
    return new FileSystemUsage(total, free, MANY_FILES, MANY_FILES, FsPaths.MAX_NAME_BYTES);
  }

  private long left() {
    return room.map(r -> r.quota - r.used - grownSince).orElse(Long.MAX_VALUE);
  }
}
