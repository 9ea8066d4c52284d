package io.batchmount.core.memory;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.OperationContext;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/** Makes operations take time, as a distant store does. Ends early when the caller gives up. */
public final class LatencyInjector implements OperationInterceptor {
  private static final long POLL_MILLIS = 5; // how soon an interruption is noticed

  private final Map<Operation, Duration> delays;

  private LatencyInjector(Map<Operation, Duration> delays) {
    this.delays = delays;
  }

  /** The same delay before every operation. */
  public static LatencyInjector all(Duration delay) {
    Map<Operation, Duration> delays = new EnumMap<>(Operation.class);
    for (Operation operation : Operation.values()) {
      delays.put(operation, delay);
    }
    return new LatencyInjector(delays);
  }

  /** A delay before some operations. */
  public static LatencyInjector of(Map<Operation, Duration> delays) {
    return new LatencyInjector(new EnumMap<>(delays));
  }

  @Override
  public void before(Operation operation, String path) throws FsException {
    Duration delay = delays.get(operation);
    if (delay == null) {
      return;
    }
    long end = System.nanoTime() + delay.toNanos();
    for (long left = delay.toNanos(); left > 0; left = end - System.nanoTime()) {
      try {
        Thread.sleep(Math.min(POLL_MILLIS, left / 1_000_000), (int) (left % 1_000_000));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new FsException(Errno.EINTR, path + ": interrupted while waiting", e);
      }
      OperationContext.current().check("waiting for the store");
    }
  }
}
