package io.batchmount.launcher.toolkit;

import io.batchmount.launcher.job.ConfigurationException;
import io.batchmount.launcher.job.PythonProgram;
import io.batchmount.launcher.job.ToolkitSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/** Turns settings into processes. Thread-safe: no state. */
public final class Toolkits {
  /** Index of a process; its meaning depends on the toolkit. */
  public static final String TASK_INDEX = "AZ_BATCHAI_TASK_INDEX";

  static final String PYTORCH_INIT_METHOD = "AZ_BATCHAI_PYTORCH_INIT_METHOD";
  static final String PYTORCH_BACKEND = "AZ_BATCHAI_PYTORCH_BACKEND";

  /** More processes than any cluster ran: a larger number is a slip of the pen. */
  private static final int MAX_PROCESSES = 100_000;

  private static final Set<String> BACKENDS = Set.of("tcp", "gloo", "mpi");

  private Toolkits() {}

  /**
   * What the toolkits need to know about the nodes.
   *
   * @param hosts addresses of the job's nodes, one for each node
   * @param gpusPerNode GPUs of a node, 0 or more
   * @param sharedDirectory directory that all nodes of the job share
   */
  public record Nodes(List<String> hosts, int gpusPerNode, String sharedDirectory) {
    public Nodes {
      hosts = List.copyOf(hosts);
    }

    int count() {
      return hosts.size();
    }
  }

  /**
   * One process on the master node.
   *
   * @param text its shell text
   */
  public static Launch master(String text, Nodes nodes) {
    return new Launch(
        Runner.MASTER,
        1,
        List.of(new ToolkitProcess("", 0, 0, text, Map.of(), "", true)),
        HostFile.lines(nodes.hosts(), nodes.count()),
        Map.of(),
        false,
        List.of());
  }

  /** The processes of {@code settings}; throws {@link ConfigurationException} for bad counts. */
  public static Launch launch(ToolkitSettings settings, Nodes nodes) {
    if (settings instanceof ToolkitSettings.Custom custom) {
      return master(custom.commandLine(), nodes);
    } else if (settings instanceof ToolkitSettings.CustomMpi mpi) {
      int count = count(settings, mpi.processCount(), nodes);
      return mpi(Runner.MPI, count, mpi.commandLine(), nodes, Map.of(), false, List.of());
    } else if (settings instanceof ToolkitSettings.Horovod horovod) {
      return script(settings, horovod.processCount(), python(horovod.program()), nodes);
    } else if (settings instanceof ToolkitSettings.Chainer chainer) {
      return script(settings, chainer.processCount(), python(chainer.program()), nodes);
    } else if (settings instanceof ToolkitSettings.Cntk cntk) {
      String text =
          cntk.program()
              .map(Toolkits::python)
              .orElseGet(
                  () ->
                      ToolkitLines.brainScript(
                          cntk.configFilePath().orElseThrow(), cntk.configArgs()));
      return script(settings, cntk.processCount(), text, nodes);
    } else if (settings instanceof ToolkitSettings.Caffe caffe) {
      String text =
          caffe
              .program()
              .map(Toolkits::python)
              .orElseGet(
                  () ->
                      ToolkitLines.caffe(caffe.configFilePath().orElseThrow(), caffe.configArgs()));
      return script(settings, caffe.processCount(), text, nodes);
    } else if (settings instanceof ToolkitSettings.Caffe2 caffe2) {
      return perNode(python(caffe2.program()), nodes);
    } else if (settings instanceof ToolkitSettings.PyTorch pyTorch) {
      return pyTorch(pyTorch, nodes);
    } else if (settings instanceof ToolkitSettings.TensorFlow tensorFlow) {
      return TensorFlowRoles.launch(tensorFlow, nodes);
    }
    throw new IllegalStateException(settings.member()); // the hierarchy is sealed
  }

  private static String python(PythonProgram program) {
    return ToolkitLines.python(program);
  }

  private static int count(ToolkitSettings settings, OptionalInt given, Nodes nodes) {
    int count = given.orElse(nodes.count());
    if (count > MAX_PROCESSES) {
      throw new ConfigurationException(
          settings.member() + ".processCount", "must be " + MAX_PROCESSES + " or less");
    }
    return count;
  }

  /** A script toolkit that MPI starts, or nobody when it is one process on one node. */
  private static Launch script(
      ToolkitSettings settings, OptionalInt given, String text, Nodes nodes) {
    int count = count(settings, given, nodes);
    Runner runner = count == 1 && nodes.count() == 1 ? Runner.SINGLE : Runner.MPI;
    return mpi(runner, count, text, nodes, Map.of(), false, List.of());
  }

  private static Launch mpi(
      Runner runner,
      int count,
      String text,
      Nodes nodes,
      Map<String, String> variables,
      boolean rankVariable,
      List<String> warnings) {
    return new Launch(
        runner,
        count,
        List.of(new ToolkitProcess("", 0, 0, text, Map.of(), "", true)),
        HostFile.lines(nodes.hosts(), count),
        variables,
        rankVariable,
        warnings);
  }

  private static Launch perNode(String text, Nodes nodes) {
    List<ToolkitProcess> processes = new ArrayList<>();
    for (int node = 0; node < nodes.count(); node++) {
      processes.add(
          new ToolkitProcess(
              "", node, node, text, Map.of(TASK_INDEX, Integer.toString(node)), "-" + node, true));
    }
    return new Launch(
        nodes.count() == 1 ? Runner.SINGLE : Runner.PER_NODE,
        nodes.count(),
        processes,
        HostFile.lines(nodes.hosts(), nodes.count()),
        Map.of(),
        false,
        List.of());
  }

  private static Launch pyTorch(ToolkitSettings.PyTorch settings, Nodes nodes) {
    int count = count(settings, settings.processCount(), nodes);
    String text = python(settings.program());
    List<String> warnings = new ArrayList<>();
    Map<String, String> variables = new java.util.HashMap<>();
    variables.put(PYTORCH_INIT_METHOD, "file://" + nodes.sharedDirectory() + "/pytorch-init");
    settings.communicationBackend().ifPresent(b -> variables.put(PYTORCH_BACKEND, b));
    String backend = settings.communicationBackend().orElse("").toLowerCase(Locale.ROOT);
    if (backend.isEmpty() && count > 1) {
      warnings.add(
          "pyTorchSettings.communicationBackend: is not given for "
              + count
              + " processes: write \"TCP\", \"Gloo\" or \"MPI\"");
    } else if (!backend.isEmpty() && !BACKENDS.contains(backend)) {
      warnings.add(
          "pyTorchSettings.communicationBackend: \""
              + settings.communicationBackend().orElse("")
              + "\" is none of \"TCP\", \"Gloo\", \"MPI\": processes are started as for Gloo");
    }
    if (backend.equals("mpi")) {
      Runner runner = count == 1 && nodes.count() == 1 ? Runner.SINGLE : Runner.MPI;
      return mpi(runner, count, text, nodes, variables, true, warnings);
    }
    List<ToolkitProcess> processes = new ArrayList<>();
    for (int rank = 0; rank < count; rank++) {
      processes.add(
          new ToolkitProcess(
              "",
              rank,
              rank % nodes.count(),
              text,
              Map.of(TASK_INDEX, Integer.toString(rank)),
              "-" + rank,
              true));
    }
    return new Launch(
        count == 1 && nodes.count() == 1 ? Runner.SINGLE : Runner.PER_RANK,
        count,
        processes,
        HostFile.lines(nodes.hosts(), count),
        variables,
        false,
        warnings);
  }
}
