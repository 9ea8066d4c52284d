package io.batchmount.launcher.toolkit;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.batchmount.launcher.job.ConfigurationException;
import io.batchmount.launcher.job.ToolkitSettings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * TensorFlow's processes. The master is worker 0; process <i>k</i> of a role runs on node <i>k</i>
 * modulo the number of nodes; on each host ports count from 2222, parameter servers first.
 */
final class TensorFlowRoles {
  private static final int FIRST_PORT = 2222;
  private static final int MAX_PROCESSES = 10_000; // ports of one host end at 65535

  private TensorFlowRoles() {}

  static Launch launch(ToolkitSettings.TensorFlow settings, Toolkits.Nodes nodes) {
    boolean distributed =
        nodes.count() > 1
            || settings.workerCount().isPresent()
            || settings.parameterServerCount().isPresent();
    int workers = distributed ? settings.workerCount().orElse(nodes.count()) : 1;
    int servers = distributed ? settings.parameterServerCount().orElse(1) : 0;
    if (servers > nodes.count()) {
      throw new ConfigurationException(
          "tensorFlowSettings.parameterServerCount",
          "must not be larger than \"nodeCount\" (" + nodes.count() + "), but is " + servers);
    }
    if (workers > MAX_PROCESSES) {
      throw new ConfigurationException(
          "tensorFlowSettings.workerCount", "must be " + MAX_PROCESSES + " or less");
    }
    List<String> warnings = new ArrayList<>();
    int room = nodes.count() * Math.max(1, nodes.gpusPerNode());
    if (workers > room) {
      warnings.add(
          "tensorFlowSettings.workerCount: "
              + workers
              + " workers share "
              + nodes.count()
              + " node(s) with "
              + nodes.gpusPerNode()
              + " GPU(s) each");
    }
    Map<String, Integer> ports = new HashMap<>();
    List<String> serverHosts = addresses(servers, nodes, ports);
    List<String> workerHosts = addresses(workers, nodes, ports);
    List<ToolkitProcess> processes = new ArrayList<>();
    for (int index = 0; index < workers; index++) {
      Optional<String> arguments =
          index == 0 ? settings.program().commandLineArgs() : settings.workerArgs();
      processes.add(
          process(
              index == 0 ? "master" : "worker",
              index,
              nodes,
              ToolkitLines.python(settings.program(), arguments),
              config(serverHosts, workerHosts, index == 0 ? "master" : "worker", index),
              "-wk-" + index));
    }
    for (int index = 0; index < servers; index++) {
      processes.add(
          process(
              "ps",
              index,
              nodes,
              ToolkitLines.python(settings.program(), settings.parameterServerArgs()),
              config(serverHosts, workerHosts, "ps", index),
              "-ps-" + index));
    }
    Map<String, String> variables =
        Map.of(
            "AZ_BATCHAI_PS_HOSTS", String.join(",", serverHosts),
            "AZ_BATCHAI_WORKER_HOSTS", String.join(",", workerHosts));
    return new Launch(
        distributed ? Runner.ROLES : Runner.SINGLE,
        workers + servers,
        processes,
        HostFile.lines(nodes.hosts(), nodes.count()),
        variables,
        false,
        warnings);
  }

  private static ToolkitProcess process(
      String role, int index, Toolkits.Nodes nodes, String text, String config, String outputName) {
    return new ToolkitProcess(
        role,
        index,
        index % nodes.count(),
        text,
        Map.of(Toolkits.TASK_INDEX, Integer.toString(index), "TF_CONFIG", config),
        outputName,
        !role.equals("ps"));
  }

  private static List<String> addresses(
      int count, Toolkits.Nodes nodes, Map<String, Integer> ports) {
    List<String> addresses = new ArrayList<>();
    for (int index = 0; index < count; index++) {
      String host = nodes.hosts().get(index % nodes.count());
      int port = ports.merge(host, FIRST_PORT, (used, first) -> used + 1);
      addresses.add(host + ":" + port);
    }
    return addresses;
  }

  private static String config(List<String> servers, List<String> workers, String type, int index) {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    ObjectNode cluster = config.putObject("cluster");
    fill(cluster.putArray("ps"), servers);
    fill(cluster.putArray("worker"), workers);
    config.putObject("task").put("type", type).put("index", index);
    config.put("environment", "cloud");
    return config.toString();
  }

  private static void fill(ArrayNode array, List<String> values) {
    values.forEach(array::add);
  }
}
