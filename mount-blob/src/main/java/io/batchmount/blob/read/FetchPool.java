package io.batchmount.blob.read;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Threads that wait for the service. Demanded requests get a thread at once; speculative ones share
 * a bounded number, so that a connection is always left for demand. Thread-safe.
 */
public final class FetchPool implements AutoCloseable {
  /**
   * Speculative requests at once: of small files, 48 of a data set at 20 ms are what two cores can
   * take, and some more are for read-ahead; of the 64 connections the others are left for demand.
   */
  static final int MAX_SPECULATIVE = 56;

  private static final long IDLE_SECONDS = 10;

  private final ThreadPoolExecutor demand;
  private final ThreadPoolExecutor speculative;
  private final ThreadPoolExecutor background;

  public FetchPool() {
    demand =
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            threads("batchmount-fetch"));
    speculative = bounded(MAX_SPECULATIVE, "batchmount-ahead");
    background = bounded(2, "batchmount-dataset");
  }

  private static ThreadPoolExecutor bounded(int count, String name) {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            count,
            count,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            threads(name));
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  private static ThreadFactory threads(String name) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  ExecutorService demand() {
    return demand;
  }

  ExecutorService speculative() {
    return speculative;
  }

  /** For work that decides what to fetch and does not wait for the service itself. */
  ExecutorService background() {
    return background;
  }

  /** Speculative requests that wait for a thread. */
  int waiting() {
    return speculative.getQueue().size();
  }

  @Override
  public void close() {
    demand.shutdownNow();
    speculative.shutdownNow();
    background.shutdownNow();
  }
}
