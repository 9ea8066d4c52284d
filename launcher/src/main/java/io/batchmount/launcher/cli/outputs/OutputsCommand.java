package io.batchmount.launcher.cli.outputs;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code batchmount outputs}. */
@Command(
    name = "outputs",
    description = "Output files of a job: upload, and the File Conventions.",
    subcommands = {
      UploadCommand.class,
      ListCommand.class,
      GetCommand.class,
      SaveCommand.class,
      DeleteCommand.class,
      TrackCommand.class,
      ContainerNameCommand.class,
      BlobNameCommand.class
    })
public final class OutputsCommand implements Runnable {
  @Spec CommandSpec spec;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "say what to do: " + String.join(", ", spec.subcommands().keySet()));
  }
}
