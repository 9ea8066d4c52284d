package io.batchmount.launcher.mount;

import io.batchmount.core.PendingData;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The mounts of this process. Thread-safe. */
public final class MountSession implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MountSession.class);

  private final VolumeMounter mounter;
  private final List<LiveMount> mounts = new ArrayList<>();

  public MountSession(VolumeMounter mounter) {
    this.mounter = mounter;
  }

  /**
   * Mounts volumes in parallel, all or none: when one fails the others are unmounted again.
   *
   * @return the mounts, in the order of the volumes
   * @throws MountFailure the first failure; others are attached as suppressed
   */
  public List<LiveMount> mountAll(List<? extends Volume> volumes) throws MountFailure {
    if (volumes.isEmpty()) {
      return List.of();
    }
    ExecutorService pool =
        Executors.newFixedThreadPool(
            volumes.size(),
            task -> {
              Thread thread = new Thread(task, "mount");
              thread.setDaemon(true);
              return thread;
            });
    List<Future<LiveMount>> tries = new ArrayList<>();
    for (Volume volume : volumes) {
      tries.add(pool.submit(() -> mounter.mount(volume)));
    }
    pool.shutdown();
    List<LiveMount> made = new ArrayList<>();
    List<MountFailure> failures = new ArrayList<>();
    boolean interrupted = awaitAll(pool);
    if (interrupted) {
      failures.add(new MountFailure("interrupted while mounting", new InterruptedException()));
    }
    for (int i = 0; i < tries.size(); i++) {
      try {
        made.add(tries.get(i).get());
      } catch (ExecutionException e) {
        failures.add(
            e.getCause() instanceof MountFailure failure
                ? failure
                : new MountFailure(
                    volumes.get(i),
                    volumes.get(i).source()
                        + " cannot be mounted at "
                        + volumes.get(i).mountPoint()
                        + ": "
                        + e.getCause(),
                    e.getCause()));
      } catch (InterruptedException e) {
        throw new IllegalStateException("a task that has ended is not waited for", e);
      }
    }
    if (failures.isEmpty()) {
      synchronized (mounts) {
        mounts.addAll(made);
      }
      return made;
    }
    Collections.reverse(made);
    for (LiveMount mount : made) {
      try {
        mount.unmount(ROLL_BACK, pending -> {});
      } catch (IOException e) {
        failures.get(0).addSuppressed(e);
      }
    }
    for (MountFailure further : failures.subList(1, failures.size())) {
      failures.get(0).addSuppressed(further);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    throw failures.get(0);
  }

  /**
   * Waits until no try goes on any more: one that was left alone could mount after all. An
   * interrupt is passed on to the tries.
   *
   * @return whether this thread was interrupted
   */
  private static boolean awaitAll(ExecutorService pool) {
    boolean interrupted = false;
    while (true) {
      try {
        if (pool.awaitTermination(1, TimeUnit.DAYS)) {
          return interrupted;
        }
      } catch (InterruptedException e) {
        interrupted = true;
        pool.shutdownNow();
      }
    }
  }

  /** A mount that was just made has nothing to save. */
  private static final Duration ROLL_BACK = Duration.ofSeconds(10);

  /** The mounts that have not been unmounted, in the order of mounting. */
  public List<LiveMount> mounts() {
    synchronized (mounts) {
      return List.copyOf(mounts);
    }
  }

  /** Shared figures and buffers. */
  public VolumeMounter mounter() {
    return mounter;
  }

  /**
   * Saves and unmounts, the latest first.
   *
   * @param which mount points, all when empty
   * @param timeout for all together
   * @param progress told what is left
   */
  public UnmountOutcome unmount(
      Collection<Path> which, Duration timeout, Consumer<Progress> progress) {
    long end = System.nanoTime() + timeout.toNanos();
    List<LiveMount> wanted = new ArrayList<>(mounts());
    Collections.reverse(wanted);
    wanted.removeIf(m -> !which.isEmpty() && !which.contains(m.volume().mountPoint()));
    Map<Path, PendingData> unsaved = new LinkedHashMap<>();
    Map<Path, String> stuck = new LinkedHashMap<>();
    for (LiveMount mount : wanted) {
      Path path = mount.volume().mountPoint();
      try {
        PendingData left =
            mount.unmount(
                Duration.ofNanos(Math.max(MIN_TRY.toNanos(), end - System.nanoTime())),
                pending -> progress.accept(new Progress(path, pending)));
        if (!left.isClean()) {
          unsaved.put(path, left);
        }
        synchronized (mounts) {
          mounts.remove(mount);
        }
      } catch (IOException e) {
        LOG.error("{} cannot be unmounted: {}", path, e.getMessage());
        stuck.put(path, e.getMessage());
      }
    }
    return new UnmountOutcome(unsaved, stuck);
  }

  /** Each mount gets at least this, also when earlier ones used the time up. */
  private static final Duration MIN_TRY = Duration.ofSeconds(2);

  /**
   * What is still on its way at one mount.
   *
   * @param mountPoint which
   * @param pending what
   */
  public record Progress(Path mountPoint, PendingData pending) {}

  @Override
  public void close() {
    mounter.close();
  }
}
