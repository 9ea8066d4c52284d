package io.batchmount.launcher.options;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Options of {@code run} beside volumes, mounts and accounts. */
public final class JobOptions {
  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      required = true,
      description = "Job file.")
  Path file;

  @Option(
      names = "--cluster-file",
      paramLabel = "FILE",
      description =
          "Cluster file whose volumes the job uses; those not mounted yet are mounted for the run.")
  Optional<Path> clusterFile = Optional.empty();

  @Option(
      names = "--mount-root",
      paramLabel = "DIR",
      description =
          "Root of mounts (default: /mnt/batchmount/mounts for root, else $XDG_RUNTIME_DIR/batchmount/mounts).")
  Optional<Path> mountRoot = Optional.empty();

  @Option(
      names = "--job-name",
      paramLabel = "N",
      description = "Name of the job (default: the file's name).")
  Optional<String> jobName = Optional.empty();

  @Option(
      names = "--experiment",
      paramLabel = "N",
      description = "Experiment of the job (default: default).")
  Optional<String> experiment = Optional.empty();

  @Option(
      names = "--workspace",
      paramLabel = "N",
      description = "Workspace of the job (default: default).")
  Optional<String> workspace = Optional.empty();

  @Option(
      names = "--resource-group",
      paramLabel = "N",
      description = "Resource group of the job (default: local).")
  Optional<String> resourceGroup = Optional.empty();

  @Option(
      names = "--subscription",
      paramLabel = "ID",
      description = "Subscription of the job (default: a zero UUID).")
  Optional<String> subscription = Optional.empty();

  @Option(
      names = "--job-id",
      paramLabel = "UUID",
      description = "Id of the run (default: a fresh UUID).")
  Optional<String> jobId = Optional.empty();

  @Option(
      names = "--previous-job-id",
      paramLabel = "UUID",
      description =
          "Id of the run before this one: AZ_BATCHAI_PREV_OUTPUT_<id> names its output directories.")
  Optional<String> previousJobId = Optional.empty();

  @Option(
      names = "--node-index",
      paramLabel = "N",
      description = "Which of --hosts this machine is, 0 = master.")
  Optional<Integer> nodeIndex = Optional.empty();

  @Option(
      names = "--hosts",
      paramLabel = "H",
      split = ",",
      description = "Addresses of all nodes; the same command runs on each.")
  List<String> hosts = new ArrayList<>();

  @Option(
      names = "--output-layout",
      paramLabel = "literal|service",
      defaultValue = "literal",
      description =
          "Output paths: prefix/segment/suffix, or with outputs/ in between as the retired service had it (default: ${DEFAULT-VALUE}).")
  Layout outputLayout = Layout.literal;

  @Option(
      names = "--output-files",
      paramLabel = "FILE",
      description = "Declarations of files to upload when the job has ended.")
  Optional<Path> outputFiles = Optional.empty();

  @Option(
      names = "--upload-every",
      paramLabel = "TIME",
      description = "Upload changed declared files at this interval while the job runs.")
  Optional<Duration> uploadEvery = Optional.empty();

  @Option(
      names = "--grace",
      paramLabel = "TIME",
      defaultValue = "30s",
      description = "Time between asking the job to end and ending it (default: ${DEFAULT-VALUE}).")
  Duration grace = Duration.ofSeconds(30);

  @Option(
      names = "--save-timeout",
      paramLabel = "TIME",
      defaultValue = "300s",
      description = "How long to try to save what waits at the end (default: ${DEFAULT-VALUE}).")
  Duration saveTimeout = Duration.ofMinutes(5);

  @Option(
      names = "--container-engine",
      paramLabel = "PROGRAM",
      description = "podman or docker (default: the first of them that is there).")
  Optional<String> containerEngine = Optional.empty();

  /** Where outputs lie. */
  public enum Layout {
    literal,
    service
  }

  public Path file() {
    return file;
  }

  public Optional<Path> clusterFile() {
    return clusterFile;
  }

  public Optional<Path> mountRoot() {
    return mountRoot;
  }

  public Optional<String> jobName() {
    return jobName;
  }

  public Optional<String> experiment() {
    return experiment;
  }

  public Optional<String> workspace() {
    return workspace;
  }

  public Optional<String> resourceGroup() {
    return resourceGroup;
  }

  public Optional<String> subscription() {
    return subscription;
  }

  public Optional<String> jobId() {
    return jobId;
  }

  public Optional<String> previousJobId() {
    return previousJobId;
  }

  public Optional<Integer> nodeIndex() {
    return nodeIndex;
  }

  public List<String> hosts() {
    return List.copyOf(hosts);
  }

  public Layout outputLayout() {
    return outputLayout;
  }

  public Optional<Path> outputFiles() {
    return outputFiles;
  }

  public Optional<Duration> uploadEvery() {
    return uploadEvery;
  }

  public Duration grace() {
    return grace;
  }

  public Duration saveTimeout() {
    return saveTimeout;
  }

  public Optional<String> containerEngine() {
    return containerEngine;
  }
}
