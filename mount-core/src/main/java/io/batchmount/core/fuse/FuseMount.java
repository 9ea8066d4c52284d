package io.batchmount.core.fuse;

import io.batchmount.core.FileSystem;
import io.batchmount.core.FsException;
import io.batchmount.core.PendingData;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file system under a directory, from {@link #mount} to {@link #unmount}. Several may live in one
 * process. Thread-safe.
 *
 * <p>The file system belongs to the caller, who closes it after the mount has ended. A mount that
 * somebody else ends ({@code umount}, {@code fusermount -u}) is noticed: {@link #awaitUnmounted}
 * returns and files left open have been saved. A process that ends without unmounting leaves a dead
 * mount, which the next {@link #mount} on the directory clears away.
 */
public final class FuseMount {
  private static final Logger LOG = LoggerFactory.getLogger(FuseMount.class);

  /** From {@code mount(2)} to the first answer it takes milliseconds; more means a hung kernel. */
  private static final Duration READY_LIMIT = Duration.ofSeconds(30);

  /** How long to wait for the last users of a mount that is taken away under them. */
  private static final Duration END_LIMIT = Duration.ofSeconds(10);

  /** What files that were open until the end get for saving, even when the time is over. */
  private static final Duration LAST_DRAIN = Duration.ofSeconds(5);

  private static final long BUSY_POLL_MILLIS =
      50; // a shell that leaves the directory is waited for

  private final FileSystem fileSystem;
  private final Path mountPoint;
  private final Connection session;
  private final ReentrantLock unmounting =
      new ReentrantLock(); // a second caller waits for the first

  private FuseMount(FileSystem fileSystem, Path mountPoint, Connection session) {
    this.fileSystem = fileSystem;
    this.mountPoint = mountPoint;
    this.session = session;
  }

  /**
   * Mounts and returns when the mount can be used.
   *
   * @param mountPoint an existing, empty directory; a dead mount of an earlier process there is
   *     cleared away
   * @throws MountException with the reason and the fix; nothing is mounted then
   */
  public static FuseMount mount(FileSystem fileSystem, Path mountPoint, FuseMountOptions options)
      throws MountException {
    Path place = Mounter.resolve(mountPoint);
    Mounter.prepare(place, options.allowNonEmpty());
    Connection session =
        switch (options.binding()) {
          case KERNEL ->
              new FuseSession(Mounter.mount(fileSystem, place, options), fileSystem, options);
          case LIBFUSE -> LibfuseConnection.mount(fileSystem, place, options);
        };
    session.start();
    FuseMount mount = new FuseMount(fileSystem, place, session);
    try {
      session.ready().get(READY_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
      MountTable.Entry entry =
          Mounter.table()
              .at(place)
              .filter(MountTable.Entry::isOurs)
              .orElseThrow(
                  () -> new MountException(place + " was mounted and is not in the mount table"));
      Mounter.raiseReadAhead(entry, options.readAheadBytes());
    } catch (ExecutionException e) {
      mount.giveUp();
      throw e.getCause() instanceof MountException reason
          ? reason
          : new MountException(place + " cannot be mounted: " + e.getCause(), e);
    } catch (TimeoutException e) {
      mount.giveUp();
      throw new MountException(place + " cannot be mounted: the kernel does not answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      mount.giveUp();
      throw new MountException("interrupted while mounting " + place, e);
    } catch (MountException e) {
      mount.giveUp();
      throw e;
    }
    LOG.debug("{} is mounted on {}", fileSystem.name(), place);
    return mount;
  }

  /**
   * Whether the process of a FUSE mount is gone, so that the kernel answers ENOTCONN for it. Told
   * by the number: Java has only the system's text, which depends on the locale.
   */
  public static boolean isDead(Path mountPoint) {
    return Mounter.isDead(mountPoint);
  }

  private void giveUp() {
    try {
      Mounter.unmountLazily(mountPoint);
    } catch (MountException e) {
      LOG.warn("{}", e.getMessage());
    }
  }

  /** Where it is, links resolved. */
  public Path mountPoint() {
    return mountPoint;
  }

  public FileSystem fileSystem() {
    return fileSystem;
  }

  /** Whether the kernel still sends requests. */
  public boolean isAlive() {
    return session.isAlive();
  }

  /** Waits until the mount has ended, by us or by somebody else, and open files are saved. */
  public void awaitUnmounted() throws InterruptedException {
    session.awaitEnd();
  }

  /** As {@link #awaitUnmounted()}, for a while; true when it has ended. */
  public boolean awaitUnmounted(Duration limit) throws InterruptedException {
    return session.awaitEnd(limit);
  }

  /**
   * Saves pending data, unmounts, and sees to it that the mount is gone. While somebody uses the
   * mount it waits; when the time is over the mount is taken away all the same, with a line in the
   * log.
   *
   * @param timeout for saving and for waiting, together
   * @param progress told what is left, about once a second
   * @return what could not be saved; clean when all is in the service
   * @throws MountException when the mount is still there, with the reason
   */
  public PendingData unmount(Duration timeout, Consumer<PendingData> progress)
      throws MountException {
    unmounting.lock();
    try {
      return unmountOnce(timeout, progress);
    } finally {
      unmounting.unlock();
    }
  }

  private PendingData unmountOnce(Duration timeout, Consumer<PendingData> progress)
      throws MountException {
    long end = System.nanoTime() + timeout.toNanos();
    drain(timeout, progress);
    if (session.isAlive()) {
      takeAway(end);
    }
    try {
      if (!session.awaitEnd(END_LIMIT)) {
        LOG.warn(
            "{}: unmounted, but programs still use files of it; their work is ended", mountPoint);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MountException("interrupted while unmounting " + mountPoint, e);
    }
    verify();
    // what was still open has been closed by now, and may have left something to save
    Duration left = Duration.ofNanos(end - System.nanoTime());
    return drain(left.compareTo(LAST_DRAIN) > 0 ? left : LAST_DRAIN, progress);
  }

  private void takeAway(long end) throws MountException {
    while (session.isAlive()) {
      int errno = Mounter.unmount(mountPoint);
      if (errno == 0 || !isMounted()) {
        return;
      }
      if (errno != Native.EBUSY) {
        throw new MountException(mountPoint + " cannot be unmounted: " + Native.describe(errno));
      }
      if (System.nanoTime() - end > 0) {
        LOG.warn(
            "{} is still in use and is taken away from those who use it (find them with: fuser -vm"
                + " {})",
            mountPoint,
            mountPoint);
        Mounter.unmountLazily(mountPoint);
        return;
      }
      try {
        Thread.sleep(BUSY_POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new MountException("interrupted while unmounting " + mountPoint, e);
      }
    }
  }

  private boolean isMounted() throws MountException {
    return entry().isPresent();
  }

  private Optional<MountTable.Entry> entry() throws MountException {
    return Mounter.table().at(mountPoint).filter(MountTable.Entry::isOurs);
  }

  private void verify() throws MountException {
    if (isMounted()) {
      throw new MountException(mountPoint + " is still mounted after unmounting");
    }
  }

  private PendingData drain(Duration limit, Consumer<PendingData> progress) {
    try {
      return fileSystem.drain(limit, progress);
    } catch (FsException e) {
      LOG.warn("{}: pending data could not be saved: {}", fileSystem.name(), e.toLogLine());
      return fileSystem.pending();
    }
  }

  /** Nodes that the kernel knows at the moment, for tests and {@code status}. */
  public int knownNodes() {
    return session.knownNodes();
  }
}
