package io.batchmount.launcher.cli;

import io.batchmount.launcher.mount.Volume;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code batchmount mount blob}. */
@Command(name = "blob", description = "Mount a blob container.")
final class MountBlobCommand extends MountVolumeCommand {
  @Parameters(index = "0", paramLabel = "CONTAINER", description = "The container.")
  String container;

  @Override
  Volume.Kind kind() {
    return Volume.Kind.BLOB;
  }

  @Override
  String volumeName() {
    return container;
  }
}
