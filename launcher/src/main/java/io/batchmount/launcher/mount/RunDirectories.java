package io.batchmount.launcher.mount;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directories that a run makes on this machine, told to the registry so that the next start
 * removes those of a run that was killed.
 *
 * @param trees removed with all that is in them, in this order
 * @param parents removed after them where nothing else is in them, innermost first
 * @param outputs outputs of the job that lie on no volume: nothing is removed while they hold a
 *     file
 */
public record RunDirectories(List<Path> trees, List<Path> parents, List<Path> outputs) {
  private static final Logger LOG = LoggerFactory.getLogger(RunDirectories.class);

  /** Of a process that made none. */
  public static final RunDirectories NONE = new RunDirectories(List.of(), List.of(), List.of());

  /** What became of them. */
  public enum Removal {
    REMOVED,
    /** Outputs that lie nowhere else are in them. */
    KEPT,
    /** A mount is still in them. */
    MOUNTED
  }

  public RunDirectories {
    trees = List.copyOf(trees);
    parents = List.copyOf(parents);
    outputs = List.copyOf(outputs);
  }

  /** Removes them, unless a mount or the only copy of an output would go with them. */
  public Removal remove() throws IOException {
    for (Path output : outputs) {
      if (Files.isDirectory(output) && holdsFile(output)) {
        return Removal.KEPT;
      }
    }
    for (Path tree : trees) {
      // never through a mount: an unmount that failed leaves the directories where they are
      if (!SafeDelete.tree(tree)) {
        return Removal.MOUNTED;
      }
    }
    for (Path parent : parents) {
      try {
        Files.deleteIfExists(parent);
      } catch (DirectoryNotEmptyException e) {
        LOG.debug("{} stays: another job of the same name or experiment is in it", parent);
      }
    }
    return Removal.REMOVED;
  }

  private static boolean holdsFile(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.anyMatch(Files::isRegularFile);
    }
  }

  void writeTo(ObjectNode target) {
    write(target, "trees", trees);
    write(target, "parents", parents);
    write(target, "outputs", outputs);
  }

  private static void write(ObjectNode target, String name, List<Path> paths) {
    if (!paths.isEmpty()) {
      ArrayNode array = target.putArray(name);
      paths.forEach(path -> array.add(path.toString()));
    }
  }

  static RunDirectories of(JsonNode node) {
    return new RunDirectories(read(node, "trees"), read(node, "parents"), read(node, "outputs"));
  }

  private static List<Path> read(JsonNode node, String name) {
    List<Path> paths = new ArrayList<>();
    node.path(name).forEach(path -> paths.add(Path.of(path.asText())));
    return paths;
  }
}
