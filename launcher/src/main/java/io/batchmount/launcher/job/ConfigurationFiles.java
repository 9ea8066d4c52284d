package io.batchmount.launcher.job;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reads job.json and cluster.json. Each may be wrapped ({@code {"properties": {...}}}) or bare.
 * Everything wrong with a file is reported at once, each problem with file, line, column and key.
 *
 * <p>Thread-safe: no state.
 */
public final class ConfigurationFiles {
  /** A configuration is a few KiB; a file beyond this is something else. */
  private static final long MAX_BYTES = 16L << 20;

  private static final Set<String> CLUSTER_MEMBERS =
      Set.of(
          "nodeSetup",
          "vmSize",
          "vmPriority",
          "scaleSettings",
          "userAccountSettings",
          "virtualMachineConfiguration",
          "subnet");

  private ConfigurationFiles() {}

  /** What a file describes. */
  public enum Kind {
    JOB,
    CLUSTER
  }

  /**
   * Reads a job from a file.
   *
   * @param strict unknown members are errors, not warnings
   */
  public static LoadedJob readJob(Path file, boolean strict) {
    return parseJob(file.toString(), bytes(file), strict);
  }

  /** Reads a cluster from a file. */
  public static LoadedCluster readCluster(Path file, boolean strict) {
    return parseCluster(file.toString(), bytes(file), strict);
  }

  /** Tells a job from a cluster by the members it has; an empty one counts as a cluster. */
  public static Kind kindOf(Path file) {
    return kindOf(file.toString(), bytes(file));
  }

  /** Tells a job from a cluster by the members it has. */
  public static Kind kindOf(String name, byte[] content) {
    ReadContext context = new ReadContext(false);
    LocatedJson.Obj object = root(name, content, context);
    LocatedJson.Obj properties = properties(object).orElse(object);
    if (properties.members().keySet().stream().anyMatch(CLUSTER_MEMBERS::contains)) {
      return Kind.CLUSTER;
    }
    Set<String> names = properties.members().keySet();
    boolean onlyVolumes =
        names.stream().allMatch(n -> n.equals("mountVolumes") || n.startsWith("$"));
    return onlyVolumes ? Kind.CLUSTER : Kind.JOB;
  }

  /**
   * Reads a job from text.
   *
   * @param name the file's name for messages
   * @param content UTF-8, with or without a byte order mark
   */
  public static LoadedJob parseJob(String name, byte[] content, boolean strict) {
    ReadContext context = new ReadContext(strict);
    ObjectReader reader = properties(name, content, context);
    Optional<JobDefinition> job = JobReader.read(reader);
    context.throwIfBad();
    return new LoadedJob(
        job.orElseThrow(), new SourceMap(context.positions), name, ordered(context));
  }

  /** Reads a cluster from text. */
  public static LoadedCluster parseCluster(String name, byte[] content, boolean strict) {
    ReadContext context = new ReadContext(strict);
    ObjectReader reader = properties(name, content, context);
    Optional<ClusterDefinition> cluster = ClusterReader.read(reader, context);
    context.throwIfBad();
    return new LoadedCluster(
        cluster.orElseThrow(), new SourceMap(withoutNodeSetup(context)), name, ordered(context));
  }

  private static List<String> ordered(ReadContext context) {
    return context.warnings;
  }

  /** Volumes are looked up as {@code mountVolumes...} wherever they stood. */
  private static java.util.Map<String, Position> withoutNodeSetup(ReadContext context) {
    java.util.Map<String, Position> positions = new java.util.HashMap<>(context.positions);
    String prefix = "nodeSetup.";
    context.positions.forEach(
        (key, position) -> {
          if (key.startsWith(prefix)) {
            positions.put(key.substring(prefix.length()), position);
          }
        });
    return positions;
  }

  private static ObjectReader properties(String name, byte[] content, ReadContext context) {
    LocatedJson.Obj root = root(name, content, context);
    Optional<LocatedJson.Obj> properties = properties(root);
    if (properties.isEmpty()) {
      return new ObjectReader(root, "", context);
    }
    root.members()
        .forEach(
            (member, value) -> {
              if (!Set.of("properties", "$schema", "comment", "$comment", "location")
                  .contains(member)) {
                context.unknown(
                    value.position(),
                    "unknown member \""
                        + member
                        + "\" beside \"properties\": only what stands inside \"properties\" is read");
              }
            });
    return new ObjectReader(properties.get(), "", context);
  }

  private static Optional<LocatedJson.Obj> properties(LocatedJson.Obj root) {
    LocatedJson.Member member = root.members().get("properties");
    return member != null && member.value() instanceof LocatedJson.Obj object
        ? Optional.of(object)
        : Optional.empty();
  }

  private static LocatedJson.Obj root(String name, byte[] content, ReadContext context) {
    LocatedJson.Value value = LocatedJson.parse(name, content, context.warnings);
    if (value instanceof LocatedJson.Obj object) {
      return object;
    }
    throw new ConfigurationException(
        List.of(
            new Problem(
                Optional.of(value.position()),
                "",
                "must be an object { ... }, but is " + value.described())));
  }

  private static byte[] bytes(Path file) {
    try {
      if (Files.isRegularFile(file) && Files.size(file) > MAX_BYTES) {
        throw problem(file, "is larger than 16 MiB: this is no job or cluster file");
      }
      return Files.readAllBytes(file);
    } catch (NoSuchFileException missing) {
      throw problem(file, "does not exist: check the path");
    } catch (IOException unreadable) {
      String reason =
          Files.isDirectory(file)
              ? "it is a directory"
              : unreadable.getClass().getSimpleName().replace("Exception", "");
      throw problem(file, "cannot be read: " + reason);
    }
  }

  private static ConfigurationException problem(Path file, String message) {
    return new ConfigurationException(
        List.of(new Problem(Optional.empty(), "", file + ": " + message)));
  }
}
