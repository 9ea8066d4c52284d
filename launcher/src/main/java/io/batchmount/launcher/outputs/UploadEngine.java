package io.batchmount.launcher.outputs;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stores sets of files side by side. Files that go to one and the same place keep their order.
 *
 * <p>Two pools: one thread for each file on its way, which reads, and one for each block of a large
 * file on its way, which sends. A reader waits for memory, senders never do, so they cannot wait
 * for each other. Thread-safe.
 */
final class UploadEngine implements Closeable {
  private final ExecutorService fileReaders;
  private final ExecutorService blockSenders;
  private final FileUploader uploader;
  private final List<Thread> readerThreads = new ArrayList<>(); // guarded by itself
  private volatile boolean cancelled;

  UploadEngine(UploadOptions options, UploadListener listener, Optional<UploadJournal> journal) {
    fileReaders =
        Executors.newFixedThreadPool(
            options.parallelFiles(),
            body -> {
              Thread thread = daemon(body, "upload-file-");
              synchronized (readerThreads) {
                readerThreads.add(thread);
              }
              return thread;
            });
    blockSenders =
        Executors.newFixedThreadPool(
            options.parallelBlocks(), body -> daemon(body, "upload-block-"));
    uploader = new FileUploader(options, listener, blockSenders, journal);
  }

  private static final AtomicInteger NUMBER = new AtomicInteger();

  private static Thread daemon(Runnable body, String prefix) {
    Thread thread = new Thread(body, prefix + NUMBER.incrementAndGet());
    thread.setDaemon(true);
    return thread;
  }

  /** Hears what becomes of each file, from several threads. */
  interface Observer {
    /** The file's turn has come. */
    void starting(FileTask task);

    /** It is stored. */
    void stored(FileTask task, FileUploader.Stored stored, long nanos);

    /** It is not. */
    void failed(FileTask task, Throwable error);
  }

  /**
   * Stores all files; every one is tried and told to the observer.
   *
   * @param deadline {@link System#nanoTime} at which the rest is given up, if there is one
   */
  void upload(List<FileTask> tasks, Observer observer, Optional<Long> deadline)
      throws InterruptedException {
    Map<String, List<FileTask>> byPlace = new LinkedHashMap<>();
    for (FileTask task : tasks) {
      byPlace.computeIfAbsent(task.place(), any -> new ArrayList<>()).add(task);
    }
    CountDownLatch left = new CountDownLatch(byPlace.size());
    for (List<FileTask> inOrder : byPlace.values()) {
      fileReaders.execute(
          () -> {
            try {
              inOrder.forEach(task -> upload(task, observer));
            } finally {
              left.countDown();
            }
          });
    }
    if (deadline.isPresent()
        && !left.await(deadline.get() - System.nanoTime(), TimeUnit.NANOSECONDS)) {
      cancel();
    }
    left.await(); // after a cancel each file left ends at once
  }

  private void upload(FileTask task, Observer observer) {
    long start = System.nanoTime();
    try {
      if (cancelled) {
        throw new InterruptedException();
      }
      observer.starting(task);
      FileUploader.Stored stored = uploader.upload(task);
      observer.stored(task, stored, System.nanoTime() - start);
    } catch (InterruptedException e) {
      observer.failed(task, new CancelledUploadException(e));
    } catch (IOException | RuntimeException e) {
      observer.failed(
          task, cancelled ? new CancelledUploadException(new InterruptedException()) : e);
    }
  }

  /** Gives up what runs and what waits; the files that wait are still told to the observer. */
  void cancel() {
    cancelled = true;
    blockSenders.shutdownNow();
    synchronized (readerThreads) {
      readerThreads.forEach(Thread::interrupt);
    }
  }

  @Override
  public void close() {
    cancelled = true;
    fileReaders.shutdownNow();
    blockSenders.shutdownNow();
  }
}
