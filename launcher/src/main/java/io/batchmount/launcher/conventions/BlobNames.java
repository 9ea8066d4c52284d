package io.batchmount.launcher.conventions;

import java.util.Optional;

/**
 * Which names a blob can bear so that it is found again under the very same name.
 *
 * <p>Bounds from "Naming and referencing containers, blobs, and metadata" (Blob service). The
 * service turns a back-slash into a slash, refuses control characters and drops a dot at the end of
 * a segment; a name that holds one of these would be stored under another name, so it is refused
 * here.
 */
public final class BlobNames {
  /** Longest name in characters. */
  public static final int LONGEST_NAME = 1024;

  /** Most segments between slashes. */
  public static final int MOST_SEGMENTS = 254;

  private BlobNames() {}

  /**
   * What is wrong with a name, or nothing.
   *
   * @return a sentence for people
   */
  public static Optional<String> problemOf(String name) {
    if (name.isEmpty()) {
      return Optional.of("the blob name is empty");
    }
    if (name.length() > LONGEST_NAME) {
      return Optional.of(
          "the blob name has " + name.length() + " characters, at most 1024 are possible");
    }
    if (name.chars().filter(c -> c == '/').count() >= MOST_SEGMENTS) {
      return Optional.of("the blob name has more than 254 segments");
    }
    Optional<String> character = problemOfCharacters(name);
    return character.isPresent() ? character : problemOfSegments(name);
  }

  private static Optional<String> problemOfCharacters(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c == '\\') {
        return Optional.of("a blob name cannot hold a back-slash");
      }
      if (Character.isISOControl(c) || c == '\uFFFE' || c == '\uFFFF') {
        return Optional.of(
            "a blob name cannot hold the control character U+"
                + Integer.toHexString(0x10000 | c).substring(1));
      }
      if (Character.isSurrogate(c)) {
        if (!Character.isHighSurrogate(c)
            || i + 1 == name.length()
            || !Character.isLowSurrogate(name.charAt(i + 1))) {
          return Optional.of("the blob name is not valid Unicode");
        }
        i++;
      }
    }
    return Optional.empty();
  }

  private static Optional<String> problemOfSegments(String name) {
    for (String segment : name.split("/", -1)) {
      if (segment.endsWith(".")) {
        return Optional.of("no segment of a blob name can end in a dot: \"" + segment + "\"");
      }
    }
    return Optional.empty();
  }
}
