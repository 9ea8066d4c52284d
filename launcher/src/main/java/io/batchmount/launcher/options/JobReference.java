package io.batchmount.launcher.options;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which job is meant. */
public final class JobReference {
  @Option(
      names = {"-j", "--job"},
      paramLabel = "NAME",
      description = "Name of the job: its newest run.")
  Optional<String> job = Optional.empty();

  @Option(
      names = "--job-path",
      paramLabel = "P",
      description = "Storage URL of the job's segment, or SHARE/SEGMENT.")
  Optional<String> jobPath = Optional.empty();

  @Option(names = "--job-id", paramLabel = "ID", description = "Another than the newest run.")
  Optional<String> jobId = Optional.empty();

  @Option(
      names = "--job-file",
      paramLabel = "FILE",
      description = "Job file: tells the volumes and output directories.")
  Optional<Path> jobFile = Optional.empty();

  @Option(
      names = {"-g", "--resource-group"},
      paramLabel = "G",
      description = "Resource group of the job.")
  Optional<String> resourceGroup = Optional.empty();

  @Option(
      names = {"-w", "--workspace"},
      paramLabel = "W",
      description = "Workspace of the job.")
  Optional<String> workspace = Optional.empty();

  @Option(
      names = {"-e", "--experiment"},
      paramLabel = "E",
      description = "Experiment of the job.")
  Optional<String> experiment = Optional.empty();

  @Option(names = "--subscription", paramLabel = "ID", description = "Subscription of the job.")
  Optional<String> subscription = Optional.empty();

  @Option(
      names = "--output-layout",
      paramLabel = "literal|service",
      defaultValue = "literal",
      description =
          "Layout of outputs of a job that has no record yet (default: ${DEFAULT-VALUE}).")
  JobOptions.Layout layout = JobOptions.Layout.literal;

  public Optional<String> job() {
    return job;
  }

  public Optional<String> jobPath() {
    return jobPath;
  }

  public Optional<String> jobId() {
    return jobId;
  }

  public Optional<Path> jobFile() {
    return jobFile;
  }

  public Optional<String> resourceGroup() {
    return resourceGroup;
  }

  public Optional<String> workspace() {
    return workspace;
  }

  public Optional<String> experiment() {
    return experiment;
  }

  public Optional<String> subscription() {
    return subscription;
  }

  public JobOptions.Layout layout() {
    return layout;
  }
}
