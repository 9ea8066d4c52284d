package io.batchmount.launcher.toolkit;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** The argument vector of Open MPI's {@code mpirun}. */
public final class Mpirun {
  private Mpirun() {}

  /**
   * Runs {@code text} under bash in each rank.
   *
   * @param launch the job's processes
   * @param hostFile path of the host file
   * @param variables names of the variables that every rank must see; Open MPI passes none to other
   *     hosts by itself. Only names stand in the arguments, so no secret does
   * @param remote true when ranks run on several hosts: the loopback and container networks must
   *     then not be taken for the network between them
   */
  public static List<String> arguments(
      Launch launch, String hostFile, Collection<String> variables, boolean remote) {
    List<String> arguments = new ArrayList<>();
    arguments.add("mpirun");
    arguments.add("--allow-run-as-root");
    arguments.add("-np");
    arguments.add(Integer.toString(launch.processCount()));
    arguments.add("--hostfile");
    arguments.add(hostFile);
    if (remote) {
      arguments.addAll(List.of("-mca", "btl_tcp_if_exclude", "docker0,lo"));
    } else {
      // the ranks of one machine may be more than its cores, and must not be bound to one
      arguments.addAll(List.of("--oversubscribe", "--bind-to", "none"));
    }
    for (String variable : variables) {
      arguments.add("-x");
      arguments.add(variable);
    }
    arguments.addAll(List.of("bash", "-c", rankText(launch)));
    return List.copyOf(arguments);
  }

  private static String rankText(Launch launch) {
    return launch.rankVariable()
        ? "export " + Toolkits.TASK_INDEX + "=\"${OMPI_COMM_WORLD_RANK:-0}\"\n" + launch.text()
        : launch.text();
  }
}
