package io.batchmount.launcher.cli;

import io.batchmount.launcher.account.PlanAccounts;
import io.batchmount.launcher.job.ConfigurationFiles;
import io.batchmount.launcher.job.LoadedJob;
import io.batchmount.launcher.options.GlobalOptions;
import io.batchmount.launcher.options.JobOptions;
import io.batchmount.launcher.options.VolumeOptions;
import io.batchmount.launcher.plan.AccountContext;
import io.batchmount.launcher.plan.DefaultRoots;
import io.batchmount.launcher.plan.FileServers;
import io.batchmount.launcher.plan.GpuCount;
import io.batchmount.launcher.plan.JobIdentity;
import io.batchmount.launcher.plan.JobPlan;
import io.batchmount.launcher.plan.JobPlanRequest;
import io.batchmount.launcher.plan.JobPlanner;
import io.batchmount.launcher.plan.NodeDetection;
import io.batchmount.launcher.plan.OutputLayout;
import io.batchmount.launcher.run.BaseEnvironment;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** From options to a plan. */
final class JobPlanning {
  private JobPlanning() {}

  /** Accounts and keys as the planner wants them. */
  static AccountContext accounts(BaseCommand command) {
    return PlanAccounts.of(command::commandLine, command.settings(), command.accounts());
  }

  /** Volumes of the command line as the planner wants them. */
  static io.batchmount.launcher.plan.VolumeOptions volumes(VolumeOptions options) {
    var volumes = io.batchmount.launcher.plan.VolumeOptions.NONE;
    if (options.afsName().isPresent()) {
      volumes =
          volumes.withFileShare(
              options.afsName().get(),
              options
                  .afsMountPath()
                  .orElse(io.batchmount.launcher.plan.VolumeOptions.DEFAULT_FILE_SHARE_PATH));
    }
    if (options.bfsName().isPresent()) {
      volumes =
          volumes.withContainer(
              options.bfsName().get(),
              options
                  .bfsMountPath()
                  .orElse(io.batchmount.launcher.plan.VolumeOptions.DEFAULT_CONTAINER_PATH));
    }
    if (options.nfs().isPresent()) {
      volumes =
          volumes.withNfs(
              options.nfs().get(),
              options
                  .nfsMountPath()
                  .orElse(io.batchmount.launcher.plan.VolumeOptions.DEFAULT_NFS_PATH));
    }
    return volumes.withAutoStorage(options.useAutoStorage());
  }

  /** Where roots lie by default. */
  static DefaultRoots roots(Map<String, String> environment) {
    return DefaultRoots.of(
            environment,
            GlobalOptions.isRoot(),
            Path.of(System.getProperty("java.io.tmpdir")),
            System.getProperty("user.name"))
        .withEnvironment(environment);
  }

  /** Makes the plan of a run. */
  static JobPlan plan(
      BaseCommand command,
      LoadedJob job,
      JobOptions options,
      VolumeOptions volumes,
      List<String> words) {
    Map<String, String> environment = command.environment();
    NodeDetection nodes =
        NodeDetection.detect(
            job.definition().nodeCount(),
            options.hosts(),
            options.nodeIndex().map(OptionalInt::of).orElseGet(OptionalInt::empty),
            options.jobId(),
            environment);
    JobPlanRequest.Builder request = JobPlanRequest.builder(job, roots(environment));
    request.identity(
        JobIdentity.forFile(job.fileName())
            .with(
                options.subscription(),
                options.resourceGroup(),
                options.workspace(),
                options.experiment(),
                options.jobName(),
                nodes.jobId()));
    request.nodes(nodes.nodes());
    options.previousJobId().or(nodes::previousJobId).ifPresent(request::previousJobId);
    options
        .clusterFile()
        .ifPresent(file -> request.cluster(ConfigurationFiles.readCluster(file, volumes.strict())));
    request.accounts(accounts(command));
    request.volumeOptions(volumes(volumes));
    request.fileServers(FileServers.parse(volumes.fileServers()));
    request.layout(
        options.outputLayout() == JobOptions.Layout.service
            ? OutputLayout.SERVICE
            : OutputLayout.LITERAL);
    // the job's own root goes below --mount-root only when the user said so, cli.md
    command
        .commandLine("mount-root")
        .or(() -> command.settings().fromOwnEnvironment("mount-root"))
        .or(() -> command.settings().fromFile("mount-root"))
        .ifPresent(
            root -> {
              Path path = Path.of(root.value()).toAbsolutePath();
              if (options.clusterFile().isPresent()
                  || !environment.containsKey(DefaultRoots.MOUNT_ROOT_VARIABLE)) {
                request.mountRoot(path);
              }
              request.jobMountParent(path);
            });
    request.command(words);
    request.currentDirectory(Path.of(""));
    request.baseEnvironment(BaseEnvironment.of(environment));
    request.gpusPerNode(GpuCount.of(Path.of("/dev"), environment));
    return JobPlanner.plan(request.build());
  }
}
