package io.batchmount.launcher.cli;

import picocli.CommandLine.Command;

/** {@code batchmount emulator}. */
@Command(
    name = "emulator",
    description = "Local storage for trying and testing.",
    subcommands = EmulatorFilesCommand.class)
final class EmulatorCommand extends GroupCommand {}
