package io.batchmount.blob.write;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.MemoryBudget;
import io.batchmount.core.OperationContext;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that move blocks to the service, and the buffers they move them in. Tasks never wait
 * for other tasks of the pool. Buffers are taken from the process's memory budget; the idle ones
 * are given back when somebody else needs memory.
 */
final class TransferPool implements AutoCloseable {
  /** Enough for 1 GB/s at 60 MB/s a connection; with blocks of 8 MiB they hold 128 MiB. */
  static final int THREADS = 16;

  private static final long IDLE_SECONDS = 30;

  /** Of buffers, so that the journal can be read into them past the page cache. */
  private static final int ALIGNMENT = 4096;

  private final ThreadPoolExecutor threads;
  private final MemoryBudget budget;
  private final Duration stallLimit;
  private final Deque<ByteBuffer> idle = new ArrayDeque<>(); // guarded by itself

  /**
   * @param stallLimit after this time without any finished task, waiting ends with ETIMEDOUT
   */
  TransferPool(MemoryBudget budget, Duration stallLimit) {
    this.budget = budget;
    this.stallLimit = stallLimit;
    AtomicInteger number = new AtomicInteger();
    threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "blob-upload-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    threads.allowCoreThreadTimeOut(true);
    budget.addReclaimer(unused -> dropIdle());
  }

  /** Runs a task with a deadline of its own. */
  <T> Future<T> submit(Callable<T> task) {
    FutureTask<T> future =
        new FutureTask<>(
            () -> {
              try (OperationContext context = OperationContext.open(stallLimit, () -> false)) {
                return task.call();
              }
            });
    threads.execute(future);
    return future;
  }

  /**
   * Runs tasks in parallel and waits for all. The first failure ends the others that have not begun
   * and is thrown when none runs any more. As long as tasks finish, waiting may take longer than
   * the deadline of one operation: uploading what is left of a large file is no hang.
   */
  <T> List<T> runAll(List<Callable<T>> tasks, String doing) throws FsException {
    AtomicBoolean failed = new AtomicBoolean();
    List<Future<Optional<T>>> futures = new ArrayList<>(tasks.size());
    for (Callable<T> task : tasks) {
      futures.add(submit(() -> unless(failed, task)));
    }
    List<T> results = new ArrayList<>(tasks.size());
    FsException failure = null;
    for (Future<Optional<T>> future : futures) {
      try {
        await(future, doing).ifPresent(results::add);
      } catch (FsException e) {
        failed.set(true);
        if (failure == null) {
          failure = e;
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
    return results;
  }

  /** Runs a task unless another failed; a cancelled future would not tell when its task ends. */
  private static <T> Optional<T> unless(AtomicBoolean failed, Callable<T> task) throws Exception {
    if (failed.get()) {
      return Optional.empty();
    }
    boolean done = false;
    try {
      T result = task.call();
      done = true;
      return Optional.of(result);
    } finally {
      if (!done) {
        failed.set(true);
      }
    }
  }

  /** Waits for one task; ends early when the caller is interrupted or nothing moves any more. */
  <T> T await(Future<T> future, String doing) throws FsException {
    long completedBefore = threads.getCompletedTaskCount();
    long movedAt = System.nanoTime();
    while (true) {
      try {
        return future.get(Waiting.POLL_MILLIS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        if (OperationContext.current().isInterrupted()) {
          throw new FsException(Errno.EINTR, "interrupted while " + doing);
        }
        long completed = threads.getCompletedTaskCount();
        if (completed != completedBefore) {
          completedBefore = completed;
          movedAt = System.nanoTime();
        } else if (System.nanoTime() - movedAt > 2 * stallLimit.toNanos()) {
          throw new FsException(Errno.ETIMEDOUT, "nothing moves any more while " + doing);
        }
      } catch (ExecutionException e) {
        if (e.getCause() instanceof FsException fs) {
          throw fs;
        }
        throw new FsException(Errno.EIO, "failed while " + doing + ": " + e.getCause(), e);
      } catch (InterruptedException e) {
        throw Waiting.interrupted(doing, e);
      }
    }
  }

  /**
   * A buffer with a limit of {@code size}; waits for memory. Give it back with {@link #giveBack}.
   *
   * @throws FsException ENOMEM when none comes free or it is larger than the whole budget
   */
  ByteBuffer borrow(int size) throws FsException {
    synchronized (idle) {
      // not idle.remove(buffer): buffers are equal when their bytes are, and another would go
      for (Iterator<ByteBuffer> all = idle.iterator(); all.hasNext(); ) {
        ByteBuffer buffer = all.next();
        if (buffer.capacity() >= size && buffer.capacity() <= Math.max(ALIGNMENT, 2L * size)) {
          all.remove();
          return buffer.clear().limit(size);
        }
      }
    }
    int bytes = Math.toIntExact((size + ALIGNMENT - 1L) / ALIGNMENT * ALIGNMENT);
    budget.acquire(bytes, stallLimit);
    return ByteBuffer.allocateDirect(bytes + ALIGNMENT)
        .alignedSlice(ALIGNMENT)
        .slice(0, bytes)
        .limit(size);
  }

  void giveBack(ByteBuffer buffer) {
    synchronized (idle) {
      if (idle.size() < THREADS && !threads.isShutdown()) {
        idle.push(buffer);
        return;
      }
    }
    budget.release(buffer.capacity());
  }

  /** Ends the threads; running tasks finish. */
  @Override
  public void close() {
    threads.shutdown();
    dropIdle();
  }

  private void dropIdle() {
    long bytes = 0;
    synchronized (idle) {
      for (ByteBuffer buffer : idle) {
        bytes += buffer.capacity();
      }
      idle.clear();
    }
    if (bytes > 0) {
      budget.release(bytes);
    }
  }
}
