package io.batchmount.launcher.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.batchmount.launcher.options.AccountOptions;
import io.batchmount.launcher.options.JobReference;
import io.batchmount.launcher.record.JobRecord;
import java.io.IOException;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code batchmount job show}. */
@Command(name = "show", description = "Print a job's record as JSON.")
final class JobShowCommand extends BaseCommand {
  @Mixin JobReference reference = new JobReference();
  @Mixin AccountOptions account = new AccountOptions();

  @Override
  public Integer call() throws IOException {
    try (JobLocator locator = new JobLocator(this, reference)) {
      JobRecord record = find(locator);
      out()
          .println(
              new ObjectMapper()
                  .writerWithDefaultPrettyPrinter()
                  .writeValueAsString(record.toJson()));
      out().flush();
      return ExitCode.OK;
    }
  }

  /** The record of storage, else of this node. */
  static JobRecord find(JobLocator locator) throws IOException {
    JobLocator.Found found = locator.find();
    Optional<JobRecord> record =
        found.local().isPresent() ? found.local() : locator.record(found.segmentPlace());
    return record.orElseThrow(
        () ->
            new CommandFailure(
                ExitCode.FAILED,
                "there is no job record in " + JobLocator.describe(found.segmentPlace())));
  }
}
