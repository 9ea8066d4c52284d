package io.batchmount.launcher.plan;

import io.batchmount.launcher.job.ConfigurationException;
import io.batchmount.launcher.job.Problem;
import io.batchmount.launcher.job.SetupTask;
import io.batchmount.launcher.job.SourceMap;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes the plan of a node: the cluster's volumes and its setup task. */
public final class ClusterPlanner {
  private ClusterPlanner() {}

  /**
   * The plan for {@code request}.
   *
   * @throws ConfigurationException if file, options and environment do not make a node
   */
  public static ClusterPlan plan(ClusterPlanRequest request) {
    try {
      return make(request);
    } catch (InvalidPathException unfit) {
      throw new ConfigurationException(List.of(PathTexts.unfit(unfit)));
    }
  }

  private static ClusterPlan make(ClusterPlanRequest request) {
    SourceMap source = request.cluster().source();
    List<String> warnings = new ArrayList<>(request.cluster().warnings());
    List<Problem> problems = new ArrayList<>();
    List<String> found = new ArrayList<>();
    List<PlannedMount> mounts = List.of();
    try {
      mounts =
          VolumeCompletion.complete(
              request.cluster().definition().mountVolumes(),
              request.volumeOptions(),
              request.accounts(),
              request.fileServers(),
              request.mountRoot(),
              found);
    } catch (ConfigurationException incomplete) {
      problems.addAll(incomplete.problems());
    }
    found.forEach(text -> warnings.add(JobPlanner.located(source, text)));
    Map<String, EnvironmentValue> variables = new LinkedHashMap<>();
    variables.put(
        DefaultRoots.MOUNT_ROOT_VARIABLE,
        new EnvironmentValue.Plain(request.mountRoot().toString()));
    Optional<SetupTaskPlan> task =
        request
            .cluster()
            .definition()
            .setupTask()
            .map(setup -> task(setup, request, new LinkedHashMap<>(variables), problems, warnings));
    if (!problems.isEmpty()) {
      throw new ConfigurationException(source.locate(problems));
    }
    return new ClusterPlan(
        request.mountRoot(),
        mounts,
        task.map(SetupTaskPlan::environment).orElseGet(() -> PlannedEnvironment.of(variables)),
        task,
        List.copyOf(new LinkedHashSet<>(warnings)));
  }

  private static SetupTaskPlan task(
      SetupTask task,
      ClusterPlanRequest request,
      Map<String, EnvironmentValue> variables,
      List<Problem> problems,
      List<String> warnings) {
    List<Problem> inside = new ArrayList<>();
    List<Problem> notes = new ArrayList<>();
    new UserVariables(variables, request.baseEnvironment(), inside, notes)
        .add(task.environmentVariables(), task.secrets());
    PlannedEnvironment environment = PlannedEnvironment.of(variables);
    Optional<String> prefix =
        new PathTexts(
                Map.of(DefaultRoots.MOUNT_ROOT_VARIABLE, request.mountRoot().toString()), inside)
            .absolute("stdOutErrPathPrefix", task.stdOutErrPathPrefix());
    ShellReferences shell = new ShellReferences(environment, request.baseEnvironment());
    for (String name : shell.unset(task.commandLine())) {
      notes.add(
          Problem.of(
              "commandLine",
              "uses $" + name + ", which is not set for this task: it will be empty"));
    }
    inside.forEach(p -> problems.add(Problem.of("setupTask." + p.key(), p.message())));
    notes.forEach(
        note ->
            warnings.add(
                request
                    .cluster()
                    .source()
                    .problem("setupTask." + note.key(), note.message())
                    .toString()));
    JobIdentity names = request.names();
    String suffix =
        String.join(
            "/",
            names.subscription(),
            names.resourceGroup(),
            "workspaces",
            names.workspace(),
            "clusters",
            names.job(),
            names.jobId());
    String node = request.nodeId().replaceAll("[^A-Za-z0-9_.-]", "_");
    return new SetupTaskPlan(
        shell.command(task.commandLine()),
        environment,
        Path.of(Paths.join(prefix.orElse("/"), suffix)),
        suffix,
        "stdout-" + node + ".txt",
        "stderr-" + node + ".txt",
        "execution-" + node + ".log");
  }
}
