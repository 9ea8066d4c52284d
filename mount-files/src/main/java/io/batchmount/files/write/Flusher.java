package io.batchmount.files.write;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts work on open files when its time has come: a clock thread that never blocks, and workers
 * enough that a slow file does not make another one wait. Thread-safe.
 */
public final class Flusher implements AutoCloseable {
  /** Files flushed at once; a worker waits for the service most of its time. */
  private static final int WORKERS = 64;

  private static final Logger LOG = LoggerFactory.getLogger(Flusher.class);

  private final ScheduledExecutorService clock;
  private final ThreadPoolExecutor workers;

  public Flusher(String name) {
    clock = Executors.newSingleThreadScheduledExecutor(daemons(name + "-clock"));
    workers =
        new ThreadPoolExecutor(
            WORKERS,
            WORKERS,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            daemons(name + "-flush"));
    workers.allowCoreThreadTimeOut(true);
  }

  /** Runs something on a worker after a delay; after {@link #close} nothing runs any more. */
  public void after(Duration delay, Runnable work) {
    try {
      if (delay.isZero()) {
        workers.execute(guarded(work));
      } else {
        clock.schedule(() -> after(Duration.ZERO, work), delay.toNanos(), TimeUnit.NANOSECONDS);
      }
    } catch (RejectedExecutionException e) {
      LOG.debug("work after the end of the mount is dropped; its bytes are in the journal");
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
    workers.shutdown();
    try {
      if (!workers.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
        workers.shutdownNow();
      }
    } catch (InterruptedException e) {
      workers.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }

  private static final int STOP_SECONDS = 10; // a request on its way may still be answered

  private static Runnable guarded(Runnable work) {
    return () -> {
      try {
        work.run();
      } catch (RuntimeException e) {
        LOG.error("background work on a share failed", e);
      }
    };
  }

  private static java.util.concurrent.ThreadFactory daemons(String name) {
    return work -> {
      Thread thread = new Thread(work, name);
      thread.setDaemon(true);
      return thread;
    };
  }
}
