package io.batchmount.launcher.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code batchmount} itself. */
@Command(
    name = "batchmount",
    description =
        "Azure Blob containers and Azure file shares as plain directories, and jobs on them.",
    versionProvider = RootCommand.Version.class)
final class RootCommand implements Runnable {
  @Spec CommandSpec spec;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version.")
  boolean version;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say which command");
  }

  /** Version from the manifest. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = RootCommand.class.getPackage().getImplementationVersion();
      return new String[] {
        "batchmount "
            + (version == null ? "(unpackaged)" : version)
            + " on Java "
            + System.getProperty("java.version")
      };
    }
  }
}
