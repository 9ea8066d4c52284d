package io.batchmount.launcher.run;

import io.batchmount.launcher.job.SecretReference;
import io.batchmount.launcher.job.SecretValue;
import io.batchmount.launcher.mount.ScratchDirectory;
import io.batchmount.launcher.plan.SetupTaskPlan;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Runs the setup task of a cluster on this node. */
public final class SetupTaskRunner {
  /** The service had no limit of its own; a node that is not ready in a day never will be. */
  private static final Duration LIMIT = Duration.ofDays(1);

  private static final int TIMED_OUT = 124;

  private SetupTaskRunner() {}

  /**
   * Runs it to its end.
   *
   * @param base the launcher's environment
   * @param vault fetches secrets
   * @return its exit code
   */
  public static int run(
      SetupTaskPlan task, Map<String, String> base, Function<SecretReference, SecretValue> vault)
      throws IOException {
    Files.createDirectories(task.directory());
    Map<String, String> environment = new HashMap<>(base);
    environment.putAll(task.environment().values(vault));
    try (ExecutionLog log = new ExecutionLog();
        ScratchDirectory working = ScratchDirectory.create()) {
      log.open(task.directory().resolve(task.executionLog()));
      log.say("setup task: " + task.command().text());
      log.say("variables: " + String.join(" ", task.environment().names()));
      JobProcess process =
          JobProcess.start(
              new JobProcess.Spec(
                  "setup task",
                  List.of("bash", "-c", task.command().text()),
                  environment,
                  working.path(),
                  false,
                  task.directory().resolve(task.stdoutFile()),
                  task.directory().resolve(task.stderrFile()),
                  false,
                  true,
                  Optional.empty()),
              OutputStream.nullOutputStream(),
              OutputStream.nullOutputStream());
      int code = TIMED_OUT;
      if (process.await(LIMIT)) {
        code = process.exitCode();
      } else {
        process.endGroup(RunContext.DEFAULT_GRACE);
      }
      process.drained();
      log.say("setup task ended with exit code " + code);
      return code;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the setup task ran", e);
    }
  }
}
