package io.batchmount.launcher.cli;

import io.batchmount.launcher.plan.ConfigurationCheck;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code batchmount check}: validates job.json or cluster.json without running it. */
@Command(
    name = "check",
    description = "Validates a job or cluster file: exit code 0 if it can be used, else 2.")
final class CheckCommand extends BaseCommand {
  @Parameters(paramLabel = "FILE", description = "The job.json or cluster.json to validate.")
  Path file;

  @Option(names = "--strict", description = "Unknown members are errors.")
  boolean strict;

  @Option(names = "--json", description = "Print the result as JSON.")
  boolean json;

  @Override
  public Integer call() {
    ConfigurationCheck check = ConfigurationCheck.check(file, strict, environment());
    check.warnings().forEach(warning -> say("warning: " + warning));
    check.problems().forEach(problem -> say("error: " + problem));
    if (json) {
      out().println(check.toJson().toPrettyString());
    } else if (check.valid()) {
      out().println(file + ": valid " + check.toJson().path("kind").asText() + " file");
    }
    out().flush();
    return check.valid() ? ExitCode.OK : ExitCode.USAGE;
  }
}
