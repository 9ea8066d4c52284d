package io.batchmount.launcher.cli;

import io.batchmount.launcher.account.StorageAccount;
import io.batchmount.launcher.mount.Volume;
import io.batchmount.launcher.options.AccountOptions;
import io.batchmount.launcher.plan.VolumeOptions;
import io.batchmount.launcher.stream.StorageAdmin;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code batchmount storage auto}. */
@Command(
    name = "auto",
    description =
        "Auto-storage: make share batchaishare and container batchaicontainer where missing.")
final class StorageAutoCommand extends BaseCommand {
  @Mixin AccountOptions account = new AccountOptions();

  @Override
  public Integer call() throws IOException {
    StorageAccount storage = accounts().direct();
    say(storage, Volume.Kind.FILES, VolumeOptions.AUTO_SHARE);
    say(storage, Volume.Kind.BLOB, VolumeOptions.AUTO_CONTAINER);
    return ExitCode.OK;
  }

  private void say(StorageAccount storage, Volume.Kind kind, String name) throws IOException {
    boolean made = StorageAdmin.create(storage, kind, name);
    out().println((made ? "made " : "found ") + kind.word() + ":" + name + " in " + storage.name());
    out().flush();
  }
}
