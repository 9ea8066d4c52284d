package io.batchmount.launcher.job;

import java.util.List;

/**
 * A cluster with what is known about where it came from.
 *
 * @param definition the cluster
 * @param source places of its members; volumes are found under {@code mountVolumes}
 * @param fileName the file as the user named it; {@code cluster.json} for one made by a program
 * @param warnings what the reader found strange, each with file, line and column
 */
public record LoadedCluster(
    ClusterDefinition definition, SourceMap source, String fileName, List<String> warnings) {
  public LoadedCluster {
    warnings = List.copyOf(warnings);
  }

  /** A cluster made by a program. */
  public static LoadedCluster of(ClusterDefinition definition) {
    return new LoadedCluster(definition, SourceMap.NONE, "cluster.json", List.of());
  }
}
