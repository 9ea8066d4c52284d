package io.batchmount.launcher.mount;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** How much memory this process may use: the tightest of its control groups and the machine. */
public final class CgroupMemory {
  private CgroupMemory() {}

  /** Bytes. */
  public static long limit() {
    return limit(Path.of("/"));
  }

  /**
   * @param root of the file system, for tests
   */
  static long limit(Path root) {
    long limit = machine(root);
    for (String line : lines(root.resolve("proc/self/cgroup"))) {
      String[] parts = line.split(":", 3);
      if (parts.length < 3) {
        continue;
      }
      Path base =
          parts[1].isEmpty()
              ? root.resolve("sys/fs/cgroup")
              : List.of(parts[1].split(",")).contains("memory")
                  ? root.resolve("sys/fs/cgroup/memory")
                  : null;
      if (base == null) {
        continue;
      }
      String file = parts[1].isEmpty() ? "memory.max" : "memory.limit_in_bytes";
      Path group = base.resolve(parts[2].substring(1));
      // a limit of any ancestor binds too; inside a container the path may not be visible at all
      while (group.startsWith(base)) {
        for (String value : lines(group.resolve(file))) {
          if (value.matches("\\d{1,18}")) {
            limit = Math.min(limit, Long.parseLong(value));
          }
        }
        if (group.equals(base)) {
          break;
        }
        group = group.getParent();
      }
    }
    return limit;
  }

  private static long machine(Path root) {
    for (String line : lines(root.resolve("proc/meminfo"))) {
      if (line.startsWith("MemTotal:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
      }
    }
    return 1L << 30; // no /proc: as if it were a small machine
  }

  private static List<String> lines(Path file) {
    try {
      return Files.isReadable(file) ? Files.readAllLines(file) : List.of();
    } catch (IOException e) {
      return List.of(); // a file of the kernel that this kernel does not answer: no limit from it
    }
  }
}
