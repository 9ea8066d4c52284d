package io.batchmount.launcher.job;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * A cluster as cluster.json describes it.
 *
 * @param mountVolumes volumes below {@code $AZ_BATCHAI_MOUNT_ROOT}
 * @param setupTask what runs on a node after mounting
 * @param machine what concerns the machines; carried and reported, nothing here acts on it
 */
public record ClusterDefinition(
    MountVolumes mountVolumes, Optional<SetupTask> setupTask, Machine machine) {

  /**
   * The members about machines.
   *
   * @param vmSize size of the machines
   * @param vmPriority {@code dedicated} or {@code lowpriority}
   * @param targetNodeCount nodes of a cluster of fixed size
   * @param nodeDeallocationOption what happens to jobs when nodes are taken away
   * @param minimumNodeCount least nodes of a cluster that scales
   * @param maximumNodeCount most nodes of a cluster that scales
   * @param initialNodeCount nodes at the start of a cluster that scales
   * @param image publisher, offer and sku of the machine's image, joined by {@code :}
   * @param adminUserName user of the machines
   * @param subnetId network of the machines
   */
  public record Machine(
      Optional<String> vmSize,
      Optional<String> vmPriority,
      OptionalInt targetNodeCount,
      Optional<String> nodeDeallocationOption,
      OptionalInt minimumNodeCount,
      OptionalInt maximumNodeCount,
      OptionalInt initialNodeCount,
      Optional<String> image,
      Optional<String> adminUserName,
      Optional<String> subnetId) {
    /** Nothing is said about machines. */
    public static final Machine UNKNOWN =
        new Machine(
            Optional.empty(),
            Optional.empty(),
            OptionalInt.empty(),
            Optional.empty(),
            OptionalInt.empty(),
            OptionalInt.empty(),
            OptionalInt.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());

    public Machine {
      targetNodeCount.ifPresent(n -> Rules.atLeast("targetNodeCount", n, 0));
      minimumNodeCount.ifPresent(n -> Rules.atLeast("minimumNodeCount", n, 0));
      maximumNodeCount.ifPresent(n -> Rules.atLeast("maximumNodeCount", n, 0));
      initialNodeCount.ifPresent(n -> Rules.atLeast("initialNodeCount", n, 0));
      if (minimumNodeCount.isPresent()
          && maximumNodeCount.isPresent()
          && minimumNodeCount.getAsInt() > maximumNodeCount.getAsInt()) {
        throw new ConfigurationException(
            "scaleSettings", "\"minimumNodeCount\" must not be larger than \"maximumNodeCount\"");
      }
    }
  }

  /** The same cluster with another setup task. */
  public ClusterDefinition withSetupTask(SetupTask task) {
    return new ClusterDefinition(mountVolumes, Optional.of(task), machine);
  }

  /** A builder without volumes. */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects the members of a cluster. */
  public static final class Builder {
    private MountVolumes mountVolumes = MountVolumes.NONE;
    private Optional<SetupTask> setupTask = Optional.empty();
    private Machine machine = Machine.UNKNOWN;

    private Builder() {}

    /** Volumes of the cluster; replaces those set before. */
    public Builder mountVolumes(MountVolumes value) {
      mountVolumes = value;
      return this;
    }

    /** What runs on a node after mounting. */
    public Builder setupTask(SetupTask value) {
      setupTask = Optional.of(value);
      return this;
    }

    /** What concerns the machines. */
    public Builder machine(Machine value) {
      machine = value;
      return this;
    }

    /** The cluster. */
    public ClusterDefinition build() {
      return new ClusterDefinition(mountVolumes, setupTask, machine);
    }
  }
}
