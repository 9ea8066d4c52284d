package io.batchmount.launcher.run;

import io.batchmount.launcher.mount.OwnVolumes;
import io.batchmount.launcher.mount.ProcessFacts;
import io.batchmount.launcher.mount.SystemMounts;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * One process of a job, leader of a session and process group of its own: a signal to the group
 * reaches what it started. Standard input is the caller's where it is to be.
 */
public final class JobProcess {
  /** Who still holds the pipe after the process has ended gets this long to finish printing. */
  private static final Duration DRAIN = Duration.ofSeconds(2);

  private static final String INSIST = "KILL";

  /** Between two looks at a group that is to end. */
  private static final long POLL_MILLIS = 50;

  private final Spec spec;
  private final Process process;
  private final OutputPump stdout;
  private final OutputPump stderr;

  /**
   * What to start.
   *
   * @param name for messages
   * @param arguments argument vector; never holds a secret
   * @param environment all of it
   * @param directory working directory
   * @param inheritInput whether it reads the caller's standard input
   * @param stdout file of standard output
   * @param stderr file of standard error
   * @param passThrough whether its output also goes to the caller
   * @param counts whether its exit code matters
   * @param container where it runs, when not on the node itself
   */
  public record Spec(
      String name,
      List<String> arguments,
      Map<String, String> environment,
      Path directory,
      boolean inheritInput,
      Path stdout,
      Path stderr,
      boolean passThrough,
      boolean counts,
      Optional<InContainer> container) {
    public Spec {
      arguments = List.copyOf(arguments);
      environment = Map.copyOf(environment);
    }

    /** Without the environment, which holds secrets. */
    @Override
    public String toString() {
      return name + arguments;
    }
  }

  /**
   * A process that an engine's client runs in a container. The client passes no signals on, and
   * when it is killed the process stays; so signals go to the process group inside.
   *
   * @param signal makes the argument vector that sends a signal, named without SIG, to the group
   */
  public record InContainer(Function<String, List<String>> signal) {
    /** Whether the signal could be sent. */
    boolean send(String name) throws IOException {
      return SystemMounts.run(signal.apply(name)).code() == 0;
    }
  }

  private JobProcess(Spec spec, Process process, OutputPump stdout, OutputPump stderr) {
    this.spec = spec;
    this.process = process;
    this.stdout = stdout;
    this.stderr = stderr;
  }

  /**
   * Starts a process.
   *
   * @param out the caller's standard output
   * @param err the caller's standard error
   */
  public static JobProcess start(Spec spec, OutputStream out, OutputStream err) throws IOException {
    List<String> command = new ArrayList<>();
    command.add("setsid"); // becomes the command: nothing of ours stays in between
    command.addAll(spec.arguments());
    ProcessBuilder builder = new ProcessBuilder(command).directory(spec.directory().toFile());
    builder.environment().clear();
    builder.environment().putAll(spec.environment());
    builder.redirectInput(
        spec.inheritInput()
            ? ProcessBuilder.Redirect.INHERIT
            : ProcessBuilder.Redirect.from(new java.io.File("/dev/null")));
    // the files are there before the command that may look for them
    OutputStream stdout = OwnVolumes.append(spec.stdout());
    OutputStream stderr = null;
    try {
      stderr = OwnVolumes.append(spec.stderr());
      Process process = builder.start();
      Optional<OutputStream> toOut = spec.passThrough() ? Optional.of(out) : Optional.empty();
      Optional<OutputStream> toErr = spec.passThrough() ? Optional.of(err) : Optional.empty();
      return new JobProcess(
          spec,
          process,
          OutputPump.start(process.getInputStream(), toOut, spec.stdout(), stdout),
          OutputPump.start(process.getErrorStream(), toErr, spec.stderr(), stderr));
    } catch (IOException e) {
      stdout.close();
      if (stderr != null) {
        stderr.close();
      }
      throw e;
    }
  }

  public Spec spec() {
    return spec;
  }

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** Waits for the process itself. */
  public boolean await(Duration limit) throws InterruptedException {
    return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Its exit code; 128 + n when signal n ended it. */
  public int exitCode() {
    return process.exitValue();
  }

  /** Tells when it has ended. */
  public java.util.concurrent.CompletableFuture<Process> onExit() {
    return process.onExit();
  }

  /**
   * Sends a signal to the whole group.
   *
   * @param name without SIG
   */
  public void signal(String name) throws IOException {
    if (spec.container().isPresent()
        && process.isAlive()
        && spec.container().get().send(name)
        && !name.equals(INSIST)) {
      return; // the client ends with the process inside
    }
    SystemMounts.run(
        List.of("bash", "-c", "kill -s \"$1\" -- \"-$2\"", "kill", name, Long.toString(pid())));
  }

  /**
   * Ends what is left of the group: asks, waits, insists.
   *
   * @param grace between the two
   */
  public void endGroup(Duration grace) throws IOException, InterruptedException {
    if (!groupLives()) {
      return;
    }
    signal("TERM");
    long end = System.nanoTime() + grace.toNanos();
    while (groupLives() && System.nanoTime() - end < 0) {
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
    if (groupLives()) {
      signal(INSIST);
      process.waitFor(DRAIN.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  /** Whether any process of the group is there, the leader or what it started. */
  public boolean groupLives() {
    return process.isAlive() || !ProcessFacts.group(pid()).isEmpty();
  }

  /** Waits for the last output. */
  public boolean drained() throws InterruptedException {
    boolean outDone = stdout.await(DRAIN.toMillis());
    return stderr.await(DRAIN.toMillis()) && outDone;
  }

  /** What could not be kept of its output. */
  public List<String> outputFailures() {
    List<String> failures = new ArrayList<>();
    stdout.failure().ifPresent(failures::add);
    stderr.failure().ifPresent(failures::add);
    return failures;
  }
}
