package io.batchmount.launcher.plan;

import io.batchmount.launcher.job.ConfigurationException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

/**
 * Finds out on which machines a job runs: from what the user says, else from what the engine that
 * started the launcher sets, else all nodes are local.
 *
 * <ul>
 *   <li>Slurm: {@code SLURM_NODEID}, {@code SLURM_STEP_NODELIST} or {@code SLURM_JOB_NODELIST},
 *       {@code SLURM_JOB_ID} with the step and the count of restarts.
 *   <li>Open MPI: {@code OMPI_COMM_WORLD_RANK}, {@code ..._SIZE}, {@code ..._LOCAL_SIZE}; it does
 *       not tell the hosts, so these are local, Slurm's, or must be given.
 *   <li>Kubernetes indexed Job: {@code JOB_COMPLETION_INDEX}; the pods' host names are the Job's
 *       name and the index, which {@code HOSTNAME} shows.
 * </ul>
 *
 * A common job id is derived from what names the engine's own job, so that all launchers agree.
 *
 * @param nodes where the job runs
 * @param jobId the job's uuid, given or derived; empty: a fresh one is made
 * @param engine name of the engine that was recognised
 * @param previousJobId uuid of the attempt before, when the engine has started the job again
 */
public record NodeDetection(
    NodeSelection nodes,
    Optional<String> jobId,
    Optional<String> engine,
    Optional<String> previousJobId) {
  private static final String LOCAL_HOST = "127.0.0.1";

  /** What an engine says. */
  private record Found(
      String engine,
      List<String> hosts,
      int index,
      Optional<String> jobSeed,
      Optional<String> previousSeed) {
    Found(String engine, List<String> hosts, int index, Optional<String> jobSeed) {
      this(engine, hosts, index, jobSeed, Optional.empty());
    }
  }

  /**
   * Decides where a job of {@code nodeCount} nodes runs.
   *
   * @param hosts {@code --hosts}; empty: not given
   * @param nodeIndex {@code --node-index}
   * @param jobId {@code --job-id}
   * @param environment the launcher's environment
   */
  public static NodeDetection detect(
      int nodeCount,
      List<String> hosts,
      OptionalInt nodeIndex,
      Optional<String> jobId,
      Map<String, String> environment) {
    if (hosts.isEmpty() && nodeCount <= 1) {
      if (nodeIndex.isPresent() && nodeIndex.getAsInt() != 0) {
        throw new ConfigurationException(
            "node-index", "must be 0: the job has one node (nodeCount is " + nodeCount + ")");
      }
      return new NodeDetection(NodeSelection.LOCAL, jobId, Optional.empty(), Optional.empty());
    }
    Optional<Found> found =
        openMpi(environment, nodeCount)
            .or(() -> slurm(environment))
            .or(() -> kubernetes(environment, nodeCount));
    if (hosts.isEmpty() && found.map(f -> f.hosts().size() <= 1).orElse(true)) {
      if (found.isPresent() && found.get().hosts().isEmpty()) {
        throw new ConfigurationException(
            "hosts",
            "is required: "
                + found.get().engine()
                + " started this launcher but does not tell the addresses of all nodes");
      }
      if (nodeIndex.isPresent()) {
        throw new ConfigurationException(
            "hosts", "is required with --node-index: list the addresses of all nodes");
      }
      return new NodeDetection(NodeSelection.LOCAL, jobId, Optional.empty(), Optional.empty());
    }
    List<String> all = hosts.isEmpty() ? found.orElseThrow().hosts() : hosts;
    OptionalInt index =
        nodeIndex.isPresent() || found.isEmpty() ? nodeIndex : OptionalInt.of(found.get().index());
    NodeSelection nodes = new NodeSelection(all, index);
    Optional<String> id = jobId.or(() -> found.flatMap(Found::jobSeed).map(NodeDetection::uuid));
    if (id.isEmpty() && all.size() > 1) {
      throw new ConfigurationException(
          "job-id", "is required with --hosts: give the same UUID on all nodes");
    }
    Optional<String> previous =
        jobId.isPresent()
            ? Optional.empty()
            : found.flatMap(Found::previousSeed).map(NodeDetection::uuid);
    return new NodeDetection(nodes, id, found.map(Found::engine), previous);
  }

  private static String uuid(String seed) {
    return UUID.nameUUIDFromBytes(seed.getBytes(StandardCharsets.UTF_8)).toString();
  }

  private static Optional<Found> slurm(Map<String, String> environment) {
    Optional<String> list =
        text(environment, "SLURM_STEP_NODELIST")
            .or(() -> text(environment, "SLURM_JOB_NODELIST"))
            .or(() -> text(environment, "SLURM_NODELIST"));
    OptionalInt index = number(environment, "SLURM_NODEID");
    if (list.isEmpty() || index.isEmpty()) {
      return Optional.empty();
    }
    if (number(environment, "SLURM_LOCALID").orElse(0) > 0) {
      throw new ConfigurationException(
          "node-index",
          "cannot be told: Slurm started several tasks on this node; use srun --ntasks-per-node=1");
    }
    int restarts = number(environment, "SLURM_RESTART_COUNT").orElse(0);
    return Optional.of(
        new Found(
            "Slurm",
            HostListExpression.expand(list.get()),
            index.getAsInt(),
            slurmSeed(environment, restarts),
            restarts > 0 ? slurmSeed(environment, restarts - 1) : Optional.empty()));
  }

  private static Optional<String> slurmSeed(Map<String, String> environment, int restarts) {
    return text(environment, "SLURM_JOB_ID")
        .map(
            id ->
                "slurm/"
                    + text(environment, "SLURM_CLUSTER_NAME").orElse("")
                    + "/"
                    + id
                    + "/"
                    + text(environment, "SLURM_STEP_ID").orElse("")
                    + "/"
                    + restarts);
  }

  private static Optional<Found> openMpi(Map<String, String> environment, int nodeCount) {
    OptionalInt rank = number(environment, "OMPI_COMM_WORLD_RANK");
    OptionalInt size = number(environment, "OMPI_COMM_WORLD_SIZE");
    if (rank.isEmpty() || size.isEmpty()) {
      return Optional.empty();
    }
    if (size.getAsInt() == 1) {
      return Optional.of(new Found("Open MPI", List.of(LOCAL_HOST), 0, Optional.empty()));
    }
    List<String> hosts = List.of();
    if (number(environment, "OMPI_COMM_WORLD_LOCAL_SIZE").orElse(0) == size.getAsInt()) {
      hosts = Collections.nCopies(size.getAsInt(), LOCAL_HOST);
    } else {
      Optional<Found> slurm = slurm(withoutLocalId(environment));
      if (slurm.isPresent() && slurm.get().hosts().size() == nodeCount) {
        hosts = slurm.get().hosts();
      }
    }
    StringBuilder seed = new StringBuilder();
    for (String name :
        List.of(
            "PMIX_NAMESPACE",
            "OMPI_MCA_ess_base_jobid",
            "OMPI_MCA_orte_precondition_transports",
            "OMPI_MCA_orte_hnp_uri",
            "PMIX_SERVER_URI2")) {
      // the address of the server differs between nodes; it is taken only if all are on one
      boolean common = !name.startsWith("PMIX_SERVER") || hosts.contains(LOCAL_HOST);
      text(environment, name).filter(v -> common).ifPresent(v -> seed.append('/').append(v));
    }
    return Optional.of(
        new Found(
            "Open MPI",
            hosts,
            rank.getAsInt(),
            seed.isEmpty() ? Optional.empty() : Optional.of("openmpi" + seed)));
  }

  private static Map<String, String> withoutLocalId(Map<String, String> environment) {
    Map<String, String> rest = new java.util.HashMap<>(environment);
    rest.remove("SLURM_LOCALID");
    return rest;
  }

  private static Optional<Found> kubernetes(Map<String, String> environment, int nodeCount) {
    OptionalInt index = number(environment, "JOB_COMPLETION_INDEX");
    if (index.isEmpty()) {
      return Optional.empty();
    }
    String host = text(environment, "HOSTNAME").orElse("");
    String ending = "-" + index.getAsInt();
    if (!host.endsWith(ending) || host.length() == ending.length()) {
      return Optional.of(new Found("Kubernetes", List.of(), index.getAsInt(), Optional.empty()));
    }
    String job = host.substring(0, host.length() - ending.length());
    List<String> hosts = new ArrayList<>();
    for (int i = 0; i < nodeCount; i++) {
      hosts.add(job + "-" + i);
    }
    return Optional.of(
        new Found("Kubernetes", hosts, index.getAsInt(), Optional.of("kubernetes/" + job)));
  }

  private static Optional<String> text(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name)).map(String::trim).filter(v -> !v.isEmpty());
  }

  private static OptionalInt number(Map<String, String> environment, String name) {
    Optional<String> value = text(environment, name).filter(v -> v.matches("[0-9]{1,9}"));
    return value.isPresent() ? OptionalInt.of(Integer.parseInt(value.get())) : OptionalInt.empty();
  }
}
