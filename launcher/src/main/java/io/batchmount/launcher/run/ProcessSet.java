package io.batchmount.launcher.run;

import java.io.IOException;
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
  private final AtomicBoolean insisted = new AtomicBoolean();

  /**
   * How it ended.
   *
   * @param exitCode of the first failure, or 0
   * @param timedOut whether the time limit ended it
   */
  record Outcome(int exitCode, boolean timedOut) {}

  private ProcessSet(Duration grace) {
    this.grace = grace;
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
      RunContext context,
      StopRequest stop,
      Duration limit,
      List<String> problems,
      Consumer<ProcessSet> started)
      throws IOException, InterruptedException {
    ProcessSet set = new ProcessSet(context.grace());
    StopRequest.Listener listener = set::pass;
    try {
      for (JobProcess.Spec spec : specs) {
        JobProcess process = JobProcess.start(spec, context.out(), context.err());
        synchronized (set.processes) {
          set.processes.add(process);
        }
        process.onExit().thenRun(() -> set.ended.add(process));
      }
      stop.add(listener);
      started.accept(set);
      return set.await(limit);
    } finally {
      stop.remove(listener);
      set.endAll(context.grace());
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
