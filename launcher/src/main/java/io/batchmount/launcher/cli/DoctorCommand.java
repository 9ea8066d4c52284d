package io.batchmount.launcher.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.batchmount.launcher.account.StorageAccount;
import io.batchmount.launcher.job.ConfigurationFiles;
import io.batchmount.launcher.job.LoadedCluster;
import io.batchmount.launcher.job.LoadedJob;
import io.batchmount.launcher.mount.Volume;
import io.batchmount.launcher.options.AccountOptions;
import io.batchmount.launcher.options.AccountOptions.AuthKind;
import io.batchmount.launcher.options.GlobalOptions;
import io.batchmount.launcher.options.MountOptions;
import io.batchmount.launcher.options.UsageException;
import io.batchmount.launcher.options.VolumeOptions;
import io.batchmount.launcher.plan.ClusterPlanRequest;
import io.batchmount.launcher.plan.ClusterPlanner;
import io.batchmount.launcher.plan.FileServers;
import io.batchmount.launcher.plan.JobIdentity;
import io.batchmount.launcher.plan.JobPlanRequest;
import io.batchmount.launcher.plan.JobPlanner;
import io.batchmount.launcher.plan.PlannedMount;
import io.batchmount.launcher.run.BaseEnvironment;
import io.batchmount.launcher.run.KeyVault;
import io.batchmount.launcher.run.VolumeResolver;
import io.batchmount.launcher.stream.Doctor;
import io.batchmount.launcher.stream.Doctor.Finding;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code batchmount doctor}. */
@Command(
    name = "doctor",
    description =
        "Check fuse, credentials, clock, network, permission and cache disk: one line each, with the fix.")
final class DoctorCommand extends BaseCommand {
  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description = "Job or cluster file whose volumes are checked.")
  Optional<Path> file = Optional.empty();

  @Mixin VolumeOptions volumes = new VolumeOptions();
  @Mixin MountOptions mount = new MountOptions();
  @Mixin AccountOptions account = new AccountOptions();

  @Option(names = "--json", description = "Print JSON.")
  boolean json;

  @Override
  public Integer call() throws IOException {
    List<Finding> findings = new ArrayList<>();
    findings.addAll(Doctor.machine(mount.allowOther()));
    findings.addAll(
        Doctor.directories(
            stateDir(),
            mount.cacheDir().orElseGet(() -> GlobalOptions.defaultCacheDir(environment())),
            mount.cacheSize().bytes()));
    List<Volume> resolved = new ArrayList<>();
    try {
      resolved.addAll(volumes());
      if (resolved.isEmpty()) {
        StorageAccount direct = accounts().direct();
        findings.addAll(Doctor.account(direct));
      }
    } catch (UsageException e) {
      findings.add(Finding.bad("credentials", e.getMessage()));
    }
    for (Volume volume : resolved) {
      findings.addAll(Doctor.volume(volume));
    }
    print(findings);
    return findings.stream().allMatch(Finding::ok) ? ExitCode.OK : ExitCode.FAILED;
  }

  private List<Volume> volumes() {
    VolumeResolver resolver =
        new VolumeResolver(
            accounts(), mount, new KeyVault(account.auth().orElse(AuthKind.DEFAULT)));
    return resolver.resolve(planned());
  }

  private List<PlannedMount> planned() {
    Map<String, String> environment = environment();
    if (file.isPresent() && ConfigurationFiles.kindOf(file.get()) == ConfigurationFiles.Kind.JOB) {
      LoadedJob job = ConfigurationFiles.readJob(file.get(), volumes.strict());
      return JobPlanner.plan(
              JobPlanRequest.builder(job, JobPlanning.roots(environment))
                  .accounts(JobPlanning.accounts(this))
                  .volumeOptions(JobPlanning.volumes(volumes))
                  .fileServers(FileServers.parse(volumes.fileServers()))
                  .baseEnvironment(BaseEnvironment.of(environment))
                  .currentDirectory(Path.of(""))
                  .command(List.of("true"))
                  .build())
          .jobMounts();
    }
    LoadedCluster cluster =
        file.isPresent()
            ? ConfigurationFiles.readCluster(file.get(), volumes.strict())
            : ConfigurationFiles.parseCluster(
                "command line", "{}".getBytes(StandardCharsets.UTF_8), false);
    return ClusterPlanner.plan(
            new ClusterPlanRequest(
                cluster,
                JobIdentity.forFile("doctor")
                    .with(
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(UUID.randomUUID().toString())),
                "doctor",
                JobPlanning.accounts(this),
                JobPlanning.volumes(volumes),
                FileServers.parse(volumes.fileServers()),
                JobPlanning.roots(environment).mountRoot(),
                BaseEnvironment.of(environment)))
        .clusterMounts();
  }

  private void print(List<Finding> findings) throws IOException {
    if (json) {
      ObjectMapper mapper = new ObjectMapper();
      ArrayNode array = mapper.createArrayNode();
      findings.forEach(
          f ->
              array
                  .addObject()
                  .put("check", f.check())
                  .put("ok", f.ok())
                  .put("message", f.message()));
      out().println(mapper.writerWithDefaultPrettyPrinter().writeValueAsString(array));
    } else {
      findings.forEach(
          f -> out().println((f.ok() ? "ok    " : "FAIL  ") + f.check() + ": " + f.message()));
    }
    out().flush();
  }
}
