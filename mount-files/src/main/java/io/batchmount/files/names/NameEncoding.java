package io.batchmount.files.names;

import java.util.Locale;
import java.util.Set;

/**
 * The reversible encoding of names that Azure Files cannot hold.
 *
 * <ul>
 *   <li>{@code " \ : | < > * ?} and {@code /} become the full-width character, U+FEE0 higher;
 *   <li>control characters become control pictures (U+2400 higher), DEL becomes U+2421;
 *   <li>a full stop at the end becomes U+FF0E, because the service strips it;
 *   <li>a character that is one of those images already, and U+201B itself, gets U+201B in front;
 *   <li>a reserved device name ({@code CON}, {@code LPT1}, ...) gets U+201B in front. rclone has no
 *       form for these and shows them with that character.
 * </ul>
 *
 * <p>{@code decode(encode(n))} is {@code n} for every name, and different names have different
 * encodings.
 */
public final class NameEncoding {
  private static final char QUOTE = '\u201B';
  private static final int FULL_WIDTH = 0xFEE0;
  private static final int CONTROL_PICTURES = 0x2400;
  private static final char DELETE_PICTURE = '\u2421';
  private static final char FULL_STOP = '\uFF0E';
  private static final String FORBIDDEN = "\"\\/:|<>*?";

  /** Device names of the reference, in upper case. */
  private static final Set<String> RESERVED =
      Set.of(
          "PRN", "AUX", "NUL", "CON", "CLOCK$", "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6",
          "LPT7", "LPT8", "LPT9", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8",
          "COM9");

  private NameEncoding() {}

  /** Whether the service can hold the name as it is, and nobody would read it as encoded. */
  public static boolean isPlain(String name) {
    return encode(name).equals(name);
  }

  /**
   * Whether the service cannot hold the name as it is (what {@code --illegal-names refuse}
   * refuses).
   */
  public static boolean isIllegal(String name) {
    return name.chars().anyMatch(c -> isForbidden((char) c))
        || name.endsWith(".")
        || isReserved(name);
  }

  /** The stored form of a name. */
  public static String encode(String name) {
    if (name.isEmpty()) {
      return name;
    }
    StringBuilder out = null;
    int last = name.length() - 1;
    if (isReserved(name)) {
      return QUOTE + name;
    }
    for (int i = 0; i <= last; i++) {
      char c = name.charAt(i);
      char image = image(c, i == last);
      boolean quote = c == QUOTE || isImage(c, i == last);
      if (out == null && (image != c || quote)) {
        out = new StringBuilder(name.length() + 8).append(name, 0, i);
      }
      if (out != null) {
        if (quote) {
          out.append(QUOTE);
        }
        out.append(image);
      }
    }
    return out == null ? name : out.toString();
  }

  /** The name behind a stored form; names that were never encoded come back as they are. */
  public static String decode(String stored) {
    int length = stored.length();
    if (length > 1 && stored.charAt(0) == QUOTE && isReserved(stored.substring(1))) {
      return stored.substring(1);
    }
    StringBuilder out = null;
    for (int i = 0; i < length; i++) {
      char c = stored.charAt(i);
      if (c == QUOTE && i + 1 < length) {
        char next = stored.charAt(i + 1);
        if (next == QUOTE || isImage(next, i + 2 == length)) {
          out = start(out, stored, i);
          out.append(next);
          i++;
          continue;
        }
      }
      char original = original(c, i == length - 1);
      if (original != c) {
        out = start(out, stored, i);
      }
      if (out != null) {
        out.append(original);
      }
    }
    return out == null ? stored : out.toString();
  }

  private static StringBuilder start(StringBuilder out, String stored, int upTo) {
    return out != null ? out : new StringBuilder(stored.length()).append(stored, 0, upTo);
  }

  private static boolean isReserved(String name) {
    return name.length() <= 6 && RESERVED.contains(name.toUpperCase(Locale.ROOT));
  }

  private static boolean isForbidden(char c) {
    return c < 0x20 || c == 0x7F || FORBIDDEN.indexOf(c) >= 0;
  }

  private static char image(char c, boolean last) {
    if (c < 0x20) {
      return (char) (c + CONTROL_PICTURES);
    }
    if (c == 0x7F) {
      return DELETE_PICTURE;
    }
    if (FORBIDDEN.indexOf(c) >= 0) {
      return (char) (c + FULL_WIDTH);
    }
    return c == '.' && last ? FULL_STOP : c;
  }

  private static char original(char c, boolean last) {
    if (c >= CONTROL_PICTURES && c < CONTROL_PICTURES + 0x20) {
      return (char) (c - CONTROL_PICTURES);
    }
    if (c == DELETE_PICTURE) {
      return 0x7F;
    }
    if (c == FULL_STOP && last) {
      return '.';
    }
    char plain = (char) (c - FULL_WIDTH);
    return c > FULL_WIDTH && FORBIDDEN.indexOf(plain) >= 0 ? plain : c;
  }

  private static boolean isImage(char c, boolean last) {
    return original(c, last) != c;
  }
}
