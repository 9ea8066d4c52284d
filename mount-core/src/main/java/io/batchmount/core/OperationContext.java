package io.batchmount.core;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * Deadline and interruption of the kernel request that the current thread works on. The binding
 * opens one around each request; code that waits asks it for the time left and for interruption.
 * Threads that work in the background have none: {@link #current} then gives a context without end.
 */
public final class OperationContext implements AutoCloseable {
  private static final ThreadLocal<OperationContext> CURRENT = new ThreadLocal<>();
  private static final OperationContext ENDLESS =
      new OperationContext(Long.MAX_VALUE, () -> false, null);

  private final long deadlineNanos;
  private final BooleanSupplier interrupted;
  private final OperationContext outer;

  private OperationContext(
      long deadlineNanos, BooleanSupplier interrupted, OperationContext outer) {
    this.deadlineNanos = deadlineNanos;
    this.interrupted = interrupted;
    this.outer = outer;
  }

  /**
   * Opens a context for this thread; close it with try-with-resources.
   *
   * @param limit time that the operation may take
   * @param interrupted true once the caller was interrupted; polled while waiting
   */
  public static OperationContext open(Duration limit, BooleanSupplier interrupted) {
    OperationContext context =
        new OperationContext(System.nanoTime() + limit.toNanos(), interrupted, CURRENT.get());
    CURRENT.set(context);
    return context;
  }

  /** The context of this thread; one without deadline where none was opened. */
  public static OperationContext current() {
    OperationContext context = CURRENT.get();
    return context == null ? ENDLESS : context;
  }

  /** Whether there is a deadline at all. */
  public boolean hasDeadline() {
    return deadlineNanos != Long.MAX_VALUE;
  }

  /** Time left; zero when it is over; {@code Long.MAX_VALUE} nanoseconds when there is no end. */
  public Duration remaining() {
    return hasDeadline()
        ? Duration.ofNanos(Math.max(0, deadlineNanos - System.nanoTime()))
        : Duration.ofNanos(Long.MAX_VALUE);
  }

  /** True once the process that made the request was interrupted by a signal. */
  public boolean isInterrupted() {
    return interrupted.getAsBoolean();
  }

  /**
   * Ends the operation when its time is over or its caller was interrupted.
   *
   * @param doing what was being waited for, for the message
   * @throws FsException EINTR or ETIMEDOUT
   */
  public void check(String doing) throws FsException {
    if (isInterrupted()) {
      throw new FsException(Errno.EINTR, "interrupted while " + doing);
    }
    if (hasDeadline() && remaining().isZero()) {
      throw new FsException(Errno.ETIMEDOUT, "no answer in time while " + doing);
    }
  }

  @Override
  public void close() {
    if (outer == null) {
      CURRENT.remove();
    } else {
      CURRENT.set(outer);
    }
  }
}
