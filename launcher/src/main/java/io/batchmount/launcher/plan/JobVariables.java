package io.batchmount.launcher.plan;

import io.batchmount.launcher.job.InputDirectory;
import io.batchmount.launcher.job.OutputDirectory;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The variables that every job has: roots, temporary directories, hosts, inputs and outputs. */
final class JobVariables {
  /** Directories that are on no volume by construction. */
  static final Set<String> TEMPORARY =
      Set.of(
          "AZ_BATCHAI_JOB_MOUNT_ROOT",
          "AZ_BATCHAI_JOB_TEMP",
          "AZ_BATCHAI_JOB_TEMP_DIR",
          "AZ_BATCHAI_SHARED_JOB_TEMP",
          "AZ_BATCHAI_MPI_HOST_FILE",
          "AZ_BATCHAI_PYTORCH_INIT_METHOD");

  private JobVariables() {}

  /** Roots and temporary directories: what paths in a file may refer to. */
  static Map<String, String> roots(Roots roots) {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("AZ_BATCHAI_MOUNT_ROOT", roots.mountRoot().toString());
    values.put("AZ_BATCHAI_JOB_MOUNT_ROOT", roots.jobMountRoot().toString());
    values.put("AZ_BATCHAI_JOB_TEMP", roots.jobTemp().toString());
    values.put("AZ_BATCHAI_JOB_TEMP_DIR", roots.jobTempParent().toString());
    values.put("AZ_BATCHAI_SHARED_JOB_TEMP", roots.sharedJobTemp().toString());
    return values;
  }

  static Map<String, EnvironmentValue> contract(
      JobPlanRequest request, Roots roots, List<String> hosts, JobDirectories directories) {
    Map<String, String> values = roots(roots);
    values.put("AZ_BATCHAI_MPI_HOST_FILE", roots.hostFile().toString());
    String gpus = Integer.toString(request.gpusPerNode());
    values.put("AZ_BATCHAI_NUM_GPUS", gpus);
    values.put("AZ_BATCHAI_NUM_GPUS_PER_NODE", gpus);
    values.put("AZ_BATCHAI_TASK_INDEX", "0");
    values.put("AZ_BATCH_HOST_LIST", String.join(",", hosts));
    for (InputDirectory input : request.job().definition().inputDirectories()) {
      values.put("AZ_BATCHAI_INPUT_" + input.id(), directories.inputs().get(input.id()));
    }
    for (OutputDirectory output : request.job().definition().outputDirectories()) {
      values.put("AZ_BATCHAI_OUTPUT_" + output.id(), "" + directories.outputs().get(output.id()));
    }
    directories
        .previous()
        .forEach((id, path) -> values.put("AZ_BATCHAI_PREV_OUTPUT_" + id, path.toString()));
    values.put("AZ_BATCHAI_STDOUTERR_DIR", directories.stdOutErr().toString());
    Map<String, EnvironmentValue> variables = new LinkedHashMap<>();
    values.forEach((name, value) -> variables.put(name, new EnvironmentValue.Plain(value)));
    return variables;
  }
}
