package io.batchmount.launcher.cli;

import io.batchmount.launcher.mount.ProcessFacts;
import io.batchmount.launcher.options.AccountOptions;
import io.batchmount.launcher.options.JobReference;
import io.batchmount.launcher.record.JobRecord;
import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code batchmount job terminate}. */
@Command(name = "terminate", description = "End a job of this node and wait until it has ended.")
final class JobTerminateCommand extends BaseCommand {
  @Mixin JobReference reference = new JobReference();
  @Mixin AccountOptions account = new AccountOptions();

  @Option(names = "--no-wait", description = "Do not wait for its end.")
  boolean noWait;

  @Override
  public Integer call() throws IOException {
    try (JobLocator locator = new JobLocator(this, reference)) {
      terminate(JobShowCommand.find(locator), !noWait);
      return ExitCode.OK;
    }
  }

  /** Ends a job; nothing happens to one that is over. */
  static void terminate(JobRecord record, boolean wait) {
    if (record.state().isOver()) {
      return;
    }
    if (!record.bootId().equals(ProcessFacts.bootId())) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "job " + record.name() + " runs on node " + record.node() + "; terminate it there");
    }
    ProcessHandle launcher = ProcessHandle.of(record.pid()).orElse(null);
    if (launcher == null) {
      return;
    }
    launcher.destroy(); // SIGTERM
    if (!wait) {
      return;
    }
    try {
      launcher.onExit().get(LONGEST_END_MINUTES, TimeUnit.MINUTES);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      throw new CommandFailure(
          ExitCode.FAILED,
          "job " + record.name() + " does not end; its launcher is " + record.pid(),
          e);
    }
  }

  /** Grace, uploads and saving may take their time. */
  private static final long LONGEST_END_MINUTES = 30;
}
