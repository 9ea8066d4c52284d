package io.batchmount.blob.store;

import io.batchmount.core.ConnectionTrouble;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.OperationContext;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Time of one operation: how long it may still take, how long to wait before the next attempt, and
 * waiting that ends when the caller is interrupted. Used by one thread.
 */
final class RetryClock {
  /** First pause between attempts; a reset connection is often good again at once. */
  private static final long FIRST_BACKOFF_MILLIS = 100;

  /** Longest pause between attempts, so that the end of an outage is noticed soon. */
  private static final long MAX_BACKOFF_MILLIS = 4000;

  /** How often a waiting thread looks whether its caller was interrupted. */
  private static final long POLL_MILLIS = 100;

  private final String doing;
  private final OperationContext context;
  private final long deadline;
  private int failures;
  private String last = "it was not sent"; // why the last attempt failed

  /**
   * @param doing for messages
   * @param limit used where the thread's operation has no deadline
   */
  RetryClock(String doing, Duration limit) {
    this.doing = doing;
    this.context = OperationContext.current();
    Duration left = context.hasDeadline() ? context.remaining() : limit;
    this.deadline = System.nanoTime() + left.toNanos();
  }

  long remainingNanos() {
    return deadline - System.nanoTime();
  }

  /** When the time is over, by {@code System.nanoTime}. */
  long deadlineNanos() {
    return deadline;
  }

  /**
   * An attempt failed: was it because the caller gave up?
   *
   * @throws FsException EINTR or ETIMEDOUT when that is so
   */
  void check(Throwable failure) throws FsException {
    if (Thread.currentThread().isInterrupted()) {
      throw new FsException(Errno.EINTR, "interrupted: " + doing, failure);
    }
    checkCaller(ConnectionTrouble.of(failure).orElse(ConnectionTrouble.TIMEOUT).words());
  }

  boolean expired() {
    return remainingNanos() <= 0;
  }

  /** Progress was made: the next failure counts as the first. */
  void progressed() {
    failures = 0;
  }

  /**
   * Waits before another attempt.
   *
   * @throws FsException the last failure, as ETIMEDOUT, when the time is over
   */
  void backOff(FsException failure) throws FsException {
    long ceiling = Math.min(MAX_BACKOFF_MILLIS, FIRST_BACKOFF_MILLIS << Math.min(failures, 10));
    failures++;
    last = failure.getMessage();
    long millis = ceiling / 2 + ThreadLocalRandom.current().nextLong(ceiling / 2 + 1);
    long nanos = TimeUnit.MILLISECONDS.toNanos(millis);
    if (remainingNanos() <= nanos) {
      throw FsException.ofService(
          Errno.ETIMEDOUT, late(last), failure.serviceCode(), failure.requestId(), failure);
    }
    sleep(nanos);
  }

  /** Sleeps in steps that notice interruption. */
  void sleep(long nanos) throws FsException {
    long end = System.nanoTime() + nanos;
    try {
      long left;
      while ((left = end - System.nanoTime()) > 0) {
        checkCaller(last);
        TimeUnit.NANOSECONDS.sleep(Math.min(left, TimeUnit.MILLISECONDS.toNanos(POLL_MILLIS)));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FsException(Errno.EINTR, "interrupted: " + doing, e);
    }
    checkCaller(last);
  }

  private String late(String cause) {
    return doing + ": no success before the deadline; last: " + cause;
  }

  private void checkCaller(String cause) throws FsException {
    if (context.isInterrupted()) {
      throw new FsException(Errno.EINTR, "interrupted: " + doing);
    }
    if (expired()) {
      throw new FsException(Errno.ETIMEDOUT, late(cause));
    }
  }

  /**
   * Waits for an answer; cancels the request when the time is over or the caller is interrupted.
   *
   * @throws ExecutionException with what the request failed with
   */
  <T> T await(CompletableFuture<T> future) throws FsException, ExecutionException {
    boolean done = false;
    try {
      while (true) {
        try {
          long step =
              Math.max(1, Math.min(remainingNanos(), TimeUnit.MILLISECONDS.toNanos(POLL_MILLIS)));
          T result = future.get(step, TimeUnit.NANOSECONDS);
          done = true;
          return result;
        } catch (TimeoutException e) {
          checkCaller(ConnectionTrouble.TIMEOUT.words());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FsException(Errno.EINTR, "interrupted: " + doing, e);
    } finally {
      if (!done) {
        future.cancel(true);
      }
    }
  }
}
