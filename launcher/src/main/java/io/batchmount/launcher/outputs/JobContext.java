package io.batchmount.launcher.outputs;

import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The task whose files are uploaded.
 *
 * @param taskDirectory where the upload logs go
 * @param workingDirectory where relative patterns start
 * @param environment that patterns see
 * @param secrets values that must not reach a log or message, such as those of secret variables
 * @param above what a leading {@code ..} of a relative pattern means: as a rule the directory above
 *     the working directory, which in Azure Batch is the task directory
 */
public record JobContext(
    Path taskDirectory,
    Path workingDirectory,
    Map<String, String> environment,
    Set<String> secrets,
    Path above) {
  /** Shorter values are no secrets and would blank half the log. */
  private static final int SHORTEST_SECRET = 4;

  /** Takes copies. */
  public JobContext {
    Objects.requireNonNull(taskDirectory, "taskDirectory");
    workingDirectory = workingDirectory.toAbsolutePath();
    environment = Map.copyOf(environment);
    secrets = Set.copyOf(secrets);
    above = above.toAbsolutePath();
  }

  /** A task whose working directory lies where the patterns' {@code ..} says. */
  public JobContext(
      Path taskDirectory,
      Path workingDirectory,
      Map<String, String> environment,
      Set<String> secrets) {
    this(taskDirectory, workingDirectory, environment, secrets, workingDirectory.resolve(".."));
  }

  /**
   * The same with the working directory taken as if it lay in the task directory, so that {@code
   * ../stdout.txt} finds what Azure Batch has there.
   */
  public JobContext asInTaskDirectory() {
    return new JobContext(taskDirectory, workingDirectory, environment, secrets, taskDirectory);
  }

  /** The text without signatures and secret values. */
  String blanked(String text) {
    String clean = SecretText.blank(text);
    for (String secret : secrets) {
      if (secret.length() >= SHORTEST_SECRET) {
        clean = clean.replace(secret, "***");
      }
    }
    return clean;
  }
}
