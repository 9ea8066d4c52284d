package io.batchmount.files.store;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.OperationContext;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Time of one request with its repeats: how long it may still take, how long to pause, and waiting
 * that ends when the caller is interrupted. Used by one thread.
 */
final class RetryClock {
  private static final long FIRST_PAUSE_MILLIS = 100; // a reset connection is often good at once
  private static final long LAST_PAUSE_MILLIS = 2000; // so that the end of an outage is noticed
  private static final long POLL_MILLIS = 100; // how often interruption is looked for

  private final String doing;
  private final OperationContext context = OperationContext.current();
  private final long deadline;
  private int failures;
  private Optional<FsException> last = Optional.empty();

  /**
   * @param limit used where the thread's operation has no deadline
   */
  RetryClock(String doing, Duration limit) {
    this.doing = doing;
    Duration left = context.hasDeadline() ? context.remaining() : limit;
    this.deadline = System.nanoTime() + left.toNanos();
  }

  /** Waits for an answer; cancels the request when the time is over or the caller interrupted. */
  <T> T await(CompletableFuture<T> answer) throws FsException, ExecutionException {
    try {
      while (true) {
        try {
          long left = deadline - System.nanoTime();
          long step = Math.max(1, Math.min(left, TimeUnit.MILLISECONDS.toNanos(POLL_MILLIS)));
          return answer.get(step, TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
          check();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FsException(Errno.EINTR, "interrupted: " + doing, e);
    } finally {
      if (!answer.isDone()) {
        answer.cancel(true);
      }
    }
  }

  /**
   * Pauses before a repeat, longer each time.
   *
   * @param asked what the service asked for; zero for our own choice
   * @throws FsException ETIMEDOUT with that failure when the time would be over
   */
  void pause(FsException failure, Duration asked) throws FsException {
    long ceiling = Math.min(LAST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << Math.min(failures, 10));
    failures++;
    last = Optional.of(failure);
    long chosen = ceiling / 2 + ThreadLocalRandom.current().nextLong(ceiling / 2 + 1);
    long nanos = Math.max(asked.toNanos(), TimeUnit.MILLISECONDS.toNanos(chosen));
    if (deadline - System.nanoTime() <= nanos) {
      throw timeIsOver();
    }
    long end = System.nanoTime() + nanos;
    try {
      for (long left = nanos; left > 0; left = end - System.nanoTime()) {
        check();
        TimeUnit.NANOSECONDS.sleep(Math.min(left, TimeUnit.MILLISECONDS.toNanos(POLL_MILLIS)));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FsException(Errno.EINTR, "interrupted: " + doing, e);
    }
  }

  private void check() throws FsException {
    if (context.isInterrupted()) {
      throw new FsException(Errno.EINTR, "interrupted: " + doing);
    }
    if (deadline - System.nanoTime() <= 0) {
      throw timeIsOver();
    }
  }

  /** What an attempt met says more than that the next one was cut short. */
  private FsException timeIsOver() {
    return last.map(
            failure ->
                FsException.ofService(
                    Errno.ETIMEDOUT,
                    doing + ": no success before the deadline; last: " + failure.getMessage(),
                    failure.serviceCode(),
                    failure.requestId(),
                    failure))
        .orElseGet(
            () ->
                FsException.ofService(
                    Errno.ETIMEDOUT,
                    doing + ": no answer before the deadline",
                    Optional.of(ServiceCode.NO_ANSWER),
                    Optional.empty(),
                    null));
  }
}
