package io.batchmount.launcher.cli;

import io.batchmount.launcher.options.AccountOptions;
import io.batchmount.launcher.options.JobReference;
import io.batchmount.launcher.record.JobError;
import io.batchmount.launcher.record.JobRecord;
import io.batchmount.launcher.record.JobState;
import io.batchmount.launcher.record.LostWatch;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code batchmount job wait}. */
@Command(name = "wait", description = "Wait until a job has ended; exits with its exit code.")
final class JobWaitCommand extends BaseCommand {
  /** What the original said of a job without execution information. */
  private static final int UNKNOWN = 255;

  @Mixin JobReference reference = new JobReference();
  @Mixin AccountOptions account = new AccountOptions();

  @Option(
      names = "--interval",
      paramLabel = "TIME",
      defaultValue = "5s",
      description = "Between two looks (default: ${DEFAULT-VALUE}).")
  Duration interval;

  @Override
  public Integer call() throws IOException {
    boolean created = false;
    boolean started = false;
    String last = "";
    LostWatch watch = new LostWatch();
    while (true) {
      JobRecord record;
      // opened anew each time: what was cached must not be believed for long
      try (JobLocator locator = new JobLocator(this, reference)) {
        record = JobShowCommand.find(locator);
      }
      if (!created) {
        err().println("created at " + record.createdAt());
        created = true;
      }
      if (!started && record.startedAt().isPresent()) {
        err().println("started at " + record.startedAt().get());
        started = true;
      }
      if (!record.state().word().equals(last)) {
        last = record.state().word();
        err().println(Instant.now() + " " + last);
      }
      err().flush();
      if (record.state().isOver()) {
        for (JobError error : record.errors()) {
          say(error.code() + ": " + error.message());
          error.details().forEach((name, value) -> err().println("  " + name + ": " + value));
        }
        if (record.state() == JobState.SUCCEEDED) {
          return ExitCode.OK;
        }
        return record.exitCode().isPresent() && record.exitCode().getAsInt() >= 0
            ? record.exitCode().getAsInt()
            : UNKNOWN;
      }
      if (watch.isLost(record, Instant.now(), System.nanoTime())) {
        say("nothing was heard of node " + record.node() + " since " + record.touchedAt());
        return UNKNOWN;
      }
      try {
        TimeUnit.MILLISECONDS.sleep(interval.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return ExitCode.FAILED;
      }
    }
  }
}
