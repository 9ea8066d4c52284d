package io.batchmount.launcher.cli;

import picocli.CommandLine.Command;

/** {@code batchmount job}. */
@Command(
    name = "job",
    description = "Jobs and their outputs, seen from outside.",
    subcommands = {
      JobFileCommand.class,
      JobShowCommand.class,
      JobListCommand.class,
      JobWaitCommand.class,
      JobTerminateCommand.class,
      JobDeleteCommand.class
    })
final class JobCommand extends GroupCommand {}
