package io.batchmount.launcher.cli;

import picocli.CommandLine.Command;

/** {@code batchmount job file}. */
@Command(
    name = "file",
    description = "Output files of a job.",
    subcommands = {JobFileListCommand.class, JobFileStreamCommand.class})
final class JobFileCommand extends GroupCommand {}
