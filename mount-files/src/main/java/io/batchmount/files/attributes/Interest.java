package io.batchmount.files.attributes;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.OperationContext;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How many names of a listing somebody wants to know: decides whether names whose answers got too
 * old are asked for one by one or by listing them all anew.
 *
 * <p>Thread-safe.
 */
final class Interest {
  /**
   * As many different names make it a listing: a full page takes the service about as long, and
   * costs about as much, as this many look-ups.
   */
  static final int MANY = 8;

  /** Within this time; {@code ls -l} wants thousands in it, {@code tail -f} one. */
  static final Duration WINDOW = Duration.ofSeconds(1);

  /**
   * A listing that took too long to be of use is tried again after so many single look-ups: soon,
   * because one slow answer says little.
   */
  static final int TRY_AGAIN = 8;

  /** Where it stays slow the pauses double up to this. */
  static final int TRY_AGAIN_AT_MOST = 64;

  private static final long POLL_MILLIS = 20; // how often a waiter looks for interruption

  private final ReentrantLock turn = new ReentrantLock();

  // guarded by this
  private final Set<String> names = new HashSet<>();
  private long begin;
  private boolean manyBefore;
  private int singles;
  private int pause = TRY_AGAIN;

  /** Notes that a name was looked up, by a clock of nanoseconds. */
  synchronized void wanted(String key, long now) {
    if (now - begin >= WINDOW.toNanos()) {
      manyBefore = names.size() >= MANY && now - begin < 2 * WINDOW.toNanos();
      names.clear();
      begin = now;
    }
    if (names.size() < MANY) {
      names.add(key);
    }
  }

  /** Whether many names were looked up lately; call it after {@link #wanted}. */
  synchronized boolean many() {
    return manyBefore || names.size() >= MANY;
  }

  /** Counts a look-up that a slow listing would not help; true when it is time to try it again. */
  synchronized boolean tryAgain() {
    singles++;
    if (singles < pause) {
      return false;
    }
    singles = 0;
    pause = Math.min(2 * pause, TRY_AGAIN_AT_MOST);
    return true;
  }

  /** A listing was of use: should one be slow again it is tried again soon. */
  synchronized void useful() {
    pause = TRY_AGAIN;
    singles = 0;
  }

  /** Waits until nobody else lists this anew; end with {@link #leave}. */
  void enter() throws FsException {
    try {
      while (!turn.tryLock(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
        OperationContext.current().check("waiting for a listing");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FsException(Errno.EINTR, "interrupted while waiting for a listing", e);
    }
  }

  void leave() {
    turn.unlock();
  }
}
