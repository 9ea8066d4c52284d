package io.batchmount.launcher.cli;

import picocli.AutoComplete;
import picocli.CommandLine.Command;

/** {@code batchmount completion}: a script for bash and zsh. */
@Command(
    name = "completion",
    description = "Print the completion script of bash and zsh: source <(batchmount completion).")
final class CompletionCommand extends BaseCommand {
  @Override
  public Integer call() {
    out().print(AutoComplete.bash("batchmount", Cli.commands()));
    out().flush();
    return ExitCode.OK;
  }
}
