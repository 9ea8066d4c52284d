package io.batchmount.launcher.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.batchmount.launcher.account.AccountResolver;
import io.batchmount.launcher.job.ConfigurationFiles;
import io.batchmount.launcher.job.LoadedCluster;
import io.batchmount.launcher.job.SetupTask;
import io.batchmount.launcher.mount.BackgroundProcess;
import io.batchmount.launcher.mount.MountFailure;
import io.batchmount.launcher.mount.Patience;
import io.batchmount.launcher.mount.ProcessFacts;
import io.batchmount.launcher.mount.Volume;
import io.batchmount.launcher.options.AccountOptions;
import io.batchmount.launcher.options.AccountOptions.AuthKind;
import io.batchmount.launcher.options.MountOptions;
import io.batchmount.launcher.options.VolumeOptions;
import io.batchmount.launcher.plan.ClusterPlan;
import io.batchmount.launcher.plan.ClusterPlanRequest;
import io.batchmount.launcher.plan.ClusterPlanner;
import io.batchmount.launcher.plan.FileServers;
import io.batchmount.launcher.plan.JobIdentity;
import io.batchmount.launcher.run.BaseEnvironment;
import io.batchmount.launcher.run.KeyVault;
import io.batchmount.launcher.run.SetupTaskRunner;
import io.batchmount.launcher.run.VolumeResolver;
import io.batchmount.launcher.stream.AutoStorage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code batchmount mount -f cluster.json}: what a node of a cluster did at boot. */
abstract class MountClusterCommand extends BaseCommand {
  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description = "Cluster file whose volumes are mounted, all or none.")
  Optional<Path> file = Optional.empty();

  @Option(
      names = "--mount-root",
      paramLabel = "DIR",
      description =
          "Root of mounts (default: /mnt/batchmount/mounts for root, else $XDG_RUNTIME_DIR/batchmount/mounts).")
  Optional<Path> mountRoot = Optional.empty();

  @Option(
      names = "--setup-task",
      paramLabel = "TEXT",
      description =
          "Shell text that runs once the volumes are mounted, in place of the file's setup task; --setup-task-output goes with it.")
  Optional<String> setupTask = Optional.empty();

  @Option(
      names = "--setup-task-output",
      paramLabel = "PREFIX",
      description =
          "Where the setup task's output goes, such as $AZ_BATCHAI_MOUNT_ROOT/team/setup.")
  Optional<String> setupTaskOutput = Optional.empty();

  @Mixin MountOptions mount = new MountOptions();
  @Mixin AccountOptions account = new AccountOptions();
  @Mixin VolumeOptions volumes = new VolumeOptions();

  @Option(names = "--foreground", description = "Stay in the foreground until unmounted.")
  boolean foreground;

  @Option(
      names = "--dry-run",
      description = "Print what would be done; nothing is mounted, run or asked.")
  boolean dryRun;

  @Option(names = "--json", description = "Print JSON.")
  boolean json;

  @Override
  public Integer call() throws IOException {
    if (file.isEmpty()
        && volumes.afsName().isEmpty()
        && volumes.bfsName().isEmpty()
        && volumes.nfs().isEmpty()
        && !volumes.useAutoStorage()) {
      throw new CommandFailure(
          ExitCode.USAGE, "say what to mount: blob, files, or -f cluster.json");
    }
    ClusterPlan plan = plan();
    if (dryRun) {
      out()
          .println(
              new ObjectMapper()
                  .writerWithDefaultPrettyPrinter()
                  .writeValueAsString(plan.toDryRunJson()));
      out().flush();
      return ExitCode.OK;
    }
    AccountResolver accounts = accounts();
    KeyVault vault = new KeyVault(account.auth().orElse(AuthKind.DEFAULT));
    VolumeResolver resolver = new VolumeResolver(accounts, mount, vault);
    Patience patience = Hosting.patience(this, mount.keepTrying());
    try {
      List<Volume> resolved = patience.until(() -> resolver.resolve(plan.clusterMounts()));
      if (!foreground && !BackgroundProcess.isChild(environment())) {
        plan.warnings().forEach(this::say);
        return BackgroundProcess.start(
            spec.root().commandLine().getParseResult().originalArgs(), err());
      }
      if (volumes.useAutoStorage()) {
        patience.until(() -> AutoStorage.ensure(resolved));
      }
      Files.createDirectories(plan.mountRoot());
      return Hosting.serve(
          this,
          resolved,
          "cluster-" + Hosting.logName(plan.mountRoot()),
          "cluster",
          mount,
          patience,
          () -> setUp(plan, vault));
    } catch (MountFailure e) {
      throw Hosting.mountFailed(this, e);
    }
  }

  private void setUp(ClusterPlan plan, KeyVault vault) throws IOException {
    if (plan.setupTask().isEmpty()) {
      return;
    }
    int code =
        SetupTaskRunner.run(plan.setupTask().get(), BaseEnvironment.of(environment()), vault);
    if (code != 0) {
      throw new CommandFailure(
          ExitCode.MOUNT_FAILED,
          "the setup task ended with exit code "
              + code
              + "; its output is in "
              + plan.setupTask().get().directory());
    }
  }

  /** The cluster of the file, with what the command line says in its place. */
  private LoadedCluster cluster() {
    LoadedCluster cluster =
        file.isPresent()
            ? ConfigurationFiles.readCluster(file.get(), volumes.strict())
            : ConfigurationFiles.parseCluster(
                "command line", "{}".getBytes(StandardCharsets.UTF_8), false);
    if (setupTask.isEmpty() && setupTaskOutput.isEmpty()) {
      return cluster;
    }
    if (setupTask.isEmpty() || setupTaskOutput.isEmpty()) {
      throw new CommandFailure(
          ExitCode.USAGE,
          setupTask.isEmpty()
              ? "--setup-task-output needs --setup-task: the text to run"
              : "--setup-task needs --setup-task-output: where its output goes, such as"
                  + " '$AZ_BATCHAI_MOUNT_ROOT/team/setup'");
    }
    return new LoadedCluster(
        cluster
            .definition()
            .withSetupTask(SetupTask.builder(setupTask.get(), setupTaskOutput.get()).build()),
        cluster.source(),
        cluster.fileName(),
        cluster.warnings());
  }

  private ClusterPlan plan() throws IOException {
    LoadedCluster cluster = cluster();
    String name = JobIdentity.nameFor(cluster.fileName());
    Path root =
        mountRoot
            .map(Path::toAbsolutePath)
            .orElseGet(() -> JobPlanning.roots(environment()).mountRoot());
    return ClusterPlanner.plan(
        new ClusterPlanRequest(
            cluster,
            JobIdentity.forFile(name)
                .with(
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of(name),
                    Optional.of(UUID.randomUUID().toString())),
            ProcessFacts.hostName(),
            JobPlanning.accounts(this),
            JobPlanning.volumes(volumes),
            FileServers.parse(volumes.fileServers()),
            root,
            BaseEnvironment.of(environment())));
  }
}
