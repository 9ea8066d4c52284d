package io.batchmount.launcher.cli.outputs;

import com.azure.storage.blob.BlobContainerClient;
import io.batchmount.launcher.cli.ExitCode;
import io.batchmount.launcher.conventions.OutputNames;
import io.batchmount.launcher.conventions.OutputStorageException;
import io.batchmount.launcher.conventions.TrackOptions;
import io.batchmount.launcher.conventions.TrackedSave;
import io.batchmount.launcher.options.UsageException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code batchmount outputs track}. */
@Command(
    name = "track",
    description =
        "Keep a growing file in an append blob until SIGTERM or SIGINT, or until a process has ended.")
final class TrackCommand extends ConventionsCommand {
  @Option(
      names = "--kind",
      paramLabel = "KIND",
      defaultValue = "TaskLog",
      description = "Kind of the output (default: ${DEFAULT-VALUE}).")
  String kind;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "Name below the kind (default: the file's relative path).")
  Optional<String> name = Optional.empty();

  @Option(
      names = "--interval",
      paramLabel = "DURATION",
      description = "Time between two flushes (default: 60s); a blob takes 50,000.")
  Optional<Duration> interval = Optional.empty();

  @Option(
      names = "--start",
      paramLabel = "HOW",
      defaultValue = "replace",
      description =
          "What becomes of a blob that is there: replace it, continue behind the part of the file that it holds, append all of the file (default: ${DEFAULT-VALUE}).")
  TrackOptions.Start start;

  @Option(
      names = "--pid",
      paramLabel = "PID",
      description = "End, with a last flush, when this process has ended.")
  Optional<Long> pid = Optional.empty();

  @Parameters(paramLabel = "FILE", description = "The file; need not exist yet.")
  Path file;

  @Override
  int codeOfFailure() {
    return ExitCode.UNSAVED;
  }

  @Override
  int run(BlobContainerClient container) {
    String as = name.orElseGet(() -> OutputNames.nameOfRelativePath(file.toString()));
    TrackOptions options =
        new TrackOptions(
            start,
            interval.orElse(TrackOptions.DEFAULT_INTERVAL),
            error -> say(error.getMessage()));
    Optional<ProcessHandle> process = process();
    TrackedSave tracked = outputs(container, kind).track(file.toAbsolutePath(), as, options);
    say("tracking " + file + " as " + tracked.output().uri());
    Thread onSignal = new Thread(() -> endBySignal(tracked), "track-end");
    Runtime.getRuntime().addShutdownHook(onSignal);
    try {
      awaitEnd(process);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    tracked.close();
    if (!isShuttingDown(onSignal)) {
      say(tracked.sentBytes() + " bytes stored as " + tracked.output().uri());
    }
    return ExitCode.OK;
  }

  private Optional<ProcessHandle> process() {
    if (pid.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        ProcessHandle.of(pid.get())
            .orElseThrow(() -> new UsageException("--pid: there is no process " + pid.get())));
  }

  private static void awaitEnd(Optional<ProcessHandle> process) throws InterruptedException {
    if (process.isEmpty()) {
      new CountDownLatch(1).await(); // until a signal ends the program
      return;
    }
    try {
      process.get().onExit().get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("waiting for process " + process.get().pid(), e);
    }
  }

  /** The last flush after a signal; the exit code says whether all is stored. */
  private void endBySignal(TrackedSave tracked) {
    int code = ExitCode.OK;
    try {
      tracked.close();
    } catch (OutputStorageException e) {
      say(e.getMessage());
      code = ExitCode.UNSAVED;
    }
    out().flush();
    err().flush();
    // the JVM would end with 128+n; all is done and the code is the result
    Runtime.getRuntime().halt(code);
  }

  private static boolean isShuttingDown(Thread hook) {
    try {
      return !Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      return true;
    }
  }
}
