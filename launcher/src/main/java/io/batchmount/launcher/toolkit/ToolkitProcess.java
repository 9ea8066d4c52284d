package io.batchmount.launcher.toolkit;

import java.util.Map;

/**
 * A process that the launcher starts itself. Of an MPI job there is one, and it stands for all
 * ranks.
 *
 * @param role {@code master}, {@code worker}, {@code ps} for TensorFlow; else empty
 * @param index number of the process within its role
 * @param node index of the node on which it runs, from 0
 * @param text its shell text
 * @param variables what this process sees beyond the job's environment
 * @param outputName what stands behind {@code stdout} and {@code stderr} in its files' names, such
 *     as {@code -wk-0}; may be empty
 * @param counts false for parameter servers: they are stopped when the workers are done, and their
 *     exit codes do not count
 */
public record ToolkitProcess(
    String role,
    int index,
    int node,
    String text,
    Map<String, String> variables,
    String outputName,
    boolean counts) {
  public ToolkitProcess {
    variables = Map.copyOf(variables);
  }

  /** Name of the file of standard output. */
  public String stdoutFile() {
    return "stdout" + outputName + ".txt";
  }

  /** Name of the file of standard error. */
  public String stderrFile() {
    return "stderr" + outputName + ".txt";
  }
}
