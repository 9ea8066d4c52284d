package io.batchmount.launcher.plan;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.batchmount.launcher.job.ConfigurationException;
import io.batchmount.launcher.job.ConfigurationFiles;
import io.batchmount.launcher.job.LoadedCluster;
import io.batchmount.launcher.job.LoadedJob;
import io.batchmount.launcher.job.Problem;
import io.batchmount.launcher.job.SecretValue;
import io.batchmount.launcher.outputs.OutputFileException;
import io.batchmount.launcher.outputs.OutputFilesReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Validates a file without running it: it is read and planned, with invented names in place of
 * accounts, keys and directories that only a run needs.
 *
 * @param file the file
 * @param kind what it describes; empty if that could not be told
 * @param problems what must be repaired, empty for a good file
 * @param warnings what is strange
 */
public record ConfigurationCheck(
    Path file,
    Optional<ConfigurationFiles.Kind> kind,
    List<Problem> problems,
    List<String> warnings) {
  private static final DefaultRoots ROOTS =
      new DefaultRoots(Path.of("/mnt/batchmount/mounts"), Path.of("/mnt/batchmount/jobs"));

  public ConfigurationCheck {
    problems = List.copyOf(problems);
    warnings = List.copyOf(warnings);
  }

  /** True if the file can be used. */
  public boolean valid() {
    return problems.isEmpty();
  }

  /**
   * Checks {@code file}.
   *
   * @param strict unknown members are problems
   * @param environment the caller's environment, to tell unset variables
   */
  public static ConfigurationCheck check(
      Path file, boolean strict, Map<String, String> environment) {
    Optional<ConfigurationFiles.Kind> kind = Optional.empty();
    try {
      kind = Optional.of(ConfigurationFiles.kindOf(file));
      List<String> warnings =
          kind.get() == ConfigurationFiles.Kind.JOB
              ? job(ConfigurationFiles.readJob(file, strict), environment)
              : cluster(ConfigurationFiles.readCluster(file, strict), environment);
      return new ConfigurationCheck(file, kind, List.of(), warnings);
    } catch (ConfigurationException bad) {
      return new ConfigurationCheck(file, kind, bad.problems(), List.of());
    } catch (OutputFileException bad) {
      return new ConfigurationCheck(
          file, kind, List.of(Problem.of("outputFiles", bad.getMessage())), List.of());
    }
  }

  private static List<String> job(LoadedJob job, Map<String, String> environment) {
    List<String> warnings = new ArrayList<>();
    JobPlanRequest.Builder request =
        JobPlanRequest.builder(job, ROOTS)
            .accounts(anyAccount())
            .baseEnvironment(environment)
            .currentDirectory(ROOTS.jobTempParent());
    if (job.definition().toolkit().isEmpty()) {
      request.command(List.of("true"));
      warnings.add(
          job.source().find("").map(p -> p + ": ").orElse("")
              + "no toolkit settings: \"run\" must be given a COMMAND");
    }
    OutputFilesReader.ofNodes(job.definition().outputFiles());
    warnings.addAll(JobPlanner.plan(request.build()).warnings());
    return warnings;
  }

  private static List<String> cluster(LoadedCluster cluster, Map<String, String> environment) {
    return ClusterPlanner.plan(
            new ClusterPlanRequest(
                cluster,
                JobIdentity.forFile("cluster.json"),
                "node-0",
                anyAccount(),
                VolumeOptions.NONE,
                FileServers.NONE,
                ROOTS.mountRoot(),
                environment))
        .warnings();
  }

  /** Stands for the account that a run will know. */
  private static AccountContext anyAccount() {
    return AccountContext.builder()
        .commandLine("account", Optional.of(SecretValue.of("a2V5")))
        .otherCredential(true)
        .build();
  }

  /** The outcome for programs. */
  public ObjectNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("file", file.toString());
    json.put(
        "kind", kind.map(k -> k == ConfigurationFiles.Kind.JOB ? "job" : "cluster").orElse(null));
    json.put("valid", valid());
    ArrayNode errors = json.putArray("errors");
    for (Problem problem : problems) {
      ObjectNode error = errors.addObject();
      error.put("line", problem.position().map(p -> (Integer) p.line()).orElse(null));
      error.put("column", problem.position().map(p -> (Integer) p.column()).orElse(null));
      error.put("key", problem.key());
      error.put("message", problem.message());
    }
    ArrayNode list = json.putArray("warnings");
    warnings.forEach(list::add);
    return json;
  }
}
