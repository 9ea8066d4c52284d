package io.batchmount.launcher.plan;

import java.nio.file.Path;
import java.util.List;

/**
 * A process that the launcher starts.
 *
 * @param role {@code master}, {@code worker}, {@code ps} for TensorFlow; else empty
 * @param index number within its role
 * @param node index of its node
 * @param command its shell text
 * @param arguments what is executed, without a container around it: {@code bash -c TEXT}, {@code
 *     mpirun ...}, or the words of COMMAND
 * @param environment its variables beyond the launcher's own
 * @param workingDirectory where it starts
 * @param stdoutFile name of its file of standard output in the stdouterr directory
 * @param stderrFile name of its file of standard error
 * @param counts false: it is stopped when all that count are done, and its exit code is ignored
 */
public record ProcessPlan(
    String role,
    int index,
    int node,
    CommandText command,
    List<String> arguments,
    PlannedEnvironment environment,
    Path workingDirectory,
    String stdoutFile,
    String stderrFile,
    boolean counts) {
  public ProcessPlan {
    arguments = List.copyOf(arguments);
  }
}
