package io.batchmount.launcher.cli;

import picocli.CommandLine.Command;

/** {@code batchmount storage}. */
@Command(
    name = "storage",
    description = "Make containers and shares, and move data sets into and out of containers.",
    subcommands = {
      StorageAutoCommand.class,
      StorageCreateCommand.class,
      StorageUploadCommand.class,
      StorageDownloadCommand.class
    })
final class StorageCommand extends GroupCommand {}
