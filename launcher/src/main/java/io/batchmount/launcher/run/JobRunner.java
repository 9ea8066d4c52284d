package io.batchmount.launcher.run;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.batchmount.core.PendingData;
import io.batchmount.launcher.account.Redaction;
import io.batchmount.launcher.job.SecretReference;
import io.batchmount.launcher.mount.LiveMount;
import io.batchmount.launcher.mount.MountFailure;
import io.batchmount.launcher.mount.MountHost;
import io.batchmount.launcher.mount.MountRegistry;
import io.batchmount.launcher.mount.MountSession;
import io.batchmount.launcher.mount.Patience;
import io.batchmount.launcher.mount.RunDirectories;
import io.batchmount.launcher.mount.UnmountOutcome;
import io.batchmount.launcher.mount.Volume;
import io.batchmount.launcher.options.ByteSize;
import io.batchmount.launcher.options.UsageException;
import io.batchmount.launcher.plan.JobPlan;
import io.batchmount.launcher.plan.NodePlan;
import io.batchmount.launcher.plan.PlannedMount;
import io.batchmount.launcher.plan.ProcessPlan;
import io.batchmount.launcher.record.JobError;
import io.batchmount.launcher.record.JobState;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Runs one job from mounting to the last byte saved. One instance runs once.
 *
 * <p>The order is the contract's: volumes, directories, preparation, processes, declared uploads,
 * saving, unmounting. Whatever fails on the way, all that was begun is ended in reverse.
 */
public final class JobRunner {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** As the service reported a job whose command never ran. */
  private static final int NEVER_RAN = -1;

  private static final int SIGNAL_BASE = 128;
  private static final int TIME_LIMIT_CODE = 124;
  private static final int UNSAVED_CODE = 4;
  private static final int MOUNT_FAILED_CODE = 3;

  private final RunContext context;
  private final JobPlan plan;
  private final StopRequest stop;
  private final RecordKeeper keeper;
  private final Map<Integer, ExecutionLog> logs = new LinkedHashMap<>();
  private final List<String> unsaved = new ArrayList<>();
  private final Phases phases = new Phases();
  private final RunDirectories directories;

  private JobRunner(RunContext context, StopRequest stop) {
    this.context = context;
    this.plan = context.plan();
    this.stop = stop;
    this.keeper = new RecordKeeper(context);
    this.directories = LocalDirectories.of(plan);
    plan.nodesHere().forEach(node -> logs.put(node.index(), new ExecutionLog()));
  }

  /**
   * Runs a job.
   *
   * @param stop takes signals; the caller connects them
   * @throws UsageException when something is missing before anything was begun
   * @throws MountFailure when a volume could not be mounted; nothing is left mounted
   */
  public static RunResult run(RunContext context, StopRequest stop)
      throws MountFailure, IOException {
    return new JobRunner(context, stop).run();
  }

  /** How the commands ended. */
  private record Ended(int code, List<JobError> errors, boolean commandRan) {}

  private RunResult run() throws MountFailure, IOException {
    for (SecretReference reference : plan.environment().references()) {
      Redaction.register(context.vault().apply(reference).reveal());
    }
    VolumeResolver resolver =
        new VolumeResolver(context.accounts(), context.options(), context.vault());
    try (ClusterShare cluster = ClusterShare.enter(context.stateDirectory(), plan, stop)) {
      List<PlannedMount> planned = new ArrayList<>(cluster.toMount());
      planned.addAll(plan.jobMounts());
      List<Volume> volumes = resolver.resolve(planned);
      say("job " + plan.identity().job() + ", id " + plan.identity().jobId());
      makeLocalDirectories();
      keeper.begin();
      return run(cluster, volumes);
    } catch (InterruptedException e) {
      // its turn to mount had not come
      return neverRan(context.newSession(), terminated(0, false));
    }
  }

  private RunResult run(ClusterShare cluster, List<Volume> volumes)
      throws MountFailure, IOException {
    MountSession session = context.newSession();
    try (Watchdog watchdog = Watchdog.start(context.environment(), context.grace());
        MountHost host =
            MountHost.announce(
                session,
                context.stateDirectory(),
                MountRegistry.newId(),
                "run",
                volumes,
                context.log(),
                directories,
                cluster.used())) {
      Optional<Ended> stopped = mount(session, volumes);
      cluster.open();
      if (stopped.isPresent()) {
        return neverRan(session, stopped.get());
      }
      Ended ended;
      try {
        ended = onMounts(watchdog, volumes);
      } catch (IOException e) {
        ended =
            new Ended(
                MOUNT_FAILED_CODE,
                List.of(new JobError(JobError.OTHER_MOUNT, String.valueOf(e.getMessage()))),
                false);
        say(e.getMessage());
        Nodes.tellThatThisOneFailed(plan, MOUNT_FAILED_CODE);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        ended =
            new Ended(
                SIGNAL_BASE, List.of(new JobError(JobError.TERMINATED, "interrupted")), false);
      }
      return finish(session, host, cluster, ended);
    } finally {
      removeLocalDirectories();
    }
  }

