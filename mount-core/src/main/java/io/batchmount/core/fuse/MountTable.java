package io.batchmount.core.fuse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The mounts of this process's mount name space: {@code /proc/self/mountinfo} (proc(5)). Immutable.
 */
public final class MountTable {
  /** Type of the mounts of this project in the table. */
  public static final String TYPE = "fuse.batchmount";

  private static final Path MOUNTINFO = Path.of("/proc/self/mountinfo");
  private static final int FIRST_OPTIONAL_FIELD = 6; // proc(5): six fields, then any number up to -

  /**
   * One mount.
   *
   * @param id of the mount
   * @param device {@code major:minor} of the file system
   * @param mountPoint where it is, an absolute path; a string, because it may be of any user's
   *     making and no path for this process's locale
   * @param options of the mount, such as {@code rw,nosuid}
   * @param type of the file system, such as {@code fuse.batchmount}
   * @param source what stands in the place of a device
   */
  public record Entry(
      int id, String device, String mountPoint, String options, String type, String source) {
    /** Whether it is a mount of this project. */
    public boolean isOurs() {
      return type.equals(TYPE);
    }

    boolean isFuse() {
      return type.equals("fuse") || type.startsWith("fuse.") || type.equals("fuseblk");
    }
  }

  private final List<Entry> entries;

  private MountTable(List<Entry> entries) {
    this.entries = List.copyOf(entries);
  }

  /** The table now. */
  public static MountTable read() throws IOException {
    return parse(Files.readString(MOUNTINFO, StandardCharsets.ISO_8859_1));
  }

  /**
   * Reads the text of a table.
   *
   * @param text each character one byte, as names may be in any encoding
   */
  static MountTable parse(String text) {
    List<Entry> entries = new ArrayList<>();
    text.lines().forEach(line -> parseLine(line).ifPresent(entries::add));
    return new MountTable(entries);
  }

  private static Optional<Entry> parseLine(String line) {
    String[] fields = line.split(" ");
    int dash = FIRST_OPTIONAL_FIELD;
    while (dash < fields.length && !fields[dash].equals("-")) {
      dash++;
    }
    if (dash + 2 >= fields.length) {
      return Optional.empty();
    }
    return Optional.of(
        new Entry(
            Integer.parseInt(fields[0]),
            fields[2],
            unescape(fields[4]),
            fields[5],
            unescape(fields[dash + 1]),
            unescape(fields[dash + 2])));
  }

  /** Blank, tab, line feed and backslash stand there as a backslash and three octal digits. */
  private static String unescape(String field) {
    byte[] bytes = new byte[field.length()];
    int length = 0;
    for (int i = 0; i < field.length(); i++) {
      char c = field.charAt(i);
      if (c == '\\' && i + 3 < field.length() && isOctal(field, i + 1)) {
        bytes[length++] = (byte) Integer.parseInt(field.substring(i + 1, i + 4), 8);
        i += 3;
      } else {
        bytes[length++] = (byte) c;
      }
    }
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }

  private static boolean isOctal(String field, int start) {
    for (int i = start; i < start + 3; i++) {
      if (field.charAt(i) < '0' || field.charAt(i) > '7') {
        return false;
      }
    }
    return true;
  }

  /** All mounts, in the order in which they were made. */
  public List<Entry> entries() {
    return entries;
  }

  /** The mount that is seen at a path: the last one made there. */
  public Optional<Entry> at(Path mountPoint) {
    return entries.stream()
        .filter(entry -> entry.mountPoint().equals(mountPoint.toString()))
        .reduce((first, second) -> second);
  }

  /** The mounts of this project. */
  public List<Entry> ours() {
    return entries.stream().filter(Entry::isOurs).toList();
  }
}
