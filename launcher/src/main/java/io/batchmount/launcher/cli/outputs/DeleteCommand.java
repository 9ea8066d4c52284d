package io.batchmount.launcher.cli.outputs;

import com.azure.storage.blob.BlobContainerClient;
import io.batchmount.launcher.cli.ExitCode;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code batchmount outputs delete}. */
@Command(name = "delete", description = "Delete stored outputs of one kind.")
final class DeleteCommand extends ConventionsCommand {
  @Option(
      names = "--kind",
      required = true,
      paramLabel = "KIND",
      description = "Kind of the outputs.")
  String kind;

  @Parameters(
      arity = "1..*",
      paramLabel = "PATH",
      description = "Path below the kind, as list shows it.")
  List<String> paths;

  @Override
  int run(BlobContainerClient container) {
    Outputs<?> outputs = outputs(container, kind);
    paths.forEach(path -> outputs.get(path).delete());
    return ExitCode.OK;
  }
}
