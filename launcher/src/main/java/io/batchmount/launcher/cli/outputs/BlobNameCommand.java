package io.batchmount.launcher.cli.outputs;

import io.batchmount.launcher.cli.BaseCommand;
import io.batchmount.launcher.cli.ExitCode;
import io.batchmount.launcher.conventions.JobOutputKind;
import io.batchmount.launcher.conventions.OutputNames;
import io.batchmount.launcher.conventions.TaskOutputKind;
import io.batchmount.launcher.options.UsageException;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code batchmount outputs blob-name}. */
@Command(name = "blob-name", description = "Print the name of an output's blob.")
final class BlobNameCommand extends BaseCommand {
  @Option(
      names = "--task",
      paramLabel = "TASK_ID",
      description = "The task; without it an output of the job is meant.")
  Optional<String> task = Optional.empty();

  @Option(
      names = "--kind",
      required = true,
      paramLabel = "KIND",
      description =
          "TaskOutput, TaskPreview, TaskLog, TaskIntermediate, JobOutput, JobPreview, or a text of your own.")
  String kind;

  @Parameters(
      paramLabel = "PATH",
      description = "Relative path of the file; steps up at its beginning are dropped.")
  String path;

  @Override
  public Integer call() {
    try {
      String name = OutputNames.nameOfRelativePath(path);
      out()
          .println(
              task.isPresent()
                  ? OutputNames.blobName(task.get(), TaskOutputKind.of(kind), name)
                  : OutputNames.blobName(JobOutputKind.of(kind), name));
    } catch (IllegalArgumentException e) {
      throw new UsageException(e.getMessage(), e);
    }
    return ExitCode.OK;
  }
}
