package io.batchmount.blob;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Patterns of file names, such as {@code *.log:events-????.txt}: {@code *} stands for any
 * characters, {@code ?} for one, everything else for itself; several are separated by colons. A
 * name matches as a whole, without its directory. Immutable and thread-safe.
 */
public final class NamePatterns {
  /** No name matches. */
  public static final NamePatterns NONE = new NamePatterns("", List.of());

  private final String text;
  private final List<Pattern> patterns;

  private NamePatterns(String text, List<Pattern> patterns) {
    this.text = text;
    this.patterns = List.copyOf(patterns);
  }

  /**
   * Reads patterns.
   *
   * @throws IllegalArgumentException if one is empty or holds a slash; the message names it
   */
  public static NamePatterns parse(String text) {
    List<Pattern> patterns = new ArrayList<>();
    for (String glob : text.split(":", -1)) {
      if (glob.isEmpty() || glob.contains("/")) {
        throw new IllegalArgumentException(
            "'"
                + text
                + "' is not a list of name patterns; write file names without directories, such as"
                + " *.log or *.log:*.txt");
      }
      patterns.add(compiled(glob));
    }
    return new NamePatterns(text, patterns);
  }

  private static Pattern compiled(String glob) {
    StringBuilder regex = new StringBuilder();
    glob.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '*' -> regex.append(".*");
                case '?' -> regex.append('.');
                default -> regex.append(Pattern.quote(Character.toString(c)));
              }
            });
    return Pattern.compile(regex.toString(), Pattern.DOTALL);
  }

  /** Whether a file name, without its directory, matches one of the patterns. */
  public boolean matches(String name) {
    return patterns.stream().anyMatch(pattern -> pattern.matcher(name).matches());
  }

  public boolean isEmpty() {
    return patterns.isEmpty();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof NamePatterns that && that.text.equals(text);
  }

  @Override
  public int hashCode() {
    return Objects.hashCode(text);
  }

  /** As {@link #parse} reads it; empty for {@link #NONE}. */
  @Override
  public String toString() {
    return text;
  }
}
