package io.batchmount.launcher.cli.outputs;

import io.batchmount.launcher.cli.BaseCommand;
import io.batchmount.launcher.cli.ExitCode;
import io.batchmount.launcher.conventions.JobContainers;
import io.batchmount.launcher.options.UsageException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code batchmount outputs container-name}. */
@Command(name = "container-name", description = "Print the name of a job's output container.")
final class ContainerNameCommand extends BaseCommand {
  @Parameters(paramLabel = "JOB_ID", description = "Id of the job.")
  String jobId;

  @Override
  public Integer call() {
    try {
      out().println(JobContainers.nameOf(jobId));
    } catch (IllegalArgumentException e) {
      throw new UsageException(e.getMessage(), e);
    }
    return ExitCode.OK;
  }
}
