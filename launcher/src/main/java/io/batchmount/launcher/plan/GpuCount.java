package io.batchmount.launcher.plan;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Counts the GPUs of this machine that a job may use. */
public final class GpuCount {
  private GpuCount() {}

  /**
   * Device files {@code nvidia0}, {@code nvidia1}, ... below {@code devices}, limited by {@code
   * CUDA_VISIBLE_DEVICES}; 0 where there are none or none can be listed.
   */
  public static int of(Path devices, Map<String, String> environment) {
    int count = 0;
    if (Files.isDirectory(devices)) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(devices, "nvidia[0-9]*")) {
        for (Path file : files) {
          count += file.getFileName().toString().matches("nvidia[0-9]+") ? 1 : 0;
        }
      } catch (IOException unlistable) {
        return 0; // a machine whose devices cannot be listed offers none
      }
    }
    String visible = environment.get("CUDA_VISIBLE_DEVICES");
    if (visible == null) {
      return count;
    }
    int named = 0;
    for (String device : visible.split(",")) {
      if (device.isBlank() || device.trim().startsWith("-")) {
        break; // an invalid entry ends the list, as CUDA reads it
      }
      named++;
    }
    return Math.min(count, named);
  }
}
