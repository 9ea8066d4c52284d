package io.batchmount.launcher.cli;

import io.batchmount.launcher.options.AccountOptions;
import io.batchmount.launcher.options.ByteSize;
import io.batchmount.launcher.stream.BulkTransfer;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code batchmount storage upload}. */
@Command(
    name = "upload",
    description =
        "Upload the files of a directory into a container; what is there already is left out, so that a second call goes on. A directory without files is no error.")
final class StorageUploadCommand extends BaseCommand {
  @Mixin AccountOptions account = new AccountOptions();

  @Parameters(index = "0", paramLabel = "DIR", description = "Directory or file.")
  Path source;

  @Parameters(index = "1", paramLabel = "CONTAINER[/PREFIX]", description = "Where to.")
  String target;

  @Option(
      names = "--parallel",
      paramLabel = "N",
      defaultValue = "16",
      description = "Files at a time (default: ${DEFAULT-VALUE}).")
  int parallel;

  @Override
  public Integer call() throws IOException {
    try (ProgressLine progress = new ProgressLine(err())) {
      BulkTransfer.Outcome outcome =
          BulkTransfer.upload(
              accounts().direct(), source, target, parallel, this::say, progress::show);
      progress.close();
      return report(this, outcome, "uploaded");
    }
  }

  static int report(BaseCommand command, BulkTransfer.Outcome outcome, String verb) {
    outcome.problems().forEach(command::say);
    command
        .out()
        .println(
            verb
                + " "
                + outcome.files()
                + " files, "
                + ByteSize.display(outcome.bytes())
                + "; "
                + outcome.skipped()
                + " were there already");
    command.out().flush();
    return outcome.problems().isEmpty() ? ExitCode.OK : ExitCode.UNSAVED;
  }
}
