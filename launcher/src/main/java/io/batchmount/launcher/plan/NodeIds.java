package io.batchmount.launcher.plan;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Names of nodes in the names of files: the host's name if it is unique, else a number. */
final class NodeIds {
  private NodeIds() {}

  static List<String> of(List<String> hosts, boolean distributed) {
    Set<String> distinct = new HashSet<>(hosts);
    boolean named = distributed && distinct.size() == hosts.size();
    List<String> ids = new ArrayList<>();
    for (int index = 0; index < hosts.size(); index++) {
      ids.add(named ? hosts.get(index).replaceAll("[^A-Za-z0-9_.-]", "_") : "node-" + index);
    }
    return ids;
  }
}
