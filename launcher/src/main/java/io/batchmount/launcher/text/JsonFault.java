package io.batchmount.launcher.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is wrong with a text that is no JSON, in words for whoever wrote it: what was found and what
 * was expected. The parser's own words name its Java settings, and repeat words of the text, which
 * may be a key whose quotes were forgotten.
 */
public final class JsonFault {
  private static final String BEGINS = ".*line: (\\d+), column: (\\d+).*";

  /** Parser's words and ours; the first that matches counts. */
  private static final List<Rule> RULES =
      List.of(
          rule(
              "Unexpected end-of-input: expected close marker for (Object|Array)" + BEGINS,
              m -> "the text ends where " + closing(m.group(1), m.group(2), m.group(3))),
          rule(
              "Unexpected end-of-input.*(closing quote|field name|escape).*",
              m -> "the text ends where a closing double quote was expected"),
          rule(
              "Unexpected end-of-input.*(Object|Array) entries.*",
              m ->
                  "the text ends in the middle of an "
                      + m.group(1).toLowerCase(java.util.Locale.ROOT)),
          rule("Unexpected end-of-input.*", m -> "the text ends in the middle of a value"),
          rule(
              "Unexpected close marker '(.)': expected '.' \\(for (Object|Array)" + BEGINS,
              m -> "found " + m.group(1) + " where " + closing(m.group(2), m.group(3), m.group(4))),
          rule(
              "Unexpected close marker '(.)'.*",
              m -> "found " + m.group(1) + " where nothing is open that it could close"),
          rule(
              "Unexpected character \\('(.)' \\(code \\d+\\)\\): was expecting comma to separate"
                  + " (Object|Array).*",
              m ->
                  "found "
                      + m.group(1)
                      + " where a comma or "
                      + (m.group(2).equals("Object") ? "}" : "]")
                      + " was expected"),
          rule(
              "Unexpected character \\('(.)' \\(code \\d+\\)\\): was expecting double-quote.*",
              m -> "found " + m.group(1) + " where a name in double quotes was expected"),
          rule(
              "Unexpected character \\('(.)' \\(code \\d+\\)\\): was expecting a colon.*",
              m -> "found " + m.group(1) + " where a colon was expected"),
          rule(
              "Unexpected character \\('/' \\(code \\d+\\)\\): maybe a .*comment.*",
              m -> "found / where a value was expected: JSON has no comments"),
          rule(
              "Unexpected character \\('(.)' \\(code \\d+\\)\\): expected a.* value.*",
              m ->
                  "found "
                      + m.group(1)
                      + " where a value was expected: text in double quotes, a number, true, false,"
                      + " null, { or ["),
          rule(
              "Unexpected character \\('(.)' \\(code \\d+\\)\\).*hex-digit.*",
              m -> "found " + m.group(1) + " where one of four hexadecimal digits was expected"),
          rule(
              "Unexpected character \\('(.)' \\(code \\d+\\)\\) in numeric value.*",
              m -> "found " + m.group(1) + " where the next digit of a number was expected"),
          rule("Invalid numeric value: Leading zeroes.*", m -> "found a number that begins with 0"),
          rule(
              "(Unrecognized token|Non-standard token) '.*",
              m ->
                  "found a word without quotes where a value was expected: text in double quotes, a"
                      + " number, true, false, null, { or ["),
          rule(
              "Illegal unquoted character .*",
              m ->
                  "found a line break or another control character where a closing double quote"
                      + " was expected"),
          rule(
              "Unrecognized character escape '(.)'.*",
              m -> "found \\" + m.group(1) + " in a text: write \\\\ for a backslash"),
          rule(
              "Duplicate (?:field|Object property) ['\"](.*)['\"].*",
              m -> "found the name \"" + m.group(1) + "\" for the second time in one object"),
          rule("Trailing token .*", m -> "found more text behind the end"));

  private static final Map<String, String> CLOSES = Map.of("Object", "}", "Array", "]");

  private JsonFault() {}

  private record Rule(Pattern parser, Function<MatchResult, String> ours) {}

  private static Rule rule(String parser, Function<MatchResult, String> ours) {
    return new Rule(Pattern.compile(parser, Pattern.DOTALL), ours);
  }

  private static String closing(String what, String line, String column) {
    return CLOSES.get(what)
        + " was expected for the "
        + (what.equals("Object") ? "object" : "array")
        + " that begins at line "
        + line
        + ", column "
        + column;
  }

  /** Part of a sentence, such as {@code found 2 where a comma or ] was expected}. */
  public static String found(JsonProcessingException fault) {
    String words = fault.getOriginalMessage();
    for (Rule rule : RULES) {
      Matcher matcher = rule.parser().matcher(words);
      if (matcher.matches()) {
        return rule.ours().apply(matcher);
      }
    }
    return words
        .replaceAll("\\[Source: .*?; (line: \\d+), (column: \\d+)\\]", "$1, $2")
        .replaceAll("(?s),? ?\\(?(from|enable) `.*", "")
        .replaceAll("\\R", " ");
  }
}
