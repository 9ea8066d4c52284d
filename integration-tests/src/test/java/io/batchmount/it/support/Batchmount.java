package io.batchmount.it.support;

import io.batchmount.core.testkit.Azurite;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/**
 * Runs the built distribution as users do: a process with arguments, environment and standard
 * streams. Immutable but for nothing; each {@code with} gives a new one.
 */
public final class Batchmount {
  /** Longest time a command of a test may take on a loaded machine. */
  public static final Duration LIMIT = Duration.ofSeconds(120);

  private final Path workDirectory;
  private final Map<String, String> environment;
  private final List<String> prefix;

  private Batchmount(Path workDirectory, Map<String, String> environment, List<String> prefix) {
    this.workDirectory = workDirectory;
    this.environment = environment;
    this.prefix = List.copyOf(prefix);
  }

  /**
   * A command whose state, caches and temporary files lie below a directory of the test, with
   * nothing of the caller's Azure settings.
   */
  public static Batchmount in(Path workDirectory) {
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("BATCHMOUNT_STATE_DIR", workDirectory.resolve("state").toString());
    environment.put("XDG_CACHE_HOME", workDirectory.resolve("cache").toString());
    environment.put("XDG_CONFIG_HOME", workDirectory.resolve("config").toString());
    environment.put("XDG_RUNTIME_DIR", workDirectory.resolve("run").toString());
    return new Batchmount(workDirectory, environment, List.of());
  }

  /** The start script of the distribution. */
  public static Path script() {
    Path script = Azurite.projectRoot().resolve("launcher/target/batchmount/bin/batchmount");
    if (!Files.isExecutable(script)) {
      throw new IllegalStateException(script + " is absent; build with: mvn -DskipTests package");
    }
    return script;
  }

  public Batchmount with(String name, String value) {
    Map<String, String> changed = new LinkedHashMap<>(environment);
    changed.put(name, value);
    return new Batchmount(workDirectory, changed, prefix);
  }

  public Batchmount with(Map<String, String> more) {
    Map<String, String> changed = new LinkedHashMap<>(environment);
    changed.putAll(more);
    return new Batchmount(workDirectory, changed, prefix);
  }

  /**
   * Runs under another command, which gets the script and its arguments as its last ones: {@code
   * unshare -m bash -c '...; exec "$@"' bash}.
   */
  public Batchmount under(String... command) {
    return new Batchmount(workDirectory, environment, List.of(command));
  }

  /** Directory of the test that this command works in. */
  public Path workDirectory() {
    return workDirectory;
  }

  /** Runs a command to its end. */
  public Result run(String... arguments) {
    return start(arguments).await(LIMIT);
  }

  /** Starts a command and lets it run. */
  public Running start(String... arguments) {
    try {
      Path stdout = Files.createTempFile(workDirectory, "stdout", ".txt");
      Path stderr = Files.createTempFile(workDirectory, "stderr", ".txt");
      List<String> line = new ArrayList<>(prefix);
      line.add(script().toString());
      line.addAll(List.of(arguments));
      ProcessBuilder builder =
          new ProcessBuilder(line)
              .directory(workDirectory.toFile())
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectOutput(stdout.toFile())
              .redirectError(stderr.toFile());
      builder
          .environment()
          .keySet()
          .removeIf(
              name ->
                  name.startsWith("AZURE_")
                      || name.startsWith("AZ_BATCH")
                      || name.startsWith("BATCHMOUNT_"));
      builder.environment().putAll(environment);
      return new Running(builder.start(), List.of(arguments), stdout, stderr);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A command that runs. */
  public record Running(Process process, List<String> arguments, Path stdoutFile, Path stderrFile)
      implements AutoCloseable {

    /** Waits for the end; a command that does not end is killed and the test fails. */
    public Result await(Duration limit) {
      try {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
          process.destroyForcibly();
          throw new AssertionError(
              "batchmount " + arguments + " did not end within " + limit + "\n" + stderr());
        }
      } catch (InterruptedException e) {
        process.destroyForcibly();
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted", e);
      }
      return new Result(arguments, process.exitValue(), stdout(), stderr());
    }

    public String stdout() {
      return text(stdoutFile);
    }

    public String stderr() {
      return text(stderrFile);
    }

    /** Waits until standard output or standard error holds a text. */
    public void awaitOutput(String text) {
      Awaitility.await()
          .atMost(LIMIT)
          .until(() -> stdout().contains(text) || stderr().contains(text) || !process.isAlive());
      if (!stdout().contains(text) && !stderr().contains(text)) {
        throw new AssertionError("ended without \"" + text + "\": " + stdout() + stderr());
      }
    }

    /** Sends a signal by name, such as {@code TERM}. */
    public void signal(String name) {
      try {
        new ProcessBuilder("kill", "-" + name, "--", Long.toString(process.pid()))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void close() {
      process.destroy();
      try {
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      } catch (InterruptedException e) {
        process.destroyForcibly();
        Thread.currentThread().interrupt();
      }
    }

    private static String text(Path file) {
      try {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** How a command ended. */
  public record Result(List<String> arguments, int exitCode, String stdout, String stderr) {
    /** Fails unless the command ended with a code; shows what it said. */
    public Result expect(int code) {
      if (exitCode != code) {
        throw new AssertionError(
            "batchmount "
                + arguments
                + " ended with "
                + exitCode
                + ", expected "
                + code
                + "\nstdout: "
                + stdout
                + "\nstderr: "
                + stderr);
      }
      return this;
    }
  }
}
