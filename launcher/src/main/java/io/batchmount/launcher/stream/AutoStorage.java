package io.batchmount.launcher.stream;

import io.batchmount.launcher.mount.Volume;
import io.batchmount.launcher.plan.VolumeOptions;
import java.io.IOException;
import java.util.List;

/** Auto-storage: a share and a container of fixed names, made when missing. */
public final class AutoStorage {
  private AutoStorage() {}

  /** Makes those of the volumes that are auto-storage's. */
  public static void ensure(List<? extends Volume> volumes) throws IOException {
    for (Volume volume : volumes) {
      if (volume instanceof Volume.Storage storage
          && (storage.name().equals(VolumeOptions.AUTO_SHARE)
              || storage.name().equals(VolumeOptions.AUTO_CONTAINER))) {
        StorageAdmin.create(storage.account(), storage.kind(), storage.name());
      }
    }
  }
}
