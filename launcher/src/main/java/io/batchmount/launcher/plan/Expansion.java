package io.batchmount.launcher.plan;

import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Replaces {@code $NAME} and {@code ${NAME}}. A name ends before the first character that is no
 * letter, digit or underscore. Everything else, other forms of the shell among it, is left alone.
 */
public final class Expansion {
  private static final Pattern REFERENCE =
      Pattern.compile("\\$(?:([A-Za-z_][A-Za-z0-9_]*)|\\{([A-Za-z_][A-Za-z0-9_]*)\\})");

  private Expansion() {}

  /**
   * The text with its references replaced.
   *
   * @param values the value of a name; empty leaves the reference as it is written
   */
  public static String replace(String text, Function<String, Optional<String>> values) {
    Matcher matcher = REFERENCE.matcher(text);
    return matcher.replaceAll(
        match ->
            Matcher.quoteReplacement(values.apply(name(match)).orElseGet(() -> match.group())));
  }

  /** The names that a text refers to, in order. */
  public static Set<String> references(String text) {
    Set<String> names = new LinkedHashSet<>();
    REFERENCE.matcher(text).results().forEach(match -> names.add(name(match)));
    return names;
  }

  private static String name(MatchResult match) {
    return match.group(1) != null ? match.group(1) : match.group(2);
  }
}
