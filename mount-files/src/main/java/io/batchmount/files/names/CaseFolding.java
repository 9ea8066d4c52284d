package io.batchmount.files.names;

/**
 * How the service compares names: without regard to case, one UTF-16 unit at a time, as NTFS does.
 * Keys of caches and tables are folded, so that {@code Log} and {@code log} meet in one entry.
 */
public final class CaseFolding {
  private CaseFolding() {}

  /** The comparison key of a name or a whole path. */
  public static String fold(String name) {
    int length = name.length();
    for (int i = 0; i < length; i++) {
      if (Character.toUpperCase(name.charAt(i)) != name.charAt(i)) {
        StringBuilder out = new StringBuilder(length);
        for (int j = 0; j < length; j++) {
          out.append(Character.toUpperCase(name.charAt(j)));
        }
        return out.toString();
      }
    }
    return name;
  }

  /** Whether the service takes two names for one. */
  public static boolean same(String a, String b) {
    return a.length() == b.length() && fold(a).equals(fold(b));
  }
}
