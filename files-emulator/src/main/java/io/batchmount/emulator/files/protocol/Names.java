package io.batchmount.emulator.files.protocol;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** The rules for names of shares, directories and files. */
final class Names {
  private static final Pattern SHARE = Pattern.compile("[a-z0-9](?:[a-z0-9]|-(?!-)){1,61}[a-z0-9]");
  private static final Pattern RESERVED =
      Pattern.compile("LPT[1-9]|COM[1-9]|PRN|AUX|NUL|CON|CLOCK\\$");
  private static final String FORBIDDEN = "\"\\/:|<>*?";
  private static final int MAX_NAME = 255;
  private static final int MAX_PATH = 2048;
  private static final int MAX_DEPTH = 250;

  private Names() {}

  /** Throws InvalidResourceName unless it may be the name of a share. */
  static void checkShare(String name) {
    if (!SHARE.matcher(name).matches()) {
      throw new ServiceException(ErrorCode.InvalidResourceName);
    }
  }

  /**
   * The segments of a path as they are stored and looked up.
   *
   * @param keepTrailingDots whether dots at the end of names are part of them; they are cut off
   *     otherwise
   */
  static List<String> path(List<String> segments, boolean keepTrailingDots) {
    List<String> names = new ArrayList<>(segments.size());
    int length = Math.max(0, segments.size() - 1);
    for (String segment : segments) {
      String name =
          keepTrailingDots || segment.equals(".") || segment.equals("..")
              ? segment
              : stripDots(segment);
      checkName(name);
      names.add(name);
      length += name.length();
    }
    if (names.size() > MAX_DEPTH || length > MAX_PATH) {
      throw new ServiceException(ErrorCode.InvalidFileOrDirectoryPathName);
    }
    return names;
  }

  private static String stripDots(String name) {
    int end = name.length();
    while (end > 0 && name.charAt(end - 1) == '.') {
      end--;
    }
    return name.substring(0, end);
  }

  private static void checkName(String name) {
    if (name.length() > MAX_NAME) {
      throw new ServiceException(ErrorCode.InvalidFileOrDirectoryPathName);
    }
    boolean bad =
        name.isEmpty()
            || name.equals(".")
            || name.equals("..")
            || RESERVED.matcher(name.toUpperCase(Locale.ROOT)).matches()
            || name.chars()
                .anyMatch(c -> c < 0x20 || (c >= 0x7f && c < 0xa0) || FORBIDDEN.indexOf(c) >= 0);
    if (bad) {
      throw new ServiceException(ErrorCode.InvalidResourceName);
    }
  }
}
