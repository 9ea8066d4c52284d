package io.batchmount.launcher.plan;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What running a job comes down to. It shows no secret, whichever way it is printed.
 *
 * @param identity names and uuid
 * @param layout where outputs lie
 * @param roots the directories of the job on this machine
 * @param jobMounts volumes of the job, in the order of mounting
 * @param clusterMounts volumes of the cluster that {@code --cluster-file} named; those not mounted
 *     yet are mounted for the run
 * @param clusterVolumesUsed cluster volumes that the job refers to, by relative mount path
 * @param environment what process 0 sees beyond the launcher's own environment
 * @param stdOutErrDirectory where the files of standard output go
 * @param outputDirectories path of each output by its id
 * @param createdBeforePreparation directories to make once all volumes are mounted
 * @param nodes all nodes of the job
 * @param thisNode index of this machine's node; empty: all nodes are here
 * @param preparation what runs on each node before the processes
 * @param launch the processes
 * @param hostFile lines of the MPI host file, to be written to {@link Roots#hostFile}
 * @param sharedTempOnVolume when nodes are on several machines: directory on the volume of standard
 *     output that {@link Roots#sharedJobTemp} is to be a symbolic link to
 * @param stdouterrFiles names of the files that appear in {@link #stdOutErrDirectory}
 * @param container in what preparation and processes run; empty: on the node itself
 * @param timeLimit how long the job may run
 * @param outputFiles declarations of files to upload, as they stand in job.json
 * @param warnings what is strange, with place where it is known
 */
public record JobPlan(
    JobIdentity identity,
    OutputLayout layout,
    Roots roots,
    List<PlannedMount> jobMounts,
    List<PlannedMount> clusterMounts,
    List<String> clusterVolumesUsed,
    PlannedEnvironment environment,
    Path stdOutErrDirectory,
    Map<String, Path> outputDirectories,
    List<Path> createdBeforePreparation,
    List<NodePlan> nodes,
    OptionalInt thisNode,
    Optional<CommandText> preparation,
    LaunchPlan launch,
    List<String> hostFile,
    Optional<Path> sharedTempOnVolume,
    List<String> stdouterrFiles,
    Optional<ContainerPlan> container,
    Duration timeLimit,
    List<JsonNode> outputFiles,
    List<String> warnings) {
  public JobPlan {
    jobMounts = List.copyOf(jobMounts);
    clusterMounts = List.copyOf(clusterMounts);
    clusterVolumesUsed = List.copyOf(clusterVolumesUsed);
    outputDirectories =
        java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(outputDirectories));
    createdBeforePreparation = List.copyOf(createdBeforePreparation);
    nodes = List.copyOf(nodes);
    hostFile = List.copyOf(hostFile);
    stdouterrFiles = List.copyOf(stdouterrFiles);
    outputFiles = List.copyOf(outputFiles);
    warnings = List.copyOf(warnings);
  }

  /** {@code jobOutputDirectoryPathSegment}. */
  public String segment() {
    return identity.segment();
  }

  /** The nodes that this launcher runs: all of them, or one. */
  public List<NodePlan> nodesHere() {
    return thisNode.isPresent() ? List.of(nodes.get(thisNode.getAsInt())) : nodes;
  }

  /** The processes that this launcher starts. */
  public List<ProcessPlan> processesHere() {
    return launch.processes().stream()
        .filter(p -> thisNode.isEmpty() || p.node() == thisNode.getAsInt())
        .toList();
  }

  /** The plan as {@code --dry-run --json} prints it. */
  public ObjectNode toDryRunJson() {
    return DryRunJson.job(this);
  }

  /** Name and segment only. */
  @Override
  public String toString() {
    return "JobPlan[" + segment() + "]";
  }
}
