package io.batchmount.blob.http;

import io.batchmount.core.OperationContext;
import java.io.Closeable;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.concurrent.TimeUnit;

/**
 * A request from its first to its last byte, as the {@link Watchdog} sees it. The thread that made
 * it works on it; {@link #look} is the watchdog's.
 */
final class Call {
  /** A connection on which nothing moves for so long is given up; the deadline is for the rest. */
  static final long STALL_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final OperationContext context = OperationContext.current();
  private final long deadline;
  private volatile long moved = System.nanoTime();
  private Closeable connection = () -> {}; // guarded by this
  private boolean ended; // guarded by this
  private volatile boolean stalled;

  /**
   * @param deadline of {@code System.nanoTime}
   */
  Call(long deadline) {
    this.deadline = deadline;
  }

  /** What to close when it has to end. */
  synchronized void uses(Closeable newConnection) throws IOException {
    connection = newConnection;
    if (ended) {
      newConnection.close();
    }
  }

  /** Bytes came. */
  void moved() {
    moved = System.nanoTime();
  }

  boolean isOver() {
    return context.isInterrupted() || System.nanoTime() - deadline >= 0;
  }

  void look() {
    stalled |= System.nanoTime() - moved >= STALL_NANOS;
    if (stalled || isOver()) {
      synchronized (this) {
        ended = true;
        try {
          connection.close();
        } catch (IOException e) {
          return; // it is of no use any more in any case
        }
      }
    }
  }

  /** What the failure of a read or write means, which may be that the watchdog has closed. */
  IOException meaning(IOException failure) {
    if (stalled) {
      return new SocketTimeoutException("nothing moved on the connection");
    }
    return System.nanoTime() - deadline >= 0 && !context.isInterrupted()
        ? new SocketTimeoutException("the time of the request is over")
        : failure;
  }
}
