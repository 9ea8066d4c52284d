package io.batchmount.launcher.toolkit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The MPI host file: host, number of processes, most processes. Nodes that share an address (local
 * nodes) share a line, because Open MPI refuses a host whose slots are given twice.
 */
final class HostFile {
  private HostFile() {}

  /** Lines for {@code processes} ranks spread evenly over {@code hosts}, the first ones fuller. */
  static List<String> lines(List<String> hosts, int processes) {
    Map<String, Integer> slots = new LinkedHashMap<>();
    int nodes = hosts.size();
    for (int node = 0; node < nodes; node++) {
      int share = processes / nodes + (node < processes % nodes ? 1 : 0);
      slots.merge(hosts.get(node), share, Integer::sum);
    }
    List<String> lines = new ArrayList<>();
    slots.forEach(
        (host, count) -> {
          int usable = Math.max(1, count); // a line without a slot is no legal line
          lines.add(host + " slots=" + usable + " max_slots=" + usable);
        });
    return lines;
  }
}
