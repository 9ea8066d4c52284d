package io.batchmount.launcher.run;

import io.batchmount.launcher.plan.JobPlan;
import io.batchmount.launcher.plan.NodePlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The task directory of Azure Batch, for programs and patterns that expect one: {@code
 * $AZ_BATCHAI_JOB_TEMP/task}, which holds {@code stdout.txt}, {@code stderr.txt} and the logs of
 * the uploads.
 */
final class TaskDirectory {
  /** A job is one task here. */
  private static final String TASK_ID = "task0";

  private TaskDirectory() {}

  /** The directory of a node. */
  static Path of(JobPlan plan, int node) {
    return plan.nodesHere().stream()
        .filter(one -> one.index() == node)
        .findFirst()
        .map(NodePlan::jobTemp)
        .orElse(plan.roots().jobTemp())
        .resolve("task");
  }

  /** The variables that name it. */
  static Map<String, String> variables(JobPlan plan, int node, Path workingDirectory) {
    Map<String, String> variables = new LinkedHashMap<>();
    variables.put("AZ_BATCH_TASK_DIR", of(plan, node).toString());
    variables.put("AZ_BATCH_TASK_WORKING_DIR", workingDirectory.toString());
    variables.put("AZ_BATCH_JOB_ID", plan.identity().job());
    variables.put("AZ_BATCH_TASK_ID", TASK_ID);
    return variables;
  }

  /**
   * Makes it, with links to the files that the launcher writes on the volume: what a process prints
   * is there while it runs, without a second copy.
   */
  static Path make(JobPlan plan, int node, JobProcess.Spec process) throws IOException {
    Path directory = Files.createDirectories(of(plan, node));
    link(directory.resolve("stdout.txt"), process.stdout());
    link(directory.resolve("stderr.txt"), process.stderr());
    return directory;
  }

  private static void link(Path name, Path target) throws IOException {
    Files.deleteIfExists(name);
    Files.createSymbolicLink(name, target);
  }
}
