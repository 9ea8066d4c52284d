package io.batchmount.launcher.cli;

import io.batchmount.launcher.mount.Volume;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code batchmount mount files}. */
@Command(name = "files", description = "Mount a file share.")
final class MountFilesCommand extends MountVolumeCommand {
  @Parameters(index = "0", paramLabel = "SHARE", description = "The share.")
  String share;

  @Override
  Volume.Kind kind() {
    return Volume.Kind.FILES;
  }

  @Override
  String volumeName() {
    return share;
  }
}
