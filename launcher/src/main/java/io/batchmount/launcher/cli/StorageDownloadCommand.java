package io.batchmount.launcher.cli;

import io.batchmount.launcher.options.AccountOptions;
import io.batchmount.launcher.stream.BulkTransfer;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code batchmount storage download}. */
@Command(
    name = "download",
    description =
        "Download a container, one blob, or what is below a prefix; what is there already is left out. A prefix that matches nothing is an error.")
final class StorageDownloadCommand extends BaseCommand {
  @Mixin AccountOptions account = new AccountOptions();

  @Parameters(index = "0", paramLabel = "CONTAINER[/PREFIX]", description = "Where from.")
  String source;

  @Parameters(index = "1", paramLabel = "DIR", description = "Where to.")
  Path target;

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
          BulkTransfer.download(accounts().direct(), source, target, parallel, progress::show);
      progress.close();
      return StorageUploadCommand.report(this, outcome, "downloaded");
    }
  }
}
