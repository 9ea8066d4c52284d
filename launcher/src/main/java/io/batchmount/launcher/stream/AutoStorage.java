package io.batchmount.launcher.stream;

import io.batchmount.core.OperationContext;
import io.batchmount.launcher.mount.Volume;
import io.batchmount.launcher.plan.VolumeOptions;
import java.io.IOException;
import java.util.List;

/** Auto-storage: a share and a container of fixed names, made when missing. */
public final class AutoStorage {
  private AutoStorage() {}

  /**
   * Makes those of the volumes that are auto-storage's.
   *
   * @return how many were made
   */
  public static int ensure(List<? extends Volume> volumes) throws IOException {
    int made = 0;
    for (Volume volume : volumes) {
      if (volume instanceof Volume.Storage storage
          && (storage.name().equals(VolumeOptions.AUTO_SHARE)
              || storage.name().equals(VolumeOptions.AUTO_CONTAINER))) {
        try (OperationContext deadline =
            OperationContext.open(storage.tuning().connectTimeout(), () -> false)) {
          made += StorageAdmin.create(storage.account(), storage.kind(), storage.name()) ? 1 : 0;
        }
      }
    }
    return made;
  }
}
