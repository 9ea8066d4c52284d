package io.batchmount.launcher.cli;

import picocli.CommandLine.Command;

/** {@code batchmount mount}. */
@Command(
    name = "mount",
    description = "Mount a container, a share, or all volumes of a cluster file.",
    subcommands = {MountBlobCommand.class, MountFilesCommand.class})
final class MountCommand extends MountClusterCommand {}
