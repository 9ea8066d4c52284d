package io.batchmount.launcher.cli.outputs;

import com.azure.storage.blob.BlobContainerClient;
import io.batchmount.launcher.cli.ExitCode;
import io.batchmount.launcher.conventions.OutputNames;
import io.batchmount.launcher.conventions.StoredOutput;
import io.batchmount.launcher.options.UsageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code batchmount outputs save}. */
@Command(
    name = "save",
    description = "Save files as outputs, each under its relative path, and print the addresses.")
final class SaveCommand extends ConventionsCommand {
  @Option(
      names = "--kind",
      required = true,
      paramLabel = "KIND",
      description = "Kind of the outputs.")
  String kind;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "Name below the kind; for one FILE, which may then be absolute.")
  Optional<String> name = Optional.empty();

  @Option(
      names = "--create-container",
      description = "Create the job's container first if it is not there.")
  boolean create;

  @Parameters(arity = "1..*", paramLabel = "FILE", description = "Files to be saved.")
  List<Path> files;

  @Override
  int codeOfFailure() {
    return ExitCode.UNSAVED;
  }

  @Override
  int run(BlobContainerClient container) {
    if (name.isPresent() && files.size() != 1) {
      throw new UsageException("--name names one output; give one FILE");
    }
    for (Path file : files) {
      if (!Files.isRegularFile(file)) {
        throw new UsageException(file + " is no file");
      }
    }
    if (create) {
      container.createIfNotExists();
    }
    Outputs<?> outputs = outputs(container, kind);
    for (Path file : files) {
      String as = name.orElseGet(() -> OutputNames.nameOfRelativePath(file.toString()));
      StoredOutput stored = outputs.save(file.toAbsolutePath(), as);
      out().println(stored.uri());
    }
    return ExitCode.OK;
  }
}
