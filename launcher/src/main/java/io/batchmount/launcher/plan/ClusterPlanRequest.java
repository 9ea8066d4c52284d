package io.batchmount.launcher.plan;

import io.batchmount.launcher.job.LoadedCluster;
import java.nio.file.Path;
import java.util.Map;

/**
 * Everything from which a node's plan follows.
 *
 * @param cluster the cluster
 * @param names subscription, group and workspace of the setup task's output path; {@code job} is
 *     the cluster's name and {@code jobId} its uuid
 * @param nodeId name of this node in the names of files
 * @param accounts accounts and keys
 * @param volumeOptions volumes of the command line
 * @param fileServers where file servers are
 * @param mountRoot root of the volumes, absolute
 * @param baseEnvironment the launcher's own environment
 */
public record ClusterPlanRequest(
    LoadedCluster cluster,
    JobIdentity names,
    String nodeId,
    AccountContext accounts,
    VolumeOptions volumeOptions,
    FileServers fileServers,
    Path mountRoot,
    Map<String, String> baseEnvironment) {
  public ClusterPlanRequest {
    mountRoot = mountRoot.toAbsolutePath().normalize();
    baseEnvironment = Map.copyOf(baseEnvironment);
  }
}
