package io.batchmount.launcher.run;

import io.batchmount.launcher.account.AccountResolver;
import io.batchmount.launcher.job.LoadedJob;
import io.batchmount.launcher.job.SecretReference;
import io.batchmount.launcher.job.SecretValue;
import io.batchmount.launcher.mount.MountSession;
import io.batchmount.launcher.mount.ProcessResources;
import io.batchmount.launcher.mount.VolumeMounter;
import io.batchmount.launcher.options.MountOptions;
import io.batchmount.launcher.plan.JobPlan;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What running a job needs beside its plan.
 *
 * @param plan what to do
 * @param job the job as read
 * @param stateDirectory journal, registry, local records
 * @param environment the caller's environment
 * @param accounts credentials
 * @param options of all mounts
 * @param resources budgets, caches, figures
 * @param mounter mounts volumes
 * @param vault fetches secrets by reference
 * @param uploads makes the upload of declared files; empty when the job declares none
 * @param containerEngine program of the container engine; empty to look for podman and docker
 * @param grace between asking a process to end and ending it
 * @param saveTimeout how long to try to save at the end
 * @param out the caller's standard output
 * @param err the caller's standard error
 * @param messages takes lines for the user
 * @param progress takes where a long step stands; may be called very often
 * @param log where the launcher logs, if it is a file
 */
public record RunContext(
    JobPlan plan,
    LoadedJob job,
    Path stateDirectory,
    Map<String, String> environment,
    AccountResolver accounts,
    MountOptions options,
    ProcessResources resources,
    VolumeMounter mounter,
    Function<SecretReference, SecretValue> vault,
    Optional<UploadsFactory> uploads,
    Optional<String> containerEngine,
    Duration grace,
    Duration saveTimeout,
    OutputStream out,
    OutputStream err,
    Consumer<String> messages,
    Consumer<String> progress,
    Optional<Path> log) {

  /** Makes the upload of declared files once the job's directories and variables are known. */
  public interface UploadsFactory {
    DeclaredUploads make(
        Path taskDirectory, Path workingDirectory, Map<String, String> environment);
  }

  /** Time between TERM and KILL when nothing is said: what batch systems give. */
  public static final Duration DEFAULT_GRACE = Duration.ofSeconds(30);

  /** Time for saving at the end when nothing is said. */
  public static final Duration DEFAULT_SAVE_TIMEOUT = Duration.ofMinutes(5);

  MountSession newSession() {
    return new MountSession(mounter);
  }

  /** Without environment. */
  @Override
  public String toString() {
    return "RunContext[" + plan + "]";
  }
}
