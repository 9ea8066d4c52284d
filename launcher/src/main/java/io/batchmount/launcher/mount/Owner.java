package io.batchmount.launcher.mount;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * User and group of this process, as numbers.
 *
 * @param uid effective user
 * @param gid effective group
 */
public record Owner(int uid, int gid) {
  private static final Owner CURRENT = read();

  public static Owner current() {
    return CURRENT;
  }

  private static Owner read() {
    int uid = 0;
    int gid = 0;
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        String[] fields = line.split("\\s+");
        if (line.startsWith("Uid:")) {
          uid = Integer.parseInt(fields[2]);
        } else if (line.startsWith("Gid:")) {
          gid = Integer.parseInt(fields[2]);
        }
      }
    } catch (IOException e) {
      throw new IllegalStateException("/proc is not mounted; batchmount needs it", e);
    }
    return new Owner(uid, gid);
  }
}
