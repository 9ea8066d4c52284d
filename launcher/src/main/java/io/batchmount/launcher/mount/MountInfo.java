package io.batchmount.launcher.mount;

import io.batchmount.core.fuse.FuseMount;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * One line of {@code /proc/self/mountinfo} (proc(5)).
 *
 * @param mountPoint where
 * @param fsType such as {@code fuse.batchmount}
 * @param source such as {@code blob:corpus}
 */
public record MountInfo(Path mountPoint, String fsType, String source) {
  /** Type of our own mounts: {@code fuse} and our subtype. */
  public static final String OWN_TYPE = "fuse.batchmount";

  private static final Path TABLE = Path.of("/proc/self/mountinfo");

  /** All mounts, oldest first. */
  public static List<MountInfo> read() throws IOException {
    List<MountInfo> all = new ArrayList<>();
    // decoded with replacement: one foreign name in Latin-1 must not hide all mounts
    new String(Files.readAllBytes(TABLE), StandardCharsets.UTF_8)
        .lines()
        .forEach(line -> parse(line).ifPresent(all::add));
    return all;
  }

  static Optional<MountInfo> parse(String line) {
    int separator = line.indexOf(" - ");
    if (separator < 0) {
      return Optional.empty();
    }
    String[] left = line.substring(0, separator).split(" ");
    String[] right = line.substring(separator + 3).split(" ");
    if (left.length < 5 || right.length < 2) {
      return Optional.empty();
    }
    return Optional.of(new MountInfo(Path.of(unescape(left[4])), right[0], unescape(right[1])));
  }

  /** The topmost mount at exactly this directory. */
  public static Optional<MountInfo> at(Path directory) throws IOException {
    Path wanted = directory.toAbsolutePath().normalize();
    List<MountInfo> all = read();
    Collections.reverse(all);
    return all.stream().filter(m -> m.mountPoint().equals(wanted)).findFirst();
  }

  /** Whether the process of a FUSE mount is gone, so that the kernel answers ENOTCONN for it. */
  public static boolean isDead(Path mountPoint) throws IOException {
    return at(mountPoint).filter(MountInfo::isOwn).isPresent() && FuseMount.isDead(mountPoint);
  }

  /** Mounts at or below a directory, innermost first. */
  public static List<MountInfo> within(Path directory) throws IOException {
    Path wanted = directory.toAbsolutePath().normalize();
    List<MountInfo> all = new ArrayList<>(read());
    all.removeIf(m -> !m.mountPoint().startsWith(wanted));
    Collections.reverse(all);
    return all;
  }

  public boolean isOwn() {
    return fsType.equals(OWN_TYPE);
  }

  /** Octal escapes of the kernel: blank, tab, newline, backslash. The bytes are UTF-8. */
  private static String unescape(String text) {
    if (text.indexOf('\\') < 0) {
      return text;
    }
    StringBuilder result = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == '\\' && i + 3 < text.length()) {
        result.append((char) Integer.parseInt(text.substring(i + 1, i + 4), 8));
        i += 3;
      } else {
        result.append(text.charAt(i));
      }
    }
    return result.toString();
  }
}
