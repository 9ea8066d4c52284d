package io.batchmount.launcher.cli;

import io.batchmount.launcher.run.JobPlaces;
import picocli.CommandLine.Option;

/** Where among the outputs of a job. */
final class OutputPlace {
  @Option(
      names = {"-d", "--output-directory-id"},
      paramLabel = "ID",
      defaultValue = JobPlaces.STDOUTERR,
      description = "Which output directory (default: ${DEFAULT-VALUE}).")
  String directoryId;

  @Option(
      names = {"-p", "--path"},
      paramLabel = "PATH",
      defaultValue = ".",
      description = "Directory inside it (default: ${DEFAULT-VALUE}).")
  String path;

  String directoryId() {
    return directoryId;
  }

  String path() {
    return path;
  }
}
