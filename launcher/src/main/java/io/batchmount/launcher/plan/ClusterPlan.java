package io.batchmount.launcher.plan;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What bringing up a node comes down to. It shows no secret.
 *
 * @param mountRoot root of the volumes
 * @param clusterMounts volumes in the order of mounting
 * @param environment what the setup task sees, or would see
 * @param setupTask what runs after mounting
 * @param warnings what is strange, with place where it is known
 */
public record ClusterPlan(
    Path mountRoot,
    List<PlannedMount> clusterMounts,
    PlannedEnvironment environment,
    Optional<SetupTaskPlan> setupTask,
    List<String> warnings) {
  public ClusterPlan {
    clusterMounts = List.copyOf(clusterMounts);
    warnings = List.copyOf(warnings);
  }

  /** The plan as {@code mount -f --dry-run --json} prints it. */
  public ObjectNode toDryRunJson() {
    return DryRunJson.cluster(this);
  }
}
