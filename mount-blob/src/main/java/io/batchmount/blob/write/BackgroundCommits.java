package io.batchmount.blob.write;

import io.batchmount.core.FsException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commits that nobody waits for: of files closed with {@code --write-back}, of files whose commit
 * failed, of files whose closer was interrupted. A failed one is tried again, later each time.
 * Thread-safe.
 */
final class BackgroundCommits implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BackgroundCommits.class);

  /** As many as transfers: each small file is one request. */
  private static final int THREADS = TransferPool.THREADS;

  private static final Duration FIRST_DELAY = Duration.ofSeconds(1);
  private static final Duration LONGEST_DELAY = Duration.ofMinutes(1);

  private final ScheduledThreadPoolExecutor threads;
  private final Map<OpenFile, Integer> waiting = new ConcurrentHashMap<>(); // file -> failures

  BackgroundCommits(String mountName) {
    AtomicInteger number = new AtomicInteger();
    threads =
        new ScheduledThreadPoolExecutor(
            THREADS,
            task -> {
              Thread thread =
                  new Thread(task, "commit-" + mountName + "-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    threads.setKeepAliveTime(30, TimeUnit.SECONDS);
    threads.allowCoreThreadTimeOut(true);
    threads.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    threads.setRemoveOnCancelPolicy(true);
  }

  /** Commits a file as soon as a thread is free; nothing when it waits already. */
  void soon(OpenFile file) {
    if (waiting.putIfAbsent(file, 0) == null) {
      schedule(file, Duration.ZERO);
    }
  }

  /** Commits a file after a pause, because it just failed; nothing when it waits already. */
  void later(OpenFile file) {
    if (waiting.putIfAbsent(file, 1) == null) {
      schedule(file, FIRST_DELAY);
    }
  }

  /** Commits a file at once, also when it waits for a later try. */
  void now(OpenFile file) {
    waiting.put(file, 0);
    schedule(file, Duration.ZERO);
  }

  private void schedule(OpenFile file, Duration delay) {
    try {
      threads.schedule(() -> run(file), delay.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      waiting.remove(file); // closing: the journal keeps it
    }
  }

  private void run(OpenFile file) {
    int failures = waiting.getOrDefault(file, 0);
    waiting.remove(file);
    try {
      file.commitInBackground();
    } catch (FsException e) {
      if (file.waitsForCommit() && waiting.putIfAbsent(file, failures + 1) == null) {
        long delay = FIRST_DELAY.toMillis() << Math.min(failures, 10);
        schedule(file, Duration.ofMillis(Math.min(delay, LONGEST_DELAY.toMillis())));
      }
    } catch (RuntimeException e) {
      LOG.error("{}: saving in the background failed unexpectedly", file.path(), e);
    }
  }

  /** Begins no more commits and waits a moment for those that run. */
  @Override
  public void close() {
    threads.shutdown();
    try {
      threads.awaitTermination(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
