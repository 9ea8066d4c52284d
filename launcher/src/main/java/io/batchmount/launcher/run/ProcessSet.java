package io.batchmount.launcher.run;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Processes that belong together: all start, the first failure of one that counts ends the rest,
 * those that do not count are stopped when the others are done. A wish to stop reaches all.
 */
final class ProcessSet {
  private final List<JobProcess> processes = new ArrayList<>();
  private final LinkedBlockingQueue<JobProcess> ended = new LinkedBlockingQueue<>();
  private final Duration grace;
  private final Watchdog watchdog;
  private final AtomicBoolean insisted = new AtomicBoolean();

  /**
   * How it ended.
   *
   * @param exitCode of the first failure, or 0
   * @param timedOut whether the time limit ended it
   */
  record Outcome(int exitCode, boolean timedOut) {}

  /**
   * What processes of a job are started in.
   *
   * @param grace between asking a process to end and ending it
   * @param out the caller's standard output
   * @param err the caller's standard error
   * @param stop a wish to end the job
   * @param watchdog ends them if this process cannot
   */
  record Surroundings(
      Duration grace, OutputStream out, OutputStream err, StopRequest stop, Watchdog watchdog) {}

  private ProcessSet(Duration grace, Watchdog watchdog) {
    this.grace = grace;
    this.watchdog = watchdog;
  }

  /**
   * Runs processes to their end; none of their groups is left on return.
   *
   * @param limit time for all
   * @param problems takes what could not be kept of their output
   * @param started called once all run
   */
  static Outcome run(
      List<JobProcess.Spec> specs,
      Surroundings surroundings,
      Duration limit,
      List<String> problems,
      Consumer<ProcessSet> started)
      throws IOException, InterruptedException {
    Watchdog watchdog = surroundings.watchdog();
    ProcessSet set = new ProcessSet(surroundings.grace(), watchdog);
    StopRequest.Listener listener = set::pass;
    try {
      for (JobProcess.Spec spec : specs) {
        JobProcess process = JobProcess.start(spec, surroundings.out(), surroundings.err());
        watchdog.add(process.pid());
        synchronized (set.processes) {
          set.processes.add(process);
        }
        process.onExit().thenRun(() -> set.ended.add(process));
      }
      surroundings.stop().add(listener);
      started.accept(set);
      return set.await(limit);
    } finally {
      surroundings.stop().remove(listener);
      set.endAll(surroundings.grace());
      for (JobProcess process : set.processes) {
        if (!process.drained()) {
          problems.add(
              "output of " + process.spec().name() + " was still being written when it was ended");
        }
        problems.addAll(process.outputFailures());
      }
    }
  }

  private void pass(String signal, boolean again) throws IOException {
    List<JobProcess> now;
    synchronized (processes) {
      now = List.copyOf(processes);
    }
    for (JobProcess process : now) {
      if (process.groupLives()) {
        process.signal(again ? "KILL" : signal);
      }
    }
    if (!again && insisted.compareAndSet(false, true)) {
      Thread insist = new Thread(this::insist, "grace");
      insist.setDaemon(true);
      insist.start();
    }
  }

  private void insist() {
    try {
      TimeUnit.NANOSECONDS.sleep(grace.toNanos());
      List<JobProcess> now;
      synchronized (processes) {
        now = List.copyOf(processes);
      }
      for (JobProcess process : now) {
        if (process.groupLives()) {
          process.signal("KILL");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private Outcome await(Duration limit) throws InterruptedException {
    long deadline =
        limit.compareTo(FOREVER) >= 0 ? Long.MAX_VALUE : System.nanoTime() + limit.toNanos();
    int running = (int) processes.stream().filter(p -> p.spec().counts()).count();
    while (running > 0) {
      JobProcess process =
          ended.poll(
              deadline == Long.MAX_VALUE
                  ? FOREVER.toNanos()
                  : Math.max(0, deadline - System.nanoTime()),
              TimeUnit.NANOSECONDS);
      if (process == null) {
        return new Outcome(TIMED_OUT, true);
      }
      if (process.spec().counts()) {
        running--;
        if (process.exitCode() != 0) {
          return new Outcome(process.exitCode(), false);
        }
      }
    }
    return new Outcome(0, false);
  }

  private static final int TIMED_OUT = 124;

  /** Longer than any machine is up; keeps the arithmetic in range. */
  private static final Duration FOREVER = Duration.ofDays(3650);

  private void endAll(Duration grace) throws IOException, InterruptedException {
    List<Thread> enders = new ArrayList<>();
    for (JobProcess process : processes) {
      Thread ender =
          new Thread(
              () -> {
                try {
                  process.endGroup(grace);
                  if (!process.groupLives()) {
                    watchdog.remove(process.pid());
                  }
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              },
              "end-" + process.spec().name());
      ender.start();
      enders.add(ender);
    }
    for (Thread ender : enders) {
      ender.join();
    }
  }
}
