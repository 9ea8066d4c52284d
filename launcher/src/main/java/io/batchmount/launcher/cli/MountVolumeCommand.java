package io.batchmount.launcher.cli;

import io.batchmount.launcher.account.StorageAccount;
import io.batchmount.launcher.mount.BackgroundProcess;
import io.batchmount.launcher.mount.MountFailure;
import io.batchmount.launcher.mount.Volume;
import io.batchmount.launcher.mount.VolumeTuning;
import io.batchmount.launcher.options.AccountOptions;
import io.batchmount.launcher.options.MountOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code batchmount mount blob|files NAME DIR}: one process, one volume. */
abstract class MountVolumeCommand extends BaseCommand {
  @Parameters(index = "1", paramLabel = "DIR", description = "Mount point: an empty directory.")
  Path directory;

  @Mixin MountOptions mount = new MountOptions();
  @Mixin AccountOptions account = new AccountOptions();

  @Option(names = "--foreground", description = "Stay in the foreground until unmounted.")
  boolean foreground;

  abstract Volume.Kind kind();

  /** Container or share. */
  abstract String volumeName();

  @Override
  public Integer call() throws IOException {
    // also in the process that only starts another: wrong usage is told without a second start
    kind().requireName(volumeName());
    StorageAccount storage = accounts().direct();
    if (!foreground && !BackgroundProcess.isChild(environment())) {
      return BackgroundProcess.start(
          spec.root().commandLine().getParseResult().originalArgs(), err());
    }
    Path mountPoint = directory.toAbsolutePath().normalize();
    Volume volume =
        new Volume.Storage(
            kind(),
            storage,
            volumeName(),
            mount.subdirectory().orElse(""),
            mountPoint,
            VolumeTuning.of(mount));
    try {
      return Hosting.serve(
          this,
          List.of(volume),
          Hosting.logName(mountPoint),
          "mount",
          mount,
          Hosting.patience(this, mount.keepTrying()),
          () -> {});
    } catch (MountFailure e) {
      throw Hosting.mountFailed(this, e);
    }
  }
}
