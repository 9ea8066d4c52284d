package io.batchmount.launcher.options;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.batchmount.launcher.text.NearestName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The YAML configuration: its keys are the long option names without the dashes. Immutable.
 *
 * @param path where it was read from; empty when there is none
 * @param values option name to text; lists are joined with commas
 */
public record ConfigFile(Optional<Path> path, Map<String, String> values) {
  /** No file at all. */
  public static final ConfigFile NONE = new ConfigFile(Optional.empty(), Map.of());

  public ConfigFile {
    values = Map.copyOf(values);
  }

  /**
   * The file in effect: the one named by {@code --config} or {@code BATCHMOUNT_CONFIG}, which must
   * exist, else the user's, else the machine's.
   *
   * @param named path given on the command line
   * @param environment of this process
   * @param known all option names, without dashes, for checking
   */
  public static ConfigFile find(
      Optional<Path> named, Map<String, String> environment, Set<String> known) {
    Optional<Path> explicit =
        named.or(
            () ->
                Optional.ofNullable(environment.get("BATCHMOUNT_CONFIG"))
                    .filter(value -> !value.isEmpty())
                    .map(Path::of));
    if (explicit.isPresent()) {
      return read(explicit.get(), known);
    }
    for (Path candidate : usualPlaces(environment)) {
      if (Files.isRegularFile(candidate)) {
        return read(candidate, known);
      }
    }
    return NONE;
  }

  /** Where a file is looked for when none is named. */
  static List<Path> usualPlaces(Map<String, String> environment) {
    List<Path> places = new ArrayList<>();
    String xdg = environment.getOrDefault("XDG_CONFIG_HOME", "");
    String home = environment.getOrDefault("HOME", "");
    if (!xdg.isEmpty()) {
      places.add(Path.of(xdg, "batchmount", "config.yaml"));
    } else if (!home.isEmpty()) {
      places.add(Path.of(home, ".config", "batchmount", "config.yaml"));
    }
    places.add(Path.of("/etc/batchmount/config.yaml"));
    return places;
  }

  /** Reads and checks one file. */
  static ConfigFile read(Path file, Set<String> known) {
    JsonNode root;
    try {
      root =
          YAMLMapper.builder()
              .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
              .build()
              .readTree(Files.readString(file));
    } catch (NoSuchFileException e) {
      throw new UsageException(
          "configuration file " + file + " does not exist; correct --config or BATCHMOUNT_CONFIG",
          e);
    } catch (JacksonException e) {
      throw new UsageException(
          file
              + (e.getLocation() == null
                  ? ""
                  : ":" + e.getLocation().getLineNr() + ":" + e.getLocation().getColumnNr())
              + ": not valid YAML: "
              + firstLine(e.getOriginalMessage()),
          e);
    } catch (IOException e) {
      throw new UsageException(
          "configuration file " + file + " cannot be read: " + e.getMessage(), e);
    }
    if (root == null || root.isMissingNode() || root.isNull()) {
      return new ConfigFile(Optional.of(file), Map.of());
    }
    if (!root.isObject()) {
      throw new UsageException(file + ": must hold keys and values, such as 'cache-size: 20GiB'");
    }
    Map<String, String> values = new LinkedHashMap<>();
    root.properties()
        .forEach(
            entry -> {
              String key = entry.getKey();
              if (!known.contains(key)) {
                throw new UsageException(
                    file + ": unknown key '" + key + "'" + NearestName.hint(key, known));
              }
              text(file, key, entry.getValue()).ifPresent(value -> values.put(key, value));
            });
    return new ConfigFile(Optional.of(file), values);
  }

  private static Optional<String> text(Path file, String key, JsonNode node) {
    if (node.isNull()) {
      return Optional.empty();
    }
    if (node.isValueNode()) {
      return Optional.of(node.asText());
    }
    List<String> parts = new ArrayList<>();
    if (node.isArray()) {
      for (JsonNode element : node) {
        if (!element.isValueNode()) {
          throw new UsageException(file + ": '" + key + "' must be a list of plain values");
        }
        parts.add(element.asText());
      }
    } else {
      node.properties()
          .forEach(
              entry -> {
                if (!entry.getValue().isValueNode()) {
                  throw new UsageException(
                      file + ": '" + key + "." + entry.getKey() + "' must be a plain value");
                }
                parts.add(entry.getKey() + "=" + entry.getValue().asText());
              });
    }
    return Optional.of(String.join(",", parts));
  }

  private static String firstLine(String message) {
    int end = message.indexOf('\n');
    return end < 0 ? message : message.substring(0, end);
  }
}
