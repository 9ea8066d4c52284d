package io.batchmount.launcher.plan;

import io.batchmount.launcher.job.ConfigurationException;
import java.util.List;
import java.util.OptionalInt;

/**
 * On which machines a job runs.
 *
 * @param hosts addresses of all nodes; empty: all nodes are local
 * @param nodeIndex which of them this machine is, 0 = master; absent with local nodes
 */
public record NodeSelection(List<String> hosts, OptionalInt nodeIndex) {
  /** All nodes are on this machine. */
  public static final NodeSelection LOCAL = new NodeSelection(List.of(), OptionalInt.empty());

  public NodeSelection {
    hosts = List.copyOf(hosts);
    for (String host : hosts) {
      if (!host.matches("[A-Za-z0-9_.:\\[\\]%-]+") || host.startsWith("-")) {
        throw new ConfigurationException("hosts", "\"" + host + "\" is not a host's address");
      }
    }
    if (!hosts.isEmpty()) {
      if (nodeIndex.isEmpty()) {
        throw new ConfigurationException(
            "node-index",
            "is required with --hosts: give this machine's place in the list, from 0");
      }
      if (nodeIndex.getAsInt() < 0 || nodeIndex.getAsInt() >= hosts.size()) {
        throw new ConfigurationException(
            "node-index",
            "must be from 0 to "
                + (hosts.size() - 1)
                + ", the hosts given, but is "
                + nodeIndex.getAsInt());
      }
    }
  }

  /** True if each machine runs a launcher of its own. */
  public boolean distributed() {
    return !hosts.isEmpty();
  }
}
