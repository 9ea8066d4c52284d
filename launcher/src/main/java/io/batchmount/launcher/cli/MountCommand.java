package io.batchmount.launcher.cli;

import io.batchmount.launcher.options.AccountOptions;
import io.batchmount.launcher.options.MountOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code batchmount mount}. */
@Command(
    name = "mount",
    description = "Mount a container, a share, or all volumes of a cluster file.")
final class MountCommand extends BaseCommand {
  @Mixin MountOptions mount = new MountOptions();
  @Mixin AccountOptions account = new AccountOptions();

  @Override
  public Integer call() {
    throw new CommandFailure(ExitCode.USAGE, "say what to mount: blob, files, or -f cluster.json");
  }
}
