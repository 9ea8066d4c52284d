package io.batchmount.launcher.plan;

import io.batchmount.launcher.job.LoadedCluster;
import io.batchmount.launcher.job.LoadedJob;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Everything from which a job's plan follows. Two equal requests give equal plans.
 *
 * @param job the job
 * @param cluster the cluster whose volumes are mounted for the run; absent: they are there already
 * @param identity names and uuid
 * @param accounts accounts and keys
 * @param volumeOptions volumes of the command line
 * @param fileServers where file servers are
 * @param layout where outputs lie
 * @param mountRoot root of cluster volumes, absolute
 * @param jobMountParent where the fresh root of job volumes is made; absent: in the job's temporary
 *     directory
 * @param jobTempParent parent of all jobs' temporary directories, absolute
 * @param nodes machines of the job
 * @param command COMMAND, which replaces the toolkit; empty: none
 * @param currentDirectory where COMMAND runs, absolute
 * @param baseEnvironment the launcher's own environment
 * @param gpusPerNode GPUs of a node
 * @param previousJobId uuid of the attempt before this one, whose outputs the job may look at
 */
public record JobPlanRequest(
    LoadedJob job,
    Optional<LoadedCluster> cluster,
    JobIdentity identity,
    AccountContext accounts,
    VolumeOptions volumeOptions,
    FileServers fileServers,
    OutputLayout layout,
    Path mountRoot,
    Optional<Path> jobMountParent,
    Path jobTempParent,
    NodeSelection nodes,
    List<String> command,
    Path currentDirectory,
    Map<String, String> baseEnvironment,
    int gpusPerNode,
    Optional<String> previousJobId) {
  public JobPlanRequest {
    Objects.requireNonNull(job, "job");
    command = List.copyOf(command);
    baseEnvironment = Map.copyOf(baseEnvironment);
    mountRoot = mountRoot.toAbsolutePath().normalize();
    jobMountParent = jobMountParent.map(p -> p.toAbsolutePath().normalize());
    jobTempParent = jobTempParent.toAbsolutePath().normalize();
    currentDirectory = currentDirectory.toAbsolutePath().normalize();
  }

  /** A builder for {@code job}, with roots below {@code roots}. */
  public static Builder builder(LoadedJob job, DefaultRoots roots) {
    return new Builder(job, roots);
  }

  /** Collects what a plan follows from. */
  public static final class Builder {
    private final LoadedJob job;
    private Optional<LoadedCluster> cluster = Optional.empty();
    private JobIdentity identity;
    private AccountContext accounts = AccountContext.NONE;
    private VolumeOptions volumeOptions = VolumeOptions.NONE;
    private FileServers fileServers = FileServers.NONE;
    private OutputLayout layout = OutputLayout.LITERAL;
    private Path mountRoot;
    private Optional<Path> jobMountParent = Optional.empty();
    private Path jobTempParent;
    private NodeSelection nodes = NodeSelection.LOCAL;
    private final List<String> command = new ArrayList<>();
    private Path currentDirectory = Path.of("");
    private Map<String, String> baseEnvironment = Map.of();
    private int gpusPerNode;
    private Optional<String> previousJobId = Optional.empty();

    private Builder(LoadedJob job, DefaultRoots roots) {
      this.job = job;
      this.identity = JobIdentity.forFile(job.fileName());
      this.mountRoot = roots.mountRoot();
      this.jobTempParent = roots.jobTempParent();
    }

    /** The cluster whose volumes are mounted for the run. */
    public Builder cluster(LoadedCluster value) {
      cluster = Optional.of(value);
      return this;
    }

    /** Names and uuid. */
    public Builder identity(JobIdentity value) {
      identity = value;
      return this;
    }

    /** Accounts and keys. */
    public Builder accounts(AccountContext value) {
      accounts = value;
      return this;
    }

    /** Volumes of the command line. */
    public Builder volumeOptions(VolumeOptions value) {
      volumeOptions = value;
      return this;
    }

    /** Where file servers are. */
    public Builder fileServers(FileServers value) {
      fileServers = value;
      return this;
    }

    /** Where outputs lie. */
    public Builder layout(OutputLayout value) {
      layout = value;
      return this;
    }

    /** Root of cluster volumes. */
    public Builder mountRoot(Path value) {
      mountRoot = value;
      return this;
    }

    /** Where the fresh root of job volumes is made. */
    public Builder jobMountParent(Path value) {
      jobMountParent = Optional.of(value);
      return this;
    }

    /** Parent of all jobs' temporary directories. */
    public Builder jobTempParent(Path value) {
      jobTempParent = value;
      return this;
    }

    /** Machines of the job. */
    public Builder nodes(NodeSelection value) {
      nodes = value;
      return this;
    }

    /** COMMAND, which replaces the toolkit. */
    public Builder command(List<String> value) {
      command.clear();
      command.addAll(value);
      return this;
    }

    /** Where COMMAND runs. */
    public Builder currentDirectory(Path value) {
      currentDirectory = value;
      return this;
    }

    /** The launcher's own environment. */
    public Builder baseEnvironment(Map<String, String> value) {
      baseEnvironment = value;
      return this;
    }

    /** GPUs of a node. */
    public Builder gpusPerNode(int value) {
      gpusPerNode = value;
      return this;
    }

    /** Uuid of the attempt before this one. */
    public Builder previousJobId(String value) {
      previousJobId = Optional.of(value);
      return this;
    }

    /** The request. */
    public JobPlanRequest build() {
      return new JobPlanRequest(
          job,
          cluster,
          identity,
          accounts,
          volumeOptions,
          fileServers,
          layout,
          mountRoot,
          jobMountParent,
          jobTempParent,
          nodes,
          command,
          currentDirectory,
          baseEnvironment,
          gpusPerNode,
          previousJobId);
    }
  }
}
