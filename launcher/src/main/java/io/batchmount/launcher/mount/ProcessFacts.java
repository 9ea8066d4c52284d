package io.batchmount.launcher.mount;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the kernel tells of a process. */
public final class ProcessFacts {
  private static final Logger LOG = LoggerFactory.getLogger(ProcessFacts.class);

  private ProcessFacts() {}

  /** Identity of the running boot. */
  public static String bootId() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    } catch (IOException e) {
      return "unknown"; // hidden in some sandboxes: pid and start time still tell most
    }
  }

  /**
   * Name of this machine, from the kernel: the name service may be slow or not there yet when a
   * node boots.
   */
  public static String hostName() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException e) {
      return "localhost"; // hidden in some sandboxes; only shown to people
    }
  }

  /** Start time in clock ticks since boot (field 22 of proc(5) stat); -1 when there is none. */
  public static long startTicks(long pid) {
    try {
      String stat =
          Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
      // the name in parentheses may hold anything: fields count from behind it
      String[] rest = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return rest[0].equals("Z") ? -1 : Long.parseLong(rest[19]);
    } catch (IOException e) {
      return -1;
    }
  }

  /** Living processes of a process group, or of the session that it leads. */
  public static List<Long> group(long leader) {
    return processes(
        fields -> Long.parseLong(fields[2]) == leader || Long.parseLong(fields[3]) == leader);
  }

  private static List<Long> processes(Predicate<String[]> wanted) {
    List<Long> found = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path entry : all) {
        try {
          String stat = Files.readString(entry.resolve("stat"), StandardCharsets.ISO_8859_1);
          String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
          if (!fields[0].equals("Z") && !fields[0].equals("X") && wanted.test(fields)) {
            found.add(Long.parseLong(entry.getFileName().toString()));
          }
        } catch (IOException e) {
          LOG.trace("{} has just ended", entry);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  /** Processes of this user whose environment has a variable with a value. */
  public static List<Long> withVariable(String name, String value) {
    byte[] wanted = (name + "=" + value + '\0').getBytes(StandardCharsets.UTF_8);
    List<Long> found = new ArrayList<>();
    for (Long pid : processes(fields -> true)) {
      try {
        byte[] environment = Files.readAllBytes(Path.of("/proc/" + pid + "/environ"));
        if (contains(environment, wanted)) {
          found.add(pid);
        }
      } catch (IOException e) {
        LOG.trace("process {} ended, or is another user's", pid);
      }
    }
    return found;
  }

  private static boolean contains(byte[] text, byte[] wanted) {
    for (int i = 0; i + wanted.length <= text.length; i++) {
      if ((i == 0 || text[i - 1] == 0)
          && Arrays.equals(text, i, i + wanted.length, wanted, 0, wanted.length)) {
        return true;
      }
    }
    return false;
  }

  /**
   * False for a process that was killed and is still being taken apart: its memory and with it its
   * command line are gone already. One that dies with files open on its own mount stays so until
   * the mount's connection is aborted, because the kernel waits for it to answer itself.
   */
  public static boolean isRunning(long pid) {
    try {
      return Files.readAllBytes(Path.of("/proc/" + pid + "/cmdline")).length > 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** Resident bytes of this process. */
  public static long residentBytes() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith("VmRSS:")) {
          return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
        }
      }
      return 0;
    } catch (IOException e) {
      return 0; // only shown to people
    }
  }
}
