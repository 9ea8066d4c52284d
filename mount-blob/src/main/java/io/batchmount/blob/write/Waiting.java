package io.batchmount.blob.write;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.OperationContext;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;

/** Waiting that ends with the kernel request that waits. */
final class Waiting {
  /** How often a waiter looks whether its caller was interrupted. */
  static final long POLL_MILLIS = 50;

  private Waiting() {}

  /**
   * Takes a lock.
   *
   * @throws FsException EINTR or ETIMEDOUT when the current operation ends before
   */
  static void lock(Lock lock, String waitingFor) throws FsException {
    if (lock.tryLock()) {
      return;
    }
    try {
      while (!lock.tryLock(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
        OperationContext.current().check("waiting for " + waitingFor);
      }
    } catch (InterruptedException e) {
      throw interrupted(waitingFor, e);
    }
  }

  static FsException interrupted(String waitingFor, InterruptedException cause) {
    Thread.currentThread().interrupt();
    return new FsException(Errno.EINTR, "interrupted while waiting for " + waitingFor, cause);
  }
}
