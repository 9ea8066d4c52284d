package io.batchmount.launcher.options;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Values of options that were not given on the command line: environment before file. Also keeps
 * apart where a value came from, because credentials rank by origin. Immutable.
 */
public final class Settings implements IDefaultValueProvider {
  /** Environment variables beside {@code BATCHMOUNT_<OPTION>} that other tools established. */
  public static final Map<String, List<String>> ESTABLISHED_NAMES =
      Map.of(
          "account", List.of("AZURE_STORAGE_ACCOUNT"),
          "blob-endpoint", List.of("AZURE_STORAGE_BLOB_ENDPOINT"),
          "file-endpoint", List.of("AZURE_STORAGE_FILE_ENDPOINT"),
          "auth", List.of("AZURE_STORAGE_AUTH_TYPE"),
          "mount-root", List.of("AZ_BATCHAI_MOUNT_ROOT"));

  /** Options that only make sense on a command line. */
  public static final Set<String> COMMAND_LINE_ONLY = Set.of("help", "version", "config");

  private final Map<String, String> environment;
  private final ConfigFile file;

  public Settings(Map<String, String> environment, ConfigFile file) {
    this.environment = Map.copyOf(environment);
    this.file = file;
  }

  /** The environment of this process. */
  public Map<String, String> environment() {
    return environment;
  }

  /** The configuration file, empty when there is none. */
  public ConfigFile file() {
    return file;
  }

  /** A variable that is set and not empty. */
  public Optional<String> variable(String name) {
    return Optional.ofNullable(environment.get(name)).filter(value -> !value.isEmpty());
  }

  /** The value of an option from {@code BATCHMOUNT_<OPTION>}. */
  public Optional<Sourced> fromOwnEnvironment(String option) {
    String name = variableName(option);
    return variable(name).map(value -> new Sourced(value, name));
  }

  /** The value of an option from an established variable. */
  public Optional<Sourced> fromEstablishedEnvironment(String option) {
    return ESTABLISHED_NAMES.getOrDefault(option, List.of()).stream()
        .flatMap(name -> variable(name).map(value -> new Sourced(value, name)).stream())
        .findFirst();
  }

  /** The value of an option from the configuration file. */
  public Optional<Sourced> fromFile(String option) {
    return Optional.ofNullable(file.values().get(option))
        .map(value -> new Sourced(value, file.path().orElseThrow() + ": " + option));
  }

  /** The value of an option in the order own variable, established variable, file. */
  public Optional<Sourced> find(String option) {
    return fromOwnEnvironment(option)
        .or(() -> fromEstablishedEnvironment(option))
        .or(() -> fromFile(option));
  }

  @Override
  public String defaultValue(ArgSpec argument) {
    if (!(argument instanceof OptionSpec option) || !option.longestName().startsWith("--")) {
      return null; // picocli's word for "no value from here"
    }
    String name = option.longestName().substring(2);
    return COMMAND_LINE_ONLY.contains(name) ? null : find(name).map(Sourced::value).orElse(null);
  }

  /** {@code cache-size} to {@code BATCHMOUNT_CACHE_SIZE}. */
  public static String variableName(String option) {
    return "BATCHMOUNT_" + option.toUpperCase(Locale.ROOT).replace('-', '_');
  }

  /** All variables that may set an option, the first found counts. */
  public static List<String> variableNames(String option) {
    Map<String, Boolean> names = new LinkedHashMap<>();
    names.put(variableName(option), true);
    ESTABLISHED_NAMES.getOrDefault(option, List.of()).forEach(name -> names.put(name, true));
    return List.copyOf(names.keySet());
  }

  /**
   * A value and where it came from.
   *
   * @param value the text
   * @param source variable, or file and key, for messages
   */
  public record Sourced(String value, String source) {}
}
