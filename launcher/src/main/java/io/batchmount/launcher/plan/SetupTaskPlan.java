package io.batchmount.launcher.plan;

import java.nio.file.Path;
import java.util.List;

/**
 * A cluster's setup task on this node.
 *
 * @param command shell text
 * @param environment what it sees beyond the launcher's own environment
 * @param directory where its output goes; made before it starts
 * @param pathSuffix the part of {@code directory} behind the prefix
 * @param stdoutFile name of its file of standard output in {@code directory}
 * @param stderrFile name of its file of standard error
 * @param executionLog name of the launcher's own log
 */
public record SetupTaskPlan(
    CommandText command,
    PlannedEnvironment environment,
    Path directory,
    String pathSuffix,
    String stdoutFile,
    String stderrFile,
    String executionLog) {
  /** The three files. */
  public List<String> files() {
    return List.of(stdoutFile, stderrFile, executionLog);
  }
}
