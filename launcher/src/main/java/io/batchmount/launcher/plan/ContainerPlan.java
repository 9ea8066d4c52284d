package io.batchmount.launcher.plan;

import io.batchmount.launcher.job.ContainerSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * How preparation and job run in a container: one container for each node is started with a process
 * that waits, both run in it by {@code exec}, and it is removed afterwards. The roots appear at the
 * same paths as outside, and mounts made later in them too.
 *
 * <p>Variables are named in the arguments, never given values: the engine's client takes the values
 * from its own environment, so that no secret stands in an argument vector.
 *
 * @param settings image and registry
 * @param directories host directories that appear inside at the same paths
 * @param gpus GPUs handed to the container
 */
public record ContainerPlan(ContainerSettings settings, List<Path> directories, int gpus) {
  public ContainerPlan {
    directories = List.copyOf(directories);
  }

  /** The engines that are understood. */
  public enum Engine {
    DOCKER,
    PODMAN
  }

  /** The image's name. */
  public String image() {
    return settings.image();
  }

  /**
   * Starts the node's container in the background; prints its id.
   *
   * @param engine path or name of the engine's program
   * @param kind which engine it is
   * @param name name of the container, unique on the machine
   */
  public List<String> startArguments(String engine, Engine kind, String name) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of(engine, "run", "--detach", "--name", name, "--network", "host"));
    settings.shmSize().ifPresent(size -> arguments.addAll(List.of("--shm-size", engineSize(size))));
    for (Path directory : directories) {
      arguments.add("--volume");
      arguments.add(directory + ":" + directory + ":rslave"); // rslave: later mounts appear inside
    }
    if (gpus > 0) {
      arguments.addAll(
          kind == Engine.DOCKER
              ? List.of("--gpus", "all")
              : List.of("--device", "nvidia.com/gpu=all"));
    }
    // a shell that waits, ends at once on TERM, and reaps what is left over by exec: no need of
    // --init, whose helper program is not everywhere where podman is
    arguments.addAll(
        List.of(
            "--entrypoint",
            "/bin/sh",
            image(),
            "-c",
            "trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done"));
    return List.copyOf(arguments);
  }

  /**
   * Runs a command in the container, as leader of a process group there.
   *
   * @param variables names of the variables that it sees
   * @param workingDirectory inside, the same path as outside
   * @param pidFile where the number of its process group, as it is inside, is left for {@link
   *     #signalArguments}; below one of {@link #directories}
   * @param command program and arguments
   */
  public List<String> execArguments(
      String engine,
      String name,
      Collection<String> variables,
      Path workingDirectory,
      Path pidFile,
      List<String> command) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of(engine, "exec", "--workdir", workingDirectory.toString()));
    for (String variable : variables) {
      arguments.add("--env");
      arguments.add(variable);
    }
    arguments.add(name);
    arguments.addAll(
        List.of(
            "bash", "-c", "{ echo $$ > \"$0\"; } 2>/dev/null; exec \"$@\"", pidFile.toString()));
    arguments.addAll(command);
    return List.copyOf(arguments);
  }

  /**
   * Sends a signal to the process group of a command. Killing the engine's client would leave the
   * command running.
   *
   * @param signal without SIG
   */
  public List<String> signalArguments(String engine, String name, Path pidFile, String signal) {
    return List.of(
        engine,
        "exec",
        name,
        "bash",
        "-c",
        "kill -s \"$1\" -- \"-$(< \"$0\")\"",
        pidFile.toString(),
        signal);
  }

  /** Removes the container and what runs in it. */
  public List<String> removeArguments(String engine, String name) {
    return List.of(engine, "rm", "--force", name);
  }

  /** Signs in to the registry; the password is read from standard input. Empty: no sign-in. */
  public Optional<List<String>> loginArguments(String engine) {
    return settings
        .credentials()
        .map(
            credentials -> {
              List<String> arguments = new ArrayList<>();
              arguments.addAll(
                  List.of(
                      engine, "login", "--username", credentials.username(), "--password-stdin"));
              settings.serverUrl().ifPresent(arguments::add);
              return List.copyOf(arguments);
            });
  }

  /** The engines take {@code 16g}, not {@code 16gb} with a blank or {@code GiB}. */
  private static String engineSize(String size) {
    return size.replaceAll("\\s+", "").toLowerCase(java.util.Locale.ROOT).replace("ib", "b");
  }
}
