package io.batchmount.launcher.plan;

import io.batchmount.launcher.job.ConfigurationException;
import io.batchmount.launcher.job.JobDefinition;
import io.batchmount.launcher.job.Problem;
import io.batchmount.launcher.job.SourceMap;
import io.batchmount.launcher.toolkit.Launch;
import io.batchmount.launcher.toolkit.Mpirun;
import io.batchmount.launcher.toolkit.Runner;
import io.batchmount.launcher.toolkit.Toolkits;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Makes a job's plan. The steps follow the contract's chapters: nodes and roots, volumes,
 * directories, environment, processes, files. Problems are collected over the steps and reported
 * together, with their place in the file.
 *
 * <p>One instance makes one plan.
 */
public final class JobPlanner {
  private static final String LOCAL_HOST = "127.0.0.1";

  private final JobPlanRequest request;
  private final JobDefinition job;
  private final SourceMap source;
  private final List<Problem> problems = new ArrayList<>();
  private final List<Problem> notes = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  private JobPlanner(JobPlanRequest request) {
    this.request = request;
    this.job = request.job().definition();
    this.source = request.job().source();
  }

  /**
   * The plan for {@code request}.
   *
   * @throws ConfigurationException if the files, options and environment do not make a job
   */
  public static JobPlan plan(JobPlanRequest request) {
    try {
      return new JobPlanner(request).plan();
    } catch (InvalidPathException unfit) {
      throw new ConfigurationException(List.of(PathTexts.unfit(unfit)));
    }
  }

  private JobPlan plan() {
    warnings.addAll(request.job().warnings());
    request.cluster().ifPresent(cluster -> warnings.addAll(cluster.warnings()));
    List<String> hosts = hosts();
    List<String> ids = NodeIds.of(hosts, request.nodes().distributed());
    Roots roots = roots(hosts);

    List<PlannedMount> jobMounts = jobMounts(roots);
    List<PlannedMount> clusterMounts = clusterMounts(roots);

    JobDirectories directories = JobDirectories.resolve(job, request, roots, problems, notes);
    Launch launch = launch(hosts, roots);
    Map<String, EnvironmentValue> variables =
        JobVariables.contract(request, roots, hosts, directories);
    new UserVariables(variables, request.baseEnvironment(), problems, notes)
        .add(job.environmentVariables(), job.secrets());
    launch.variables().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(e -> variables.put(e.getKey(), new EnvironmentValue.Plain(e.getValue())));
    throwIfBad();

    PlannedEnvironment shared = PlannedEnvironment.of(variables);
    List<NodePlan> nodes = nodes(hosts, ids, roots, shared);
    List<ProcessPlan> processes = processes(launch, roots, nodes);
    ProcessPlan first = processes.get(0);
    ShellReferences shell = new ShellReferences(first.environment(), request.baseEnvironment());
    Optional<CommandText> preparation = job.jobPreparation().map(shell::command);
    warnAboutUnset(launch, shell);

    List<String> used =
        ClusterVolumes.used(
            roots.mountRoot(),
            clusterMounts,
            request.cluster().isPresent(),
            texts(directories, shared, preparation, processes));
    Optional<ContainerPlan> container = container(roots, hosts, launch);
    directories.warnOutside(jobMounts, clusterMounts, notes);
    notes.forEach(note -> warnings.add(source.problem(note.key(), note.message()).toString()));

    return new JobPlan(
        request.identity(),
        request.layout(),
        roots,
        jobMounts,
        clusterMounts,
        used,
        first.environment(),
        directories.stdOutErr(),
        directories.outputs(),
        directories.toCreate(),
        nodes,
        request.nodes().distributed() ? request.nodes().nodeIndex() : OptionalInt.empty(),
        preparation,
        new LaunchPlan(launch.runner(), launch.processCount(), first.command(), processes),
        launch.hostFile(),
        request.nodes().distributed() && hosts.size() > 1
            ? Optional.of(directories.shared())
            : Optional.empty(),
        files(nodes, processes),
        container,
        job.maxWallClockTime(),
        job.outputFiles(),
        List.copyOf(new LinkedHashSet<>(warnings)));
  }

  private void throwIfBad() {
    if (!problems.isEmpty()) {
      throw new ConfigurationException(source.locate(problems));
    }
  }

  private List<String> hosts() {
    if (!request.nodes().distributed()) {
      return java.util.Collections.nCopies(job.nodeCount(), LOCAL_HOST);
    }
    List<String> hosts = request.nodes().hosts();
    if (hosts.size() != job.nodeCount()) {
      problems.add(
          Problem.of(
              "nodeCount",
              "is "
                  + job.nodeCount()
                  + ", but "
                  + hosts.size()
                  + " host(s) are given: make the two agree"));
      throwIfBad();
    }
    return hosts;
  }

