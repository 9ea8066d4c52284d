package io.batchmount.files.store;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** The attribute bits of a file or directory, in the order in which the service lists them. */
public enum FileAttribute {
  READ_ONLY("ReadOnly"),
  HIDDEN("Hidden"),
  SYSTEM("System"),
  DIRECTORY("Directory"),
  ARCHIVE("Archive"),
  TEMPORARY("Temporary"),
  OFFLINE("Offline"),
  NOT_CONTENT_INDEXED("NotContentIndexed"),
  NO_SCRUB_DATA("NoScrubData");

  private final String wireName;

  FileAttribute(String wireName) {
    this.wireName = wireName;
  }

  /** The name in {@code x-ms-file-attributes}. */
  public String wireName() {
    return wireName;
  }

  /** Reads {@code "Archive | Hidden"}; unknown words are passed over. */
  public static Set<FileAttribute> parse(String text) {
    EnumSet<FileAttribute> set = EnumSet.noneOf(FileAttribute.class);
    for (String word : text.split("\\|")) {
      String name = word.trim().toLowerCase(Locale.ROOT);
      Arrays.stream(values())
          .filter(a -> a.wireName.toLowerCase(Locale.ROOT).equals(name))
          .forEach(set::add);
    }
    return set;
  }

  /** Writes a set as the service does; {@code None} when it is empty. */
  public static String format(Set<FileAttribute> set) {
    return set.isEmpty()
        ? "None"
        : Arrays.stream(values())
            .filter(set::contains)
            .map(FileAttribute::wireName)
            .collect(Collectors.joining(" | "));
  }
}
