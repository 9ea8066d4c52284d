package io.batchmount.launcher;

import io.batchmount.launcher.account.AccountResolver;
import io.batchmount.launcher.account.PlanAccounts;
import io.batchmount.launcher.job.JobDefinition;
import io.batchmount.launcher.job.LoadedJob;
import io.batchmount.launcher.mount.MountFailure;
import io.batchmount.launcher.mount.MountRegistry;
import io.batchmount.launcher.mount.ProcessResources;
import io.batchmount.launcher.mount.StorageMounter;
import io.batchmount.launcher.options.AccountOptions.AuthKind;
import io.batchmount.launcher.options.ConfigFile;
import io.batchmount.launcher.options.GlobalOptions;
import io.batchmount.launcher.options.MountOptions;
import io.batchmount.launcher.options.Settings;
import io.batchmount.launcher.options.Settings.Sourced;
import io.batchmount.launcher.outputs.UploadOptions;
import io.batchmount.launcher.plan.DefaultRoots;
import io.batchmount.launcher.plan.JobIdentity;
import io.batchmount.launcher.plan.JobPlan;
import io.batchmount.launcher.plan.JobPlanRequest;
import io.batchmount.launcher.plan.JobPlanner;
import io.batchmount.launcher.record.JobRecord;
import io.batchmount.launcher.run.BaseEnvironment;
import io.batchmount.launcher.run.JobRunner;
import io.batchmount.launcher.run.KeyVault;
import io.batchmount.launcher.run.LostJobs;
import io.batchmount.launcher.run.OutputFilesUploads;
import io.batchmount.launcher.run.RunContext;
import io.batchmount.launcher.run.StopRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Runs a job from a Java program, as {@code batchmount run} does, and returns its record.
 *
 * <pre>{@code
 * JobDefinition job =
 *     JobDefinition.builder()
 *         .stdOutErrPathPrefix("$AZ_BATCHAI_JOB_MOUNT_ROOT/out")
 *         .mountVolumes(volumes)
 *         .toolkit(new ToolkitSettings.Custom("python3 fit.py"))
 *         .build();
 * JobRecord record =
 *     new Batchmount(System.getenv())
 *         .option("account", "acctnorth")
 *         .option("account-key-file", "/etc/acctnorth.key")
 *         .run("fit", job);
 * }</pre>
 *
 * <p>Needs what the command needs: Linux, FUSE, bash. Signals are the program's own business: it
 * ends a job through {@link #stop}. One instance runs one job at a time.
 *
 * <p>Logs through SLF4J. The libraries of the distribution bring Logback, which writes every detail
 * to standard output until it is set up: {@link io.batchmount.launcher.cli.Logging#toStderr} does
 * that, and blanks secrets.
 */
public final class Batchmount {
  private final Map<String, String> environment;
  private final Map<String, String> options = new HashMap<>();
  private final StopRequest stop = new StopRequest();
  private OutputStream out = OutputStream.nullOutputStream();
  private OutputStream err = OutputStream.nullOutputStream();

  /**
   * @param environment what the job inherits; also read for credentials and settings
   */
  public Batchmount(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  /**
   * Sets an account option as the command line would, by its name without dashes: {@code account},
   * {@code account-key-file}, {@code blob-endpoint}, {@code file-endpoint}, {@code emulator}, ...
   */
  public Batchmount option(String name, String value) {
    options.put(name, value);
    return this;
  }

  /** Where the job's output is passed on to; by default nowhere beside its files. */
  public Batchmount output(OutputStream newOut, OutputStream newErr) {
    out = newOut;
    err = newErr;
    return this;
  }

  /**
   * Ends the job that runs, as SIGTERM does; a second call ends it at once. May be called by any
   * thread.
   */
  public void stop() {
    stop.request("TERM", SIGTERM);
  }

  private static final int SIGTERM = 15;

  /**
   * Runs a job to its end and returns its record; the exit code in it is the job's.
   *
   * @param name name of the job
   * @throws MountFailure when a volume could not be mounted; nothing is left mounted
   * @throws io.batchmount.launcher.job.ConfigurationException when the job is wrong
   * @throws io.batchmount.launcher.options.UsageException when credentials are missing
   */
  public JobRecord run(String name, JobDefinition job) throws MountFailure, IOException {
    Settings settings = new Settings(environment, ConfigFile.NONE);
    AccountResolver accounts = new AccountResolver(this::given, settings);
    LoadedJob loaded = LoadedJob.of(job);
    JobPlan plan =
        JobPlanner.plan(
            JobPlanRequest.builder(
                    loaded,
                    DefaultRoots.of(
                            environment,
                            GlobalOptions.isRoot(),
                            Path.of(System.getProperty("java.io.tmpdir")),
                            System.getProperty("user.name"))
                        .withEnvironment(environment))
                .identity(JobIdentity.forFile(name))
                .accounts(PlanAccounts.of(this::given, settings, accounts))
                .baseEnvironment(BaseEnvironment.of(environment))
                .currentDirectory(Path.of(""))
                .command(List.of())
                .build());
    Path state =
        Optional.ofNullable(environment.get("BATCHMOUNT_STATE_DIR"))
            .map(Path::of)
            .orElseGet(() -> GlobalOptions.defaultStateDir(environment))
            .toAbsolutePath();
    new MountRegistry(state).cleanDead();
    LostJobs.mark(state);
    MountOptions mount = new MountOptions();
    ProcessResources resources = ProcessResources.of(mount, state, environment);
    try (StorageMounter mounter = new StorageMounter(resources)) {
      return JobRunner.run(
              new RunContext(
                  plan,
                  loaded,
                  state,
                  environment,
                  accounts,
                  mount,
                  resources,
                  mounter,
                  new KeyVault(
                      Optional.ofNullable(options.get("auth"))
                          .map(AuthKind::parse)
                          .orElse(AuthKind.DEFAULT)),
                  OutputFilesUploads.factory(
                      plan,
                      OutputFilesUploads.definitions(plan, Optional.empty()),
                      UploadOptions.defaults(),
                      accounts,
                      state,
                      progress -> {}),
                  Optional.empty(),
                  RunContext.DEFAULT_GRACE,
                  RunContext.DEFAULT_SAVE_TIMEOUT,
                  out,
                  err,
                  message -> {},
                  progress -> {},
                  Optional.empty()),
              stop)
          .record();
    }
  }

  private Optional<Sourced> given(String name) {
    return Optional.ofNullable(options.get(name)).map(value -> new Sourced(value, "--" + name));
  }
}
