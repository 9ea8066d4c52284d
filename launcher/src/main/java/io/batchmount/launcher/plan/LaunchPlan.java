package io.batchmount.launcher.plan;

import io.batchmount.launcher.toolkit.Runner;
import java.util.List;

/**
 * The job's processes.
 *
 * @param runner how they are started
 * @param processCount all processes, ranks of MPI among them
 * @param command process 0's shell text
 * @param processes what launchers start themselves, on all nodes; the first one is process 0
 */
public record LaunchPlan(
    Runner runner, int processCount, CommandText command, List<ProcessPlan> processes) {
  public LaunchPlan {
    processes = List.copyOf(processes);
  }
}
