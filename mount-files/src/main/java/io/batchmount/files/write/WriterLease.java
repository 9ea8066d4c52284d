package io.batchmount.files.write;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.OperationContext;
import io.batchmount.files.store.ServiceCode;
import io.batchmount.files.store.ShareStore;
import io.batchmount.files.store.StoredItem;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lease under which one open file is written. Guarded by the io lock of its file; {@link #id}
 * may be read by anybody.
 */
final class WriterLease {
  /** Held on after the last flush, so that a log with a line a second keeps it. */
  static final Duration IDLE = Duration.ofSeconds(2);

  /**
   * How long another writer is waited for; longer than {@link #IDLE}, or waiting were pointless.
   */
  static final Duration RIVAL_WAIT = Duration.ofSeconds(8);

  /**
   * A lease on a file that did not change for so long belongs to nobody alive: a live mount gives
   * it back after {@link #IDLE}, or loses its operations to a time-out (120 s) first.
   */
  static final Duration DEAD = Duration.ofSeconds(150);

  private static final Duration POLL = Duration.ofMillis(50);
  private static final Logger LOG = LoggerFactory.getLogger(WriterLease.class);

  private final ShareStore store;
  private volatile Optional<String> id = Optional.empty();
  private Optional<String> attempted = Optional.empty();

  WriterLease(ShareStore store) {
    this.store = store;
  }

  Optional<String> id() {
    return id;
  }

  boolean isHeld() {
    return id.isPresent();
  }

  /**
   * Acquires it, waiting for a rival.
   *
   * @return the ETag that the file has
   * @throws FsException ESTALE when another writer keeps it, or the file is gone
   */
  String acquire(String stored, String path) throws FsException {
    // the id of an attempt whose answer was lost is proposed again: it may hold the lease already
    String proposed = attempted.orElseGet(() -> UUID.randomUUID().toString());
    attempted = Optional.of(proposed);
    long end = System.nanoTime() + RIVAL_WAIT.toNanos();
    while (true) {
      try {
        String etag = store.acquireLease(stored, proposed);
        id = Optional.of(proposed);
        attempted = Optional.empty();
        return etag;
      } catch (FsException e) {
        if (!ServiceCode.is(e, ServiceCode.LEASE_ALREADY_PRESENT)) {
          throw e;
        }
        if (isDead(stored)) {
          LOG.warn("{}: the lease of a writer that went away is broken", path);
          store.breakLease(stored);
          continue;
        }
        if (System.nanoTime() - end > 0) {
          throw new FsException(
              Errno.ESTALE,
              path
                  + ": another writer holds this file; what was written here is kept in the journal"
                  + " (batchmount recover)",
              e);
        }
      }
      pause();
    }
  }

  /** Gives it back; a lease that is gone already, or whose file is, is fine. */
  void release(String stored) {
    Optional<String> held = id;
    id = Optional.empty();
    if (held.isPresent()) {
      try {
        store.releaseLease(stored, held.get());
      } catch (FsException e) {
        LOG.debug("{}: its lease could not be given back: {}", stored, e.toLogLine());
      }
    }
  }

  /** The service said that it is no longer ours. */
  void lost() {
    id = Optional.empty();
  }

  private boolean isDead(String stored) throws FsException {
    StoredItem item = store.getFileProperties(stored, Optional.empty());
    return item.leased() && item.changeTime().plus(DEAD).isBefore(Instant.now());
  }

  private static void pause() throws FsException {
    OperationContext.current().check("waiting for another writer");
    try {
      TimeUnit.NANOSECONDS.sleep(POLL.toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FsException(Errno.EINTR, "interrupted while waiting for another writer", e);
    }
  }
}
