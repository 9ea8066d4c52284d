package io.batchmount.launcher.cli;

import io.batchmount.launcher.account.StorageAccount;
import io.batchmount.launcher.mount.Volume;
import io.batchmount.launcher.options.AccountOptions;
import io.batchmount.launcher.stream.StorageAdmin;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code batchmount storage create}. */
@Command(
    name = "create",
    description = "Make a container or share; nothing happens when it is there.")
final class StorageCreateCommand extends BaseCommand {
  /** What to make. */
  enum Kind {
    blob,
    files
  }

  @Mixin AccountOptions account = new AccountOptions();

  @Parameters(index = "0", paramLabel = "blob|files", description = "A container or a share.")
  Kind kind;

  @Parameters(index = "1", paramLabel = "NAME", description = "Its name.")
  String name;

  @Override
  public Integer call() throws IOException {
    Volume.Kind volume = kind == Kind.blob ? Volume.Kind.BLOB : Volume.Kind.FILES;
    volume.requireName(name);
    StorageAccount storage = accounts().direct();
    boolean made = StorageAdmin.create(storage, volume, name);
    out().println((made ? "made " : "found ") + kind + ":" + name + " in " + storage.name());
    out().flush();
    return ExitCode.OK;
  }
}