  private Roots roots(List<String> hosts) {
    JobIdentity names = request.identity();
    Path temp =
        request
            .jobTempParent()
            .resolve(names.workspace())
            .resolve(names.experiment())
            .resolve(names.job())
            .resolve(names.jobId());
    Optional<Path> parent =
        request.jobMountParent().map(root -> root.resolve(names.job() + "-" + names.jobId()));
    if (request.nodes().distributed() && Set.copyOf(hosts).size() < hosts.size()) {
      // several launchers of one job share a machine: each needs directories of its own
      String own = "node-" + request.nodes().nodeIndex().orElse(0);
      temp = temp.resolve(own);
      parent = parent.map(root -> root.resolve(own));
    }
    return new Roots(
        request.mountRoot(),
        parent.orElse(temp.resolve("mounts")),
        request.jobTempParent(),
        temp,
        temp.resolve("shared"),
        temp.resolve("hostfile"));
  }

  private List<PlannedMount> jobMounts(Roots roots) {
    List<String> found = new ArrayList<>();
    VolumeOptions options = request.volumeOptions().withAutoStorage(false); // clusters only
    List<PlannedMount> mounts = List.of();
    try {
      mounts =
          VolumeCompletion.complete(
              job.mountVolumes(),
              options,
              request.accounts(),
              request.fileServers(),
              roots.jobMountRoot(),
              found);
    } catch (ConfigurationException incomplete) {
      problems.addAll(incomplete.problems());
    }
    found.forEach(text -> warnings.add(located(source, text)));
    return mounts;
  }

  private List<PlannedMount> clusterMounts(Roots roots) {
    if (request.cluster().isEmpty()) {
      return List.of();
    }
    SourceMap place = request.cluster().get().source();
    List<String> found = new ArrayList<>();
    List<PlannedMount> mounts = List.of();
    try {
      mounts =
          VolumeCompletion.complete(
              request.cluster().get().definition().mountVolumes(),
              VolumeOptions.NONE.withAutoStorage(request.volumeOptions().autoStorage()),
              request.accounts(),
              request.fileServers(),
              roots.mountRoot(),
              found);
    } catch (ConfigurationException incomplete) {
      problems.addAll(place.locate(incomplete.problems()));
    }
    found.forEach(text -> warnings.add(located(place, text)));
    return mounts;
  }

  /** Puts the place before a warning that begins with a key and a colon. */
  static String located(SourceMap source, String warning) {
    int colon = warning.indexOf(": ");
    String key = colon < 0 ? "" : warning.substring(0, colon);
    return source.find(key).map(position -> position + ": " + warning).orElse(warning);
  }

  private Launch launch(List<String> hosts, Roots roots) {
    Toolkits.Nodes nodes =
        new Toolkits.Nodes(hosts, request.gpusPerNode(), roots.sharedJobTemp().toString());
    if (!request.command().isEmpty()) {
      return Toolkits.master(ShellText.join(request.command()), nodes);
    }
    if (job.toolkit().isEmpty()) {
      problems.add(
          Problem.of(
              "",
              "no toolkit settings: add one of them, such as \"customToolkitSettings\", or give"
                  + " a COMMAND"));
      throwIfBad();
    }
    try {
      Launch launch = Toolkits.launch(job.toolkit().orElseThrow(), nodes);
      launch.warnings().forEach(text -> warnings.add(located(source, text)));
      return launch;
    } catch (ConfigurationException badCounts) {
      problems.addAll(badCounts.problems());
      throwIfBad();
      throw badCounts; // not reached: there is a problem
    }
  }

  private List<NodePlan> nodes(
      List<String> hosts, List<String> ids, Roots roots, PlannedEnvironment shared) {
    List<NodePlan> nodes = new ArrayList<>();
    boolean several = hosts.size() > 1;
    for (int index = 0; index < hosts.size(); index++) {
      boolean own = index == 0 || request.nodes().distributed();
      Path temp = own ? roots.jobTemp() : roots.jobTemp().resolve("nodes").resolve("" + index);
      String suffix = several ? "-" + ids.get(index) : "";
      nodes.add(
          new NodePlan(
              index,
              ids.get(index),
              hosts.get(index),
              temp,
              temp.resolve("task").resolve("wd"),
              shared.with(
                  Map.of(
                      Toolkits.TASK_INDEX,
                      Integer.toString(index),
                      "AZ_BATCHAI_JOB_TEMP",
                      temp.toString())),
              "stdout-job_prep" + suffix + ".txt",
              "stderr-job_prep" + suffix + ".txt",
              "execution" + suffix + ".log"));
    }
    return nodes;
  }

