package io.batchmount.launcher.options;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Options that every command takes. */
public final class GlobalOptions {
  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "YAML file with option names as keys (BATCHMOUNT_CONFIG; else ~/.config/batchmount/config.yaml, /etc/batchmount/config.yaml).")
  Optional<Path> config = Optional.empty();

  @Option(
      names = "--state-dir",
      paramLabel = "DIR",
      description =
          "Journal, registry of mounts and logs (default: /var/lib/batchmount for root, else $XDG_STATE_HOME/batchmount).")
  Optional<Path> stateDir = Optional.empty();

  @Option(
      names = "--log-file",
      paramLabel = "PATH|syslog|stderr",
      description =
          "Where to log (default: a file for each mount under the state directory, rotated 10 x 10 MiB, mode 0600).")
  Optional<String> logFile = Optional.empty();

  @Option(
      names = "--log-level",
      paramLabel = "LEVEL",
      defaultValue = "info",
      description = "error, warn, info, debug or trace (default: ${DEFAULT-VALUE}).")
  LogLevel logLevel = LogLevel.info;

  @Option(names = "--verbose", description = "Show stack traces with error messages.")
  boolean verbose;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  /** How much to log. */
  public enum LogLevel {
    error,
    warn,
    info,
    debug,
    trace
  }

  /** Time for one file operation before it fails, when nothing is said. */
  public static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(2);

  /** The state directory in effect, absolute. */
  public Path stateDir(Map<String, String> environment) {
    return stateDir.orElseGet(() -> defaultStateDir(environment)).toAbsolutePath().normalize();
  }

  /** Where to log; empty for the default file. */
  public Optional<String> logFile() {
    return logFile;
  }

  public LogLevel logLevel() {
    return logLevel;
  }

  /** Whether stack traces are wanted. */
  public boolean verbose() {
    return verbose;
  }

  /** The state directory when none is named. */
  public static Path defaultStateDir(Map<String, String> environment) {
    if (isRoot()) {
      return Path.of("/var/lib/batchmount");
    }
    String xdg = environment.getOrDefault("XDG_STATE_HOME", "");
    return xdg.isEmpty()
        ? home(environment).resolve(".local/state/batchmount")
        : Path.of(xdg, "batchmount");
  }

  /** The user's private cache directory. */
  public static Path defaultCacheDir(Map<String, String> environment) {
    String xdg = environment.getOrDefault("XDG_CACHE_HOME", "");
    if (!xdg.isEmpty()) {
      return Path.of(xdg, "batchmount");
    }
    return isRoot() && environment.getOrDefault("HOME", "").isEmpty()
        ? Path.of("/var/cache/batchmount")
        : home(environment).resolve(".cache/batchmount");
  }

  /** Whether this process runs as root. */
  public static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  private static Path home(Map<String, String> environment) {
    String home = environment.getOrDefault("HOME", "");
    return Path.of(home.isEmpty() ? System.getProperty("user.home") : home);
  }
}
