package io.batchmount.launcher.job;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A job as job.json describes it.
 *
 * @param nodeCount nodes that start together, 1 or more
 * @param stdOutErrPathPrefix where standard output goes; absolute after expansion
 * @param clusterId the cluster, carried and reported
 * @param mountVolumes volumes below {@code $AZ_BATCHAI_JOB_MOUNT_ROOT}
 * @param inputDirectories variables {@code AZ_BATCHAI_INPUT_<id>}
 * @param outputDirectories variables {@code AZ_BATCHAI_OUTPUT_<id>}
 * @param environmentVariables the user's variables in order
 * @param secrets the user's secret variables in order
 * @param jobPreparation shell text that runs on each node before the toolkit
 * @param containerSettings absent: the job runs on the node itself
 * @param toolkit absent: {@code run} must be given a command
 * @param outputFiles declarations of files to upload, as they stand in the file; read by {@code
 *     launcher.outputs}. They may hold signed URLs, so they are not part of {@link #toString}
 * @param maxWallClockTime limit of the job's time
 * @param schedulingPriority carried and reported
 */
public record JobDefinition(
    int nodeCount,
    String stdOutErrPathPrefix,
    Optional<String> clusterId,
    MountVolumes mountVolumes,
    List<InputDirectory> inputDirectories,
    List<OutputDirectory> outputDirectories,
    List<EnvironmentSetting> environmentVariables,
    List<Secret> secrets,
    Optional<String> jobPreparation,
    Optional<ContainerSettings> containerSettings,
    Optional<ToolkitSettings> toolkit,
    List<JsonNode> outputFiles,
    Duration maxWallClockTime,
    SchedulingPriority schedulingPriority) {
  /** The service's limit of a job's time: one week. */
  public static final Duration DEFAULT_MAX_WALL_CLOCK_TIME = Duration.ofDays(7);

  /** More nodes than any cluster had: a larger number is a slip of the pen. */
  static final int MAX_NODES = 10_000;

  public JobDefinition {
    Rules.atLeast("nodeCount", nodeCount, 1);
    if (nodeCount > MAX_NODES) {
      throw new ConfigurationException(
          "nodeCount", "must be " + MAX_NODES + " or less, but is " + nodeCount);
    }
    Rules.requireText("stdOutErrPathPrefix", stdOutErrPathPrefix);
    clusterId.ifPresent(id -> Rules.requireText("cluster", id));
    inputDirectories = List.copyOf(inputDirectories);
    outputDirectories = List.copyOf(outputDirectories);
    environmentVariables = List.copyOf(environmentVariables);
    secrets = List.copyOf(secrets);
    outputFiles = outputFiles.stream().<JsonNode>map(JsonNode::deepCopy).toList();
    jobPreparation.ifPresent(c -> Rules.requireText("jobPreparation", c));
    if (maxWallClockTime.isNegative() || maxWallClockTime.isZero()) {
      throw new ConfigurationException(
          "constraints", "\"maxWallClockTime\" must be longer than zero");
    }
    requireUnique("inputDirectories", inputDirectories.stream().map(InputDirectory::id).toList());
    requireUnique(
        "outputDirectories", outputDirectories.stream().map(OutputDirectory::id).toList());
  }

  private static void requireUnique(String key, List<String> ids) {
    Map<String, Integer> first = new HashMap<>();
    List<Problem> problems = new ArrayList<>();
    for (int i = 0; i < ids.size(); i++) {
      Integer earlier = first.putIfAbsent(ids.get(i), i);
      if (earlier != null) {
        problems.add(
            Problem.of(
                key + "[" + i + "].id",
                "\"" + ids.get(i) + "\" is also the id of entry " + earlier + ": choose another"));
      }
    }
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
  }

  /**
   * A builder; {@code nodeCount} is 1 until it is set, the prefix of standard output is required.
   */
  public static Builder builder() {
    return new Builder();
  }

  /** Without the declarations of output files, which may hold signed URLs. */
  @Override
  public String toString() {
    return "JobDefinition[nodeCount="
        + nodeCount
        + ", stdOutErrPathPrefix="
        + stdOutErrPathPrefix
        + ", mountVolumes="
        + mountVolumes.relativeMountPaths()
        + ", toolkit="
        + toolkit.map(ToolkitSettings::toolType).orElse("none")
        + "]";
  }

  /**
   * Makes a job.
   *
   * {@snippet :
   * JobDefinition job =
   *     JobDefinition.builder()
   *         .stdOutErrPathPrefix("$AZ_BATCHAI_JOB_MOUNT_ROOT/out")
   *         .mountVolumes(
   *             MountVolumes.builder()
   *                 .azureFileShare(
   *                     AzureFileShareReference.builder(
   *                             "https://acctnorth.file.core.windows.net/results", "out")
   *                         .build())
   *                 .build())
   *         .outputDirectory(OutputDirectory.of("MODEL", "$AZ_BATCHAI_JOB_MOUNT_ROOT/out", "models"))
   *         .toolkit(new ToolkitSettings.Custom("python3 fit.py --out $AZ_BATCHAI_OUTPUT_MODEL"))
   *         .build();
   * }
   */
  public static final class Builder {
    private int nodeCount = 1;
    private String stdOutErrPathPrefix = "";
    private Optional<String> clusterId = Optional.empty();
    private MountVolumes mountVolumes = MountVolumes.NONE;
    private final List<InputDirectory> inputs = new ArrayList<>();
    private final List<OutputDirectory> outputs = new ArrayList<>();
    private final List<EnvironmentSetting> variables = new ArrayList<>();
    private final List<Secret> secrets = new ArrayList<>();
    private Optional<String> jobPreparation = Optional.empty();
    private Optional<ContainerSettings> containerSettings = Optional.empty();
    private Optional<ToolkitSettings> toolkit = Optional.empty();
    private final List<JsonNode> outputFiles = new ArrayList<>();
    private Duration maxWallClockTime = DEFAULT_MAX_WALL_CLOCK_TIME;
    private SchedulingPriority schedulingPriority = SchedulingPriority.NORMAL;

    private Builder() {}

    /** Nodes the job runs on, 1 or more. */
    public Builder nodeCount(int value) {
      nodeCount = value;
      return this;
    }

    /** Where standard output goes; required. */
    public Builder stdOutErrPathPrefix(String value) {
      stdOutErrPathPrefix = value;
      return this;
    }

    /** The cluster's id. */
    public Builder clusterId(String value) {
      clusterId = Optional.of(value);
      return this;
    }

    /** Volumes of the job; replaces those set before. */
    public Builder mountVolumes(MountVolumes value) {
      mountVolumes = value;
      return this;
    }

    /** Appends an input. */
    public Builder inputDirectory(InputDirectory value) {
      inputs.add(value);
      return this;
    }

    /** Appends an input. */
    public Builder inputDirectory(String id, String path) {
      return inputDirectory(new InputDirectory(id, path));
    }

    /** Appends an output. */
    public Builder outputDirectory(OutputDirectory value) {
      outputs.add(value);
      return this;
    }

    /** Appends a variable. */
    public Builder environmentVariable(EnvironmentSetting value) {
      variables.add(value);
      return this;
    }

    /** Appends a variable. */
    public Builder environmentVariable(String name, String value) {
      return environmentVariable(new EnvironmentSetting(name, value));
    }

    /** Appends a secret variable. */
    public Builder secret(Secret value) {
      secrets.add(value);
      return this;
    }

    /** Shell text that runs on each node before the toolkit. */
    public Builder jobPreparation(String commandLine) {
      jobPreparation = Optional.of(commandLine);
      return this;
    }

    /** The container that preparation and job run in. */
    public Builder containerSettings(ContainerSettings value) {
      containerSettings = Optional.of(value);
      return this;
    }

    /** How the processes are started; replaces the one set before. */
    public Builder toolkit(ToolkitSettings value) {
      toolkit = Optional.of(value);
      return this;
    }

    /** Appends a declaration of files to upload, in the words of job.json. */
    public Builder outputFile(JsonNode value) {
      outputFiles.add(value);
      return this;
    }

    /** Limit of the job's time, longer than zero. */
    public Builder maxWallClockTime(Duration value) {
      maxWallClockTime = value;
      return this;
    }

    /** Order in the cluster's queue. */
    public Builder schedulingPriority(SchedulingPriority value) {
      schedulingPriority = value;
      return this;
    }

    /** The job; throws {@link ConfigurationException} if a member breaks a rule. */
    public JobDefinition build() {
      return new JobDefinition(
          nodeCount,
          stdOutErrPathPrefix,
          clusterId,
          mountVolumes,
          inputs,
          outputs,
          variables,
          secrets,
          jobPreparation,
          containerSettings,
          toolkit,
          outputFiles,
          maxWallClockTime,
          schedulingPriority);
    }
  }
}
