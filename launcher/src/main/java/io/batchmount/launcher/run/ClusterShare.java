package io.batchmount.launcher.run;

import io.batchmount.launcher.mount.ClusterGate;
import io.batchmount.launcher.mount.MountHost;
import io.batchmount.launcher.mount.MountInfo;
import io.batchmount.launcher.mount.MountRecord;
import io.batchmount.launcher.mount.MountSession;
import io.batchmount.launcher.mount.UnmountOutcome;
import io.batchmount.launcher.plan.JobPlan;
import io.batchmount.launcher.plan.PlannedMount;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * A run's part in the volumes of its cluster. Those that are not mounted yet it mounts for itself
 * and unmounts at its end; the others are the node's or another run's. A run that is over while
 * others work on what it mounted keeps that until they are over too: taken away it would leave them
 * writing into an empty directory of the machine.
 */
final class ClusterShare implements AutoCloseable {
  /** Between two looks whether the others are over: short beside a job, cheap beside a process. */
  private static final long POLL_MILLIS = 500;

  private final Path stateDirectory;
  private final Path mountRoot;
  private final Optional<ClusterGate> gate;
  private final List<PlannedMount> toMount = new ArrayList<>();
  private final List<Path> used = new ArrayList<>();

  private ClusterShare(Path stateDirectory, JobPlan plan, Optional<ClusterGate> gate)
      throws IOException {
    this.stateDirectory = stateDirectory;
    this.mountRoot = plan.roots().mountRoot();
    this.gate = gate;
    for (PlannedMount mount : plan.clusterMounts()) {
      if (MountInfo.at(mount.path()).isPresent() && !MountInfo.isDead(mount.path())) {
        used.add(mount.path());
      } else {
        toMount.add(mount);
      }
    }
  }

  /**
   * Waits for its turn and looks what is there. Until {@link #open} no other run of the cluster
   * begins or ends.
   *
   * @throws InterruptedException when the job was told to end while it waited
   */
  static ClusterShare enter(Path stateDirectory, JobPlan plan, StopRequest stop)
      throws IOException, InterruptedException {
    if (plan.clusterMounts().isEmpty()) {
      return new ClusterShare(stateDirectory, plan, Optional.empty());
    }
    ClusterGate gate;
    try (InterruptOnStop waiting = InterruptOnStop.of(stop)) {
      gate = ClusterGate.take(stateDirectory, plan.roots().mountRoot());
    }
    try {
      return new ClusterShare(stateDirectory, plan, Optional.of(gate));
    } catch (IOException | RuntimeException e) {
      gate.close();
      throw e;
    }
  }

  /** What this run mounts itself. */
  List<PlannedMount> toMount() {
    return List.copyOf(toMount);
  }

  /** What is there already. */
  List<Path> used() {
    return List.copyOf(used);
  }

  /** Lets others begin: what this run mounts and uses is known by now. */
  void open() throws IOException {
    if (gate.isPresent()) {
      gate.get().close();
    }
  }

  /**
   * Unmounts what the run mounted: at once what is its own, the volumes of the cluster when no
   * other run works on them any more. A signal that comes while it waits ends the waiting.
   *
   * @param unmounting unmounts the given mount points of the session
   * @param waiting told once for which processes it waits
   */
  UnmountOutcome leave(
      MountSession session,
      MountHost host,
      StopRequest stop,
      Unmounting unmounting,
      Consumer<String> waiting)
      throws IOException {
    host.usesNoOthers();
    List<Path> shared = toMount.stream().map(PlannedMount::path).toList();
    List<Path> own = new ArrayList<>();
    session.mounts().forEach(mount -> own.add(mount.volume().mountPoint()));
    own.removeAll(shared);
    UnmountOutcome outcome = UnmountOutcome.CLEAN;
    if (!own.isEmpty()) {
      outcome = unmounting.unmount(own);
    }
    if (shared.isEmpty()) {
      return outcome;
    }
    CountDownLatch impatient = new CountDownLatch(1);
    // registering tells of a signal that came before: that one ended the job, not this
    AtomicBoolean registered = new AtomicBoolean();
    StopRequest.Listener listener =
        (name, again) -> {
          if (registered.get()) {
            impatient.countDown();
          }
        };
    stop.add(listener);
    registered.set(true);
    try {
      boolean over = false;
      for (boolean first = true; ; first = false) {
        try (ClusterGate held = ClusterGate.take(stateDirectory, mountRoot)) {
          List<MountRecord> users = host.users(shared);
          if (users.isEmpty() || over) {
            return outcome.and(unmounting.unmount(shared));
          }
          if (first) {
            waiting.accept(sentence(users, shared));
          }
        }
        over = impatient.await(POLL_MILLIS, TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return outcome.and(unmounting.unmount(shared));
    } finally {
      stop.remove(listener);
    }
  }

  /** Unmounts some of a session's mounts. */
  interface Unmounting {
    UnmountOutcome unmount(List<Path> mountPoints);
  }

  private static String sentence(List<MountRecord> users, List<Path> shared) {
    return "the job is over; its cluster volumes ("
        + String.join(", ", shared.stream().map(Path::toString).toList())
        + ") stay mounted until no other run uses them: process "
        + String.join(", ", users.stream().map(user -> Long.toString(user.pid())).toList())
        + " does (a signal ends the waiting and takes them away)";
  }

  @Override
  public void close() throws IOException {
    open();
  }
}
