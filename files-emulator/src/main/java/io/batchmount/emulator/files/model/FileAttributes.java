package io.batchmount.emulator.files.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/** The attribute bits of SMB files, written in the order the service writes them. */
public enum FileAttributes {
  READ_ONLY("ReadOnly", 0x1),
  HIDDEN("Hidden", 0x2),
  SYSTEM("System", 0x4),
  DIRECTORY("Directory", 0x10),
  ARCHIVE("Archive", 0x20),
  TEMPORARY("Temporary", 0x100),
  OFFLINE("Offline", 0x1000),
  NOT_CONTENT_INDEXED("NotContentIndexed", 0x2000),
  NO_SCRUB_DATA("NoScrubData", 0x20000);

  private final String text;
  private final int bit;

  FileAttributes(String text, int bit) {
    this.text = text;
    this.bit = bit;
  }

  /** The bit that Windows gives it. */
  public int bit() {
    return bit;
  }

  /** Whether it is among the bits. */
  public boolean in(int bits) {
    return (bits & bit) != 0;
  }

  /** For example {@code ReadOnly | Archive}; {@code None} for no bit. */
  public static String format(int bits) {
    List<String> names = new ArrayList<>();
    for (FileAttributes a : values()) {
      if (a.in(bits)) {
        names.add(a.text);
      }
    }
    return names.isEmpty() ? "None" : String.join(" | ", names);
  }

  /** Reads names joined by a bar, in any case; empty when one is not known. */
  public static OptionalInt parse(String text) {
    int bits = 0;
    for (String part : text.split("\\|", -1)) {
      String name = part.strip().toLowerCase(Locale.ROOT);
      if (name.equals("none") || name.equals("normal")) {
        continue;
      }
      Optional<FileAttributes> found = named(name);
      if (found.isEmpty()) {
        return OptionalInt.empty();
      }
      bits |= found.get().bit;
    }
    return OptionalInt.of(bits);
  }

  private static Optional<FileAttributes> named(String lowerCase) {
    for (FileAttributes a : values()) {
      if (a.text.toLowerCase(Locale.ROOT).equals(lowerCase)) {
        return Optional.of(a);
      }
    }
    return Optional.empty();
  }
}