  private void say(String sentence) {
    logs.values().forEach(log -> log.say(sentence));
  }

  private void makeLocalDirectories() throws IOException {
    Path temp = plan.roots().jobTemp();
    Files.createDirectories(
        temp, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    // a job root of its own keeps other users away from what is mounted with allow_other
    Files.setPosixFilePermissions(temp, PosixFilePermissions.fromString("rwx------"));
    Files.createDirectories(plan.roots().jobMountRoot());
    Files.createDirectories(plan.roots().mountRoot());
    for (NodePlan node : plan.nodesHere()) {
      Files.createDirectories(node.jobTemp());
      Files.createDirectories(node.workingDirectory());
    }
    if (plan.sharedTempOnVolume().isEmpty()) {
      Files.createDirectories(plan.roots().sharedJobTemp());
    }
    if (!plan.hostFile().isEmpty()) {
      Files.createDirectories(plan.roots().hostFile().getParent());
      Files.write(plan.roots().hostFile(), plan.hostFile());
    }
  }

  /** Empty when all volumes are there; else the job was told to end before. */
  private Optional<Ended> mount(MountSession session, List<Volume> volumes)
      throws MountFailure, IOException {
    try (InterruptOnStop waiting = InterruptOnStop.of(stop)) {
      long begin = System.nanoTime();
      new Patience(context.options().keepTrying(), reason -> say(reason + "; trying again"))
          .until(() -> session.mountAll(volumes));
      volumes.forEach(volume -> say("mounted " + volume.source() + " at " + volume.mountPoint()));
      phases.add("mount", begin);
      return Optional.empty();
    } catch (MountFailure e) {
      if (stop.signal().isPresent()) {
        return Optional.of(terminated(0, false));
      }
      String code =
          e.volume()
              .map(
                  volume ->
                      switch (volume.kindName()) {
                        case "files" -> JobError.SHARE_MOUNT;
                        case "blob" -> JobError.CONTAINER_MOUNT;
                        default -> JobError.OTHER_MOUNT;
                      })
              .orElse(JobError.OTHER_MOUNT);
      Map<String, String> details = new LinkedHashMap<>();
      e.volume()
          .ifPresent(
              volume -> {
                details.put("source", volume.source());
                details.put("mountPoint", volume.mountPoint().toString());
              });
      keeper.end(
          JobState.FAILED,
          NEVER_RAN,
          List.of(new JobError(code, e.getMessage(), details)),
          JSON.createObjectNode());
      say("mounting failed: " + e.getMessage());
      throw e;
    } catch (IOException e) {
      if (stop.signal().isPresent()) {
        return Optional.of(terminated(0, false)); // it waited for a next try
      }
      throw e;
    }
  }

  /** The end of a job that was told to end while it still waited for its volumes. */
  private RunResult neverRan(MountSession session, Ended ended) {
    say("the job was ended before its volumes were mounted");
    logs.values().forEach(ExecutionLog::close);
    keeper.end(JobState.FAILED, ended.code(), ended.errors(), JSON.createObjectNode());
    session.close();
    return new RunResult(ended.code(), keeper.record(), List.of());
  }

  /** All between mounting and saving. */
  private Ended onMounts(Watchdog watchdog, List<Volume> volumes)
      throws IOException, InterruptedException {
    long begin = System.nanoTime();
    for (Path directory : plan.createdBeforePreparation()) {
      makeDirectory(directory, volumes);
    }
    if (plan.sharedTempOnVolume().isPresent()) {
      Path shared = plan.sharedTempOnVolume().get();
      makeDirectory(shared, volumes);
      Files.createDirectories(plan.roots().sharedJobTemp().getParent());
      Files.deleteIfExists(plan.roots().sharedJobTemp());
      Files.createSymbolicLink(plan.roots().sharedJobTemp(), shared);
    }
    for (NodePlan node : plan.nodesHere()) {
      logs.get(node.index()).open(plan.stdOutErrDirectory().resolve(node.executionLog()));
      say("variables: " + String.join(" ", node.environment().names()));
    }
    phases.add("directories", begin);
    keeper.running();
    stop.add((name, again) -> keeper.terminating());
    ProcessSet.Surroundings surroundings =
        new ProcessSet.Surroundings(context.grace(), context.out(), context.err(), stop, watchdog);
    TimeLimit limit = new TimeLimit(plan.timeLimit());
    try (Nodes nodes = Nodes.of(context, logs, watchdog)) {
      begin = System.nanoTime();
      nodes.start();
      if (plan.container().isPresent()) {
        phases.add("containers", begin);
      }
      begin = System.nanoTime();
      Optional<Ended> prepared = prepare(nodes, surroundings, limit);
      phases.add("preparation", begin);
      if (prepared.isPresent()) {
        nodes.tellOthers(prepared.get().code());
        return prepared.get();
      }
      Ended ended = runCommands(nodes, surroundings, limit);
      nodes.tellOthers(ended.code());
      return ended;
    } catch (ContainerFailure e) {
      say(e.getMessage());
      return new Ended(
          e.exitCode(), List.of(new JobError(JobError.CONTAINER_START, e.getMessage())), false);
    }
  }

  private static void makeDirectory(Path directory, List<Volume> volumes) throws IOException {
    try {
      SharedDirectories.make(directory);
    } catch (IOException e) {
      Optional<Volume> on =
          volumes.stream().filter(v -> directory.startsWith(v.mountPoint())).findFirst();
      throw new IOException(
          "directory "
              + directory
              + " cannot be made"
              + on.map(volume -> " on " + volume.source()).orElse("")
              + ": "
              + reason(e, on),
          e);
    }
  }

  private static String reason(IOException e, Optional<Volume> on) {
    if (e instanceof AccessDeniedException) {
      return on.isPresent() && on.get() instanceof Volume.Storage storage
          ? "its credentials do not allow to write ("
              + storage.account().credential().description()
              + ")"
          : "this user may not write there";
    }
    return e instanceof FileSystemException system && system.getReason() != null
        ? system.getReason()
        : String.valueOf(e.getMessage());
  }

  /** Empty when all went well. */
  private Optional<Ended> prepare(
      Nodes nodes, ProcessSet.Surroundings surroundings, TimeLimit limit)
      throws IOException, InterruptedException {
    if (plan.preparation().isEmpty()) {
      return nodes.awaitOthersPrepared(0, stop, limit).map(this::preparationFailed);
    }
    List<JobProcess.Spec> specs = new ArrayList<>();
    for (NodePlan node : plan.nodesHere()) {
      logs.get(node.index()).say("preparation: " + plan.preparation().get().text());
      specs.add(nodes.preparation(node));
    }
    ProcessSet.Outcome outcome =
        ProcessSet.run(specs, surroundings, limit.left(), unsaved, set -> {});
    say("preparation ended with exit code " + outcome.exitCode());
    if (outcome.exitCode() == 0 && stop.signal().isEmpty()) {
      return nodes.awaitOthersPrepared(0, stop, limit).map(this::preparationFailed);
    }
    if (stop.signal().isPresent()) {
      return Optional.of(terminated(outcome.exitCode(), false));
    }
    nodes.awaitOthersPrepared(outcome.exitCode(), stop, limit);
    return Optional.of(
        outcome.timedOut() ? timeLimit(false) : preparationFailed(outcome.exitCode()));
  }

  private Ended preparationFailed(int code) {
    return new Ended(
        code,
        List.of(
            new JobError(
                JobError.PREPARATION_FAILED,
                "Job preparation failed with exit code " + code,
                Map.of("exitCode", Integer.toString(code)))),
        false);
  }

  private Ended timeLimit(boolean ran) {
    return new Ended(
        TIME_LIMIT_CODE,
        List.of(
            new JobError(
                JobError.TIME_LIMIT, "The job was ended at its time limit of " + plan.timeLimit())),
        ran);
  }

  private Ended terminated(int code, boolean ran) {
    int signal = stop.signal().orElse(0);
    return new Ended(
        code == 0 ? SIGNAL_BASE + signal : code,
        List.of(new JobError(JobError.TERMINATED, "The job was ended by signal " + signal)),
        ran);
  }

  private Ended runCommands(Nodes nodes, ProcessSet.Surroundings surroundings, TimeLimit limit)
      throws IOException, InterruptedException {
    List<JobProcess.Spec> specs = new ArrayList<>();
    for (ProcessPlan process : plan.processesHere()) {
      logs.get(process.node()).say("command: " + process.command().text());
      specs.add(nodes.process(process, specs.isEmpty()));
    }
    if (stop.signal().isPresent()) {
      return terminated(0, false);
    }
    long begin = System.nanoTime();
    if (specs.isEmpty()) {
      // a node without processes of its own keeps its mounts as long as the job needs them
      int code = nodes.awaitMasterEnded(stop, limit);
      phases.add("command", begin);
      return code == 0 ? new Ended(0, List.of(), true) : failed(code);
    }
    try (UploadsGuard uploads = UploadsGuard.of(context, specs.get(0), stop)) {
      ProcessSet.Outcome outcome =
          ProcessSet.run(specs, surroundings, limit.left(), unsaved, set -> uploads.started());
      phases.add("command", begin);
      say("command ended with exit code " + outcome.exitCode());
      Ended ended;
      if (outcome.timedOut()) {
        say("the time limit of " + plan.timeLimit() + " was reached");
        ended = timeLimit(true);
      } else if (stop.signal().isPresent()) {
        ended = terminated(outcome.exitCode(), true);
      } else {
        ended =
            outcome.exitCode() == 0 ? new Ended(0, List.of(), true) : failed(outcome.exitCode());
      }
      begin = System.nanoTime();
      uploads.ended(ended.code(), unsaved, this::say);
      phases.add("uploads", begin);
      phases.report("outputFiles", uploads.report());
      return ended;
    }
  }

  private static Ended failed(int code) {
    return new Ended(
        code,
        List.of(
            new JobError(
                JobError.JOB_FAILED,
                "Job failed with non-zero exit code",
                Map.of("exitCode", Integer.toString(code)))),
        true);
  }

  /** Saves, records, unmounts. */
  private RunResult finish(MountSession session, MountHost host, ClusterShare cluster, Ended ended)
      throws IOException {
    long begin = System.nanoTime();
    say("saving what is still on its way");
    Duration half = context.saveTimeout();
    for (LiveMount mount : session.mounts()) {
      drain(mount, half);
    }
    phases.add("saving", begin);
    logs.values().forEach(log -> log.failure().ifPresent(unsaved::add));
    unsaved.addAll(keeper.failures());
    ObjectNode report = report(session);
    List<JobError> errors = new ArrayList<>(ended.errors());
    int code = ended.code();
    if (!unsaved.isEmpty()) {
      unsaved.forEach(this::say);
      if (code == 0) {
        code = UNSAVED_CODE;
        errors.add(new JobError(JobError.NOT_SAVED, unsaved.get(0)));
      }
    }
    say("the job ended with exit code " + code);
    logs.values().forEach(ExecutionLog::close);
    keeper.end(code == 0 ? JobState.SUCCEEDED : JobState.FAILED, code, errors, report);
    begin = System.nanoTime();
    UnmountOutcome outcome =
        cluster.leave(
            session,
            host,
            stop,
            mountPoints ->
                session.unmount(
                    mountPoints,
                    context.saveTimeout(),
                    progress -> progress(progress.mountPoint(), progress.pending())),
            context.messages());
    phases.add("unmount", begin);
    phases.into(report);
    outcome.problems().stream().filter(p -> !unsaved.contains(p)).forEach(unsaved::add);
    if (!outcome.isClean() && code == 0) {
      code = UNSAVED_CODE;
      errors.add(new JobError(JobError.NOT_SAVED, outcome.problems().get(0)));
    }
    keeper.endLocally(code == 0 ? JobState.SUCCEEDED : JobState.FAILED, code, errors, report);
    session.close();
    return new RunResult(code, keeper.record(), unsaved);
  }

  private void drain(LiveMount mount, Duration timeout) {
    try {
      mount.drain(timeout, pending -> progress(mount.volume().mountPoint(), pending));
    } catch (IOException e) {
      unsaved.add(mount.volume().source() + " could not be saved: " + e.getMessage());
    }
  }

  private void progress(Path mountPoint, PendingData pending) {
    if (pending.files() > 0) {
      context
          .progress()
          .accept(
              mountPoint
                  + ": saving "
                  + pending.files()
                  + " files, "
                  + ByteSize.display(pending.bytes())
                  + " left");
    }
  }

  private ObjectNode report(MountSession session) {
    ObjectNode report = JSON.createObjectNode();
    ArrayNode volumes = report.putArray("volumes");
    for (LiveMount mount : session.mounts()) {
      ObjectNode entry = volumes.addObject();
      entry.put("path", mount.volume().mountPoint().toString());
      entry.put("kind", mount.volume().kindName());
      entry.put("source", mount.volume().source());
      session.mounter().describe(mount, entry);
    }
    ArrayNode problems = report.putArray("unsaved");
    unsaved.forEach(problems::add);
    phases.into(report);
    return report;
  }

  private void removeLocalDirectories() throws IOException {
    switch (directories.remove()) {
      case KEPT ->
          context
              .messages()
              .accept("outputs on no volume stay on this machine, in " + plan.roots().jobTemp());
      case MOUNTED ->
          context
              .messages()
              .accept(
                  "directories of the job stay: something is still mounted in "
                      + plan.roots().jobMountRoot());
      case REMOVED -> {
        // nothing of the job is left on this machine
      }
    }
  }
}
