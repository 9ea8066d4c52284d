package io.batchmount.launcher.run;

import io.batchmount.launcher.mount.SystemMounts;
import io.batchmount.launcher.plan.ContainerPlan;
import io.batchmount.launcher.plan.JobPlan;
import io.batchmount.launcher.plan.NodePlan;
import io.batchmount.launcher.plan.PlannedEnvironment;
import io.batchmount.launcher.plan.ProcessPlan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The nodes that this launcher serves: what preparation and processes start with, the container of
 * each node, and, when nodes are on several machines, what their launchers tell each other through
 * small files on the volume of the job's logs.
 */
final class Nodes implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Nodes.class);

  /** Between two looks at what the other nodes say: a request each on a share. */
  private static final long LOOK_MILLIS = 500;

  /** Names of the files by which nodes tell each other where they stand. */
  private static final String PREPARED = "prepared";

  private static final String ENDED = "ended";

  /** Exit code of what took longer than the job may, as timeout(1) has it. */
  private static final int TIMED_OUT = 124;

  private static final int CONTAINER_FAILED = 125; // as docker run says it

  private final RunContext context;
  private final JobPlan plan;
  private final Map<String, String> base;
  private final Map<Integer, ExecutionLog> logs;
  private final Optional<Engine> engine;
  private final Watchdog watchdog;
  private final Map<Integer, String> containers = new LinkedHashMap<>();
  private int pidFiles;

  private record Engine(String program, ContainerPlan.Engine kind) {}

  private Nodes(
      RunContext context,
      Map<Integer, ExecutionLog> logs,
      Optional<Engine> engine,
      Watchdog watchdog) {
    this.context = context;
    this.plan = context.plan();
    this.base = BaseEnvironment.of(context.environment());
    this.logs = logs;
    this.engine = engine;
    this.watchdog = watchdog;
  }

  static Nodes of(RunContext context, Map<Integer, ExecutionLog> logs, Watchdog watchdog)
      throws ContainerFailure {
    return new Nodes(
        context,
        logs,
        context.plan().container().isPresent() ? Optional.of(engine(context)) : Optional.empty(),
        watchdog);
  }

  private static Engine engine(RunContext context) throws ContainerFailure {
    List<String> candidates =
        context.containerEngine().map(List::of).orElse(List.of("podman", "docker"));
    for (String candidate : candidates) {
      Optional<Path> program = find(candidate, context.environment().getOrDefault("PATH", ""));
      if (program.isPresent()) {
        return new Engine(
            program.get().toString(),
            program.get().getFileName().toString().startsWith("docker")
                ? ContainerPlan.Engine.DOCKER
                : ContainerPlan.Engine.PODMAN);
      }
    }
    throw new ContainerFailure(
        CONTAINER_FAILED,
        "the job wants a container and there is no "
            + String.join(" or ", candidates)
            + "; install one, or name it with --container-engine");
  }

  private static Optional<Path> find(String program, String path) {
    if (program.contains("/")) {
      return Optional.of(Path.of(program)).filter(Files::isExecutable);
    }
    for (String directory : path.split(":")) {
      Path candidate = Path.of(directory.isEmpty() ? "." : directory, program);
      if (Files.isExecutable(candidate) && Files.isRegularFile(candidate)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }

  /** Starts the containers, if the job wants them. */
  void start() throws IOException, ContainerFailure {
    if (plan.container().isEmpty()) {
      return;
    }
    ContainerPlan container = plan.container().get();
    logIn(container);
    for (NodePlan node : plan.nodesHere()) {
      String name = "batchmount-" + plan.identity().jobId() + "-" + node.index();
      watchdog.addContainer(name, engine.orElseThrow().program());
      SystemMounts.Said said =
          SystemMounts.run(
              container.startArguments(engine.orElseThrow().program(), engine.get().kind(), name),
              PULL_SECONDS);
      if (said.code() != 0) {
        String last = said.output().lines().reduce((a, b) -> b).orElse("no reason given");
        throw new ContainerFailure(
            CONTAINER_FAILED,
            "unable to start a container of image " + container.image() + ": " + last);
      }
      containers.put(node.index(), name);
      logs.get(node.index()).say("container " + name + " of image " + container.image());
    }
  }

  /** Images are large. */
  private static final long PULL_SECONDS = 3_600;

  private void logIn(ContainerPlan container) throws IOException, ContainerFailure {
    Optional<List<String>> arguments = container.loginArguments(engine.orElseThrow().program());
    if (arguments.isEmpty()) {
      return;
    }
    var credentials = container.settings().credentials().orElseThrow();
    String password =
        credentials
            .password()
            .orElseGet(
                () -> context.vault().apply(credentials.passwordSecretReference().orElseThrow()))
            .reveal();
    Process process = new ProcessBuilder(arguments.get()).redirectErrorStream(true).start();
    process.getOutputStream().write(password.getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new ContainerFailure(
            CONTAINER_FAILED,
            "the registry refuses " + credentials.username() + ": " + output.strip());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** The preparation on a node. */
  JobProcess.Spec preparation(NodePlan node) {
    return spec(
        "preparation on node " + node.id(),
        node.index(),
        List.of("bash", "-c", plan.preparation().orElseThrow().text()),
        node.environment(),
        node.workingDirectory(),
        false,
        node.preparationStdout(),
        node.preparationStderr(),
        true);
  }

  /** A process of the job. */
  JobProcess.Spec process(ProcessPlan process, boolean first) {
    return spec(
        (process.role().isEmpty() ? "process" : process.role()) + " " + process.index(),
        process.node(),
        process.arguments(),
        process.environment(),
        process.workingDirectory(),
        first,
        process.stdoutFile(),
        process.stderrFile(),
        process.counts());
  }

  private JobProcess.Spec spec(
      String name,
      int node,
      List<String> arguments,
      PlannedEnvironment planned,
      Path directory,
      boolean inheritInput,
      String stdout,
      String stderr,
      boolean counts) {
    Map<String, String> environment = new HashMap<>(base);
    Map<String, String> task = TaskDirectory.variables(plan, node, directory);
    environment.putAll(task);
    environment.putAll(planned.values(context.vault()));
    List<String> names = new ArrayList<>(planned.names());
    task.keySet().stream().filter(known -> !names.contains(known)).forEach(names::add);
    List<String> command = arguments;
    Optional<JobProcess.InContainer> inside = Optional.empty();
    if (containers.containsKey(node)) {
      ContainerPlan container = plan.container().orElseThrow();
      String program = engine.orElseThrow().program();
      String containerName = containers.get(node);
      Path pidFile = plan.roots().jobTemp().resolve("pid-" + pidFiles++);
      command =
          container.execArguments(program, containerName, names, directory, pidFile, arguments);
      inside =
          Optional.of(
              new JobProcess.InContainer(
                  signal -> container.signalArguments(program, containerName, pidFile, signal)));
    }
    return new JobProcess.Spec(
        name,
        command,
        environment,
        directory,
        inheritInput,
        plan.stdOutErrDirectory().resolve(stdout),
        plan.stdOutErrDirectory().resolve(stderr),
        true,
        counts,
        inside);
  }

  // ---- several machines

  private Path mark(int node, String what) {
    return mark(plan, node, what);
  }

  private static Path mark(JobPlan plan, int node, String what) {
    return plan.sharedTempOnVolume()
        .orElseThrow()
        .resolveSibling("nodes")
        .resolve(what + "-" + node);
  }

  /**
   * Tells that this node is prepared, and waits until all are.
   *
   * @param limit after which waiting ends, with {@value #TIMED_OUT}
   * @return exit code of a node whose preparation failed
   */
  Optional<Integer> awaitOthersPrepared(int code, StopRequest stop, TimeLimit limit)
      throws IOException, InterruptedException {
    if (plan.sharedTempOnVolume().isEmpty()) {
      return Optional.empty();
    }
    write(mark(plan.thisNode().orElseThrow(), PREPARED), code);
    if (code != 0) {
      return Optional.of(code);
    }
    for (NodePlan node : plan.nodes()) {
      Optional<Integer> said = Optional.empty();
      boolean told = false;
      while (said.isEmpty()) {
        said = read(mark(node.index(), PREPARED));
        if (said.isEmpty()) {
          if (stop.signal().isPresent()) {
            return Optional.empty();
          }
          if (limit.isOver()) {
            logs.values()
                .forEach(
                    log -> log.say("node " + node.id() + " did not report within the time limit"));
            return Optional.of(TIMED_OUT);
          }
          if (!told) {
            logs.values().forEach(log -> log.say("waiting for node " + node.id()));
            told = true;
          }
          TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
        }
      }
      if (said.get() != 0) {
        return said;
      }
    }
    return Optional.empty();
  }

  /** Tells the other nodes that the job is over. */
  void tellOthers(int code) throws IOException {
    if (plan.sharedTempOnVolume().isPresent()) {
      write(mark(plan.thisNode().orElseThrow(), ENDED), code);
    }
  }

  /**
   * Tells the other nodes that this one failed before it came to its preparation; they would wait
   * for it.
   */
  static void tellThatThisOneFailed(JobPlan plan, int code) {
    if (plan.sharedTempOnVolume().isEmpty()) {
      return;
    }
    int node = plan.thisNode().orElseThrow();
    try {
      write(mark(plan, node, PREPARED), code);
      write(mark(plan, node, ENDED), code);
    } catch (IOException e) {
      LOG.warn("the other nodes cannot be told: {}", e.getMessage());
    }
  }

  /**
   * Waits until the master tells that the job is over.
   *
   * @param limit after which waiting ends, with {@value #TIMED_OUT}
   */
  int awaitMasterEnded(StopRequest stop, TimeLimit limit) throws IOException, InterruptedException {
    while (true) {
      Optional<Integer> said = read(mark(0, ENDED));
      if (said.isPresent()) {
        return said.get();
      }
      if (stop.signal().isPresent()) {
        return 128 + stop.signal().getAsInt();
      }
      if (limit.isOver()) {
        return TIMED_OUT;
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
  }

  private static void write(Path file, int code) throws IOException {
    SharedDirectories.make(file.getParent());
    Files.writeString(file, code + "\n");
  }

  private static Optional<Integer> read(Path file) throws IOException {
    try {
      String text = Files.readString(file).strip();
      return text.matches("-?\\d+") ? Optional.of(Integer.parseInt(text)) : Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Removes the containers and with them all that still runs in them. */
  @Override
  public void close() {
    List<String> names = new ArrayList<>(containers.values());
    for (String name : names) {
      try {
        SystemMounts.Said said =
            SystemMounts.run(
                plan.container()
                    .orElseThrow()
                    .removeArguments(engine.orElseThrow().program(), name));
        if (said.code() != 0) {
          LOG.warn("container {} cannot be removed: {}", name, said.output());
        } else {
          watchdog.removeContainer(name);
        }
      } catch (IOException e) {
        LOG.warn("container {} cannot be removed: {}", name, e.getMessage());
      }
    }
  }
}
