package io.batchmount.launcher.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.batchmount.launcher.cli.outputs.UploadSettings;
import io.batchmount.launcher.job.ConfigurationFiles;
import io.batchmount.launcher.job.LoadedJob;
import io.batchmount.launcher.mount.MountFailure;
import io.batchmount.launcher.mount.MountRegistry;
import io.batchmount.launcher.mount.ProcessResources;
import io.batchmount.launcher.mount.Signals;
import io.batchmount.launcher.mount.StorageMounter;
import io.batchmount.launcher.options.AccountOptions;
import io.batchmount.launcher.options.AccountOptions.AuthKind;
import io.batchmount.launcher.options.JobOptions;
import io.batchmount.launcher.options.MountOptions;
import io.batchmount.launcher.options.VolumeOptions;
import io.batchmount.launcher.outputs.OutputFile;
import io.batchmount.launcher.plan.EnvironmentValue;
import io.batchmount.launcher.plan.JobPlan;
import io.batchmount.launcher.record.JobError;
import io.batchmount.launcher.run.JobRunner;
import io.batchmount.launcher.run.KeyVault;
import io.batchmount.launcher.run.LostJobs;
import io.batchmount.launcher.run.OutputFilesUploads;
import io.batchmount.launcher.run.RunContext;
import io.batchmount.launcher.run.RunResult;
import io.batchmount.launcher.run.RunSummary;
import io.batchmount.launcher.run.StopRequest;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code batchmount run}. */
@Command(
    name = "run",
    description =
        "Run a job: mount its volumes, prepare, run the command, save and unmount; exits with the job's exit code.")
final class RunCommand extends BaseCommand {
  @Mixin JobOptions job = new JobOptions();
  @Mixin VolumeOptions volumes = new VolumeOptions();
  @Mixin MountOptions mount = new MountOptions();
  @Mixin AccountOptions account = new AccountOptions();
  @Mixin UploadSettings upload = new UploadSettings();

  @Option(
      names = "--print-env",
      description = "Print the job's environment, secrets left out, and end.")
  boolean printEnvironment;

  @Option(
      names = "--dry-run",
      description = "Print what would be done; nothing is mounted, run or asked.")
  boolean dryRun;

  @Option(names = "--json", description = "Print JSON.")
  boolean json;

  @Parameters(
      paramLabel = "COMMAND",
      arity = "0..*",
      description = "Command in place of the file's toolkit.")
  List<String> command = new ArrayList<>();

  /** Signals that end a job, with their numbers. */
  private static final Object[][] SIGNALS = {{"HUP", 1}, {"INT", 2}, {"TERM", 15}};

  @Override
  public Integer call() throws IOException {
    LoadedJob loaded = ConfigurationFiles.readJob(job.file(), volumes.strict());
    JobPlan plan = JobPlanning.plan(this, loaded, job, volumes, command);
    List<OutputFile> outputFiles = OutputFilesUploads.definitions(plan, job.outputFiles());
    if (dryRun) {
      out()
          .println(
              new ObjectMapper()
                  .writerWithDefaultPrettyPrinter()
                  .writeValueAsString(plan.toDryRunJson()));
      out().flush();
      return ExitCode.OK;
    }
    if (printEnvironment) {
      printEnvironment(plan);
      return ExitCode.OK;
    }
    plan.warnings().forEach(this::say);
    OutputFilesUploads.warnings(plan, outputFiles, accounts()).forEach(this::say);
    Optional<Path> log =
        Hosting.openLog(this, "run-" + plan.identity().job() + "-" + plan.identity().jobId());
    StopRequest stop = new StopRequest();
    for (Object[] signal : SIGNALS) {
      Signals.handle((String) signal[0], () -> stop.request((String) signal[0], (int) signal[1]));
    }
    new MountRegistry(stateDir()).cleanDead();
    LostJobs.mark(stateDir());
    ProcessResources resources = ProcessResources.of(mount, stateDir(), environment());
    OutputStream out = new FileOutputStream(FileDescriptor.out);
    OutputStream err = new FileOutputStream(FileDescriptor.err);
    try (ProgressLine progress = new ProgressLine(err());
        StorageMounter mounter = new StorageMounter(resources)) {
      RunContext context =
          new RunContext(
              plan,
              loaded,
              stateDir(),
              environment(),
              accounts(),
              mount,
              resources,
              mounter,
              new KeyVault(account.auth().orElse(AuthKind.DEFAULT)),
              OutputFilesUploads.factory(
                  plan,
                  outputFiles,
                  job.uploadEvery()
                      .map(upload.toOptions()::withUploadEvery)
                      .orElseGet(upload::toOptions),
                  accounts(),
                  stateDir(),
                  progress::show),
              job.containerEngine(),
              job.grace(),
              job.saveTimeout(),
              out,
              err,
              this::say,
              progress::show,
              log);
      RunResult result = JobRunner.run(context, stop);
      progress.close();
      return report(result, plan);
    } catch (MountFailure e) {
      throw Hosting.mountFailed(this, e);
    }
  }

  private int report(RunResult result, JobPlan plan) {
    RunSummary.lines(result, plan).forEach(this::say);
    result.unsaved().forEach(this::say);
    Optional<JobError> first = result.record().errors().stream().findFirst();
    say(
        "job "
            + plan.identity().job()
            + (result.exitCode() == 0
                ? " succeeded"
                : " failed with exit code "
                    + result.exitCode()
                    + first.map(e -> ": " + e.code() + ": " + e.message()).orElse(""))
            + (result.unsaved().isEmpty() ? "" : "; not everything could be saved"));
    return result.exitCode();
  }

  private void printEnvironment(JobPlan plan) {
    for (String name : plan.environment().names()) {
      EnvironmentValue value = plan.environment().get(name).orElseThrow();
      out()
          .println(
              name + "=" + (value instanceof EnvironmentValue.Plain plain ? plain.value() : "***"));
    }
    out().flush();
  }
}
