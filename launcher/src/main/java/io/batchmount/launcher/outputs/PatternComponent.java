package io.batchmount.launcher.outputs;

import java.util.ArrayList;
import java.util.List;

/**
 * One component of a pattern, compiled.
 *
 * <p>Grammar: {@code *} zero or more characters, {@code ?} one, {@code [abc]}, {@code [a-c]} one of
 * a set, {@code [!abc]} one that is not in it; {@code ]} right after {@code [} or {@code [!} and an
 * unclosed {@code [} are literal; there is no escape by back-slash. {@code **} as a whole component
 * is any number of directories, inside a longer one it is as {@code *}. A name that begins with a
 * dot needs a written dot. Characters are Unicode code points. Immutable.
 */
final class PatternComponent {
  private static final String ANY_DIRECTORIES = "**";

  private final String text;
  private final List<Item> items;

  private PatternComponent(String text, List<Item> items) {
    this.text = text;
    this.items = items;
  }

  static PatternComponent parse(String text) {
    return new PatternComponent(text, List.copyOf(items(text.codePoints().toArray())));
  }

  /** Whether it holds a character that makes a pattern a wildcard pattern. */
  static boolean hasWildcard(String text) {
    return text.chars().anyMatch(c -> c == '*' || c == '?' || c == '[');
  }

  String text() {
    return text;
  }

  boolean isAnyDirectories() {
    return text.equals(ANY_DIRECTORIES);
  }

  /** Whether it names exactly one entry, so that no directory needs to be listed. */
  boolean isLiteral() {
    return !hasWildcard(text);
  }

  boolean matches(String name) {
    if (isLiteral()) {
      return text.equals(name);
    }
    if (name.startsWith(".") && !text.startsWith(".")) {
      return false;
    }
    return matches(name.codePoints().toArray());
  }

  /** The usual two-finger walk: on a mismatch the last star takes one character more. */
  private boolean matches(int[] name) {
    int item = 0;
    int at = 0;
    int lastStar = -1;
    int starEnd = 0;
    while (at < name.length) {
      if (item < items.size() && items.get(item) == Item.STAR) {
        lastStar = item++;
        starEnd = at;
      } else if (item < items.size() && items.get(item).takes(name[at])) {
        item++;
        at++;
      } else if (lastStar >= 0) {
        item = lastStar + 1;
        at = ++starEnd;
      } else {
        return false;
      }
    }
    while (item < items.size() && items.get(item) == Item.STAR) {
      item++;
    }
    return item == items.size();
  }

  private static List<Item> items(int[] text) {
    List<Item> items = new ArrayList<>();
    int at = 0;
    while (at < text.length) {
      int c = text[at];
      int close = c == '[' ? closeOf(text, at) : -1;
      if (c == '*') {
        if (items.isEmpty() || items.get(items.size() - 1) != Item.STAR) {
          items.add(Item.STAR);
        }
        at++;
      } else if (c == '?') {
        items.add(any -> true);
        at++;
      } else if (close > 0) {
        items.add(set(text, at + 1, close));
        at = close + 1;
      } else {
        items.add(other -> other == c);
        at++;
      }
    }
    return items;
  }

  /** Index of the bracket that closes the one at {@code open}, or -1 if none does. */
  private static int closeOf(int[] text, int open) {
    int from = open + 1;
    if (from < text.length && text[from] == '!') {
      from++;
    }
    for (int at = from + 1; at < text.length; at++) { // the first member may be a bracket itself
      if (text[at] == ']') {
        return at;
      }
    }
    return -1;
  }

  private static Item set(int[] text, int from, int to) {
    boolean negated = text[from] == '!';
    int start = negated ? from + 1 : from;
    List<int[]> ranges = new ArrayList<>();
    int at = start;
    while (at < to) {
      if (at + 2 < to && text[at + 1] == '-') {
        ranges.add(new int[] {text[at], text[at + 2]});
        at += 3;
      } else {
        ranges.add(new int[] {text[at], text[at]});
        at++;
      }
    }
    return c -> negated != ranges.stream().anyMatch(range -> range[0] <= c && c <= range[1]);
  }

  /** What stands for one character, or the star. */
  @FunctionalInterface
  private interface Item {
    /** Told apart by identity; it takes any number of characters. */
    Item STAR =
        new Item() {
          @Override
          public boolean takes(int codePoint) {
            return true;
          }
        };

    boolean takes(int codePoint);
  }

  @Override
  public String toString() {
    return text;
  }
}
