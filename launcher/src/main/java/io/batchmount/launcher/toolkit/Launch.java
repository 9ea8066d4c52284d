package io.batchmount.launcher.toolkit;

import java.util.List;
import java.util.Map;

/**
 * The processes of a job.
 *
 * @param runner how they are started
 * @param processCount all processes, ranks of MPI among them
 * @param starts what the launcher starts itself; the first one is process 0
 * @param hostFile lines of the MPI host file
 * @param variables what every process of this toolkit sees
 * @param rankVariable true when each MPI rank gets its number as {@code AZ_BATCHAI_TASK_INDEX}
 * @param warnings what is strange about the settings
 */
public record Launch(
    Runner runner,
    int processCount,
    List<ToolkitProcess> starts,
    List<String> hostFile,
    Map<String, String> variables,
    boolean rankVariable,
    List<String> warnings) {
  public Launch {
    starts = List.copyOf(starts);
    hostFile = List.copyOf(hostFile);
    variables = Map.copyOf(variables);
    warnings = List.copyOf(warnings);
  }

  /** The shell text of process 0. */
  public String text() {
    return starts.get(0).text();
  }
}