  private List<ProcessPlan> processes(Launch launch, Roots roots, List<NodePlan> nodes) {
    boolean command = !request.command().isEmpty();
    List<ProcessPlan> processes = new ArrayList<>();
    for (var process : launch.starts()) {
      NodePlan node = nodes.get(process.node());
      Map<String, String> own = new LinkedHashMap<>();
      process.variables().entrySet().stream()
          .sorted(Map.Entry.comparingByKey())
          .forEach(e -> own.put(e.getKey(), e.getValue()));
      PlannedEnvironment environment = node.environment().with(own);
      List<String> arguments;
      if (command) {
        arguments = request.command();
      } else if (launch.runner() == Runner.MPI) {
        arguments =
            Mpirun.arguments(
                launch,
                roots.hostFile().toString(),
                environment.names(),
                request.nodes().distributed()
                    && nodes.stream().map(NodePlan::host).distinct().count() > 1);
      } else {
        arguments = List.of("bash", "-c", process.text());
      }
      processes.add(
          new ProcessPlan(
              process.role(),
              process.index(),
              process.node(),
              new ShellReferences(environment, request.baseEnvironment()).command(process.text()),
              arguments,
              environment,
              command ? request.currentDirectory() : node.workingDirectory(),
              process.stdoutFile(),
              process.stderrFile(),
              process.counts()));
    }
    return processes;
  }

  private void warnAboutUnset(Launch launch, ShellReferences shell) {
    job.jobPreparation()
        .ifPresent(text -> warnAboutUnset("jobPreparation.commandLine", text, shell));
    if (request.command().isEmpty()) {
      String member = job.toolkit().orElseThrow().member();
      Set<String> texts = new LinkedHashSet<>();
      launch.starts().forEach(process -> texts.add(process.text()));
      texts.forEach(text -> warnAboutUnset(member, text, shell));
    }
  }

  private void warnAboutUnset(String key, String text, ShellReferences shell) {
    for (String name : shell.unset(text)) {
      notes.add(
          Problem.of(key, "uses $" + name + ", which is not set for this job: it will be empty"));
    }
  }

  private static List<String> texts(
      JobDirectories directories,
      PlannedEnvironment environment,
      Optional<CommandText> preparation,
      List<ProcessPlan> processes) {
    List<String> texts = new ArrayList<>();
    texts.add(directories.stdOutErr().toString());
    environment.names().stream()
        .filter(name -> !name.equals(DefaultRoots.MOUNT_ROOT_VARIABLE))
        .filter(name -> !JobVariables.TEMPORARY.contains(name))
        .forEach(name -> environment.plain(name).ifPresent(texts::add));
    preparation.ifPresent(command -> texts.add(command.expanded()));
    processes.forEach(process -> texts.add(process.command().expanded()));
    return texts;
  }

  private List<String> files(List<NodePlan> nodes, List<ProcessPlan> processes) {
    List<String> files = new ArrayList<>();
    for (ProcessPlan process : processes) {
      files.add(process.stdoutFile());
      files.add(process.stderrFile());
    }
    if (job.jobPreparation().isPresent()) {
      for (NodePlan node : nodes) {
        files.add(node.preparationStdout());
        files.add(node.preparationStderr());
      }
    }
    nodes.forEach(node -> files.add(node.executionLog()));
    return files;
  }

  private Optional<ContainerPlan> container(Roots roots, List<String> hosts, Launch launch) {
    if (job.containerSettings().isEmpty()) {
      return Optional.empty();
    }
    if (launch.runner() == Runner.MPI && Set.copyOf(hosts).size() > 1) {
      notes.add(
          Problem.of(
              "containerSettings",
              "mpirun reaches other hosts by ssh and does not enter their containers: ranks on"
                  + " other hosts will not see the image"));
    }
    Set<Path> directories = new LinkedHashSet<>();
    directories.add(roots.mountRoot());
    directories.add(roots.jobTemp());
    if (!roots.jobMountRoot().startsWith(roots.jobTemp())) {
      directories.add(roots.jobMountRoot());
    }
    if (!request.command().isEmpty()) {
      directories.add(request.currentDirectory());
    }
    return Optional.of(
        new ContainerPlan(
            job.containerSettings().get(), List.copyOf(directories), request.gpusPerNode()));
  }
}
