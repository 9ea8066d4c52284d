package io.batchmount.launcher.options;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Durations as users write them: {@code 500ms}, {@code 120s}, {@code 5m}, {@code 1h30m}, {@code
 * PT2M}, {@code 90}.
 */
public final class Durations {
  private static final Pattern PART = Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*(ms|s|m|h|d)");
  private static final Map<String, Long> MILLIS =
      Map.of("ms", 1L, "s", 1_000L, "m", 60_000L, "h", 3_600_000L, "d", 86_400_000L);

  private Durations() {}

  /**
   * Reads a duration; a number alone counts seconds.
   *
   * @throws IllegalArgumentException with a sentence that shows the right form
   */
  public static Duration parse(String text) {
    String value = text.strip().toLowerCase(Locale.ROOT);
    if (value.matches("\\d+(\\.\\d+)?")) {
      return millis(new BigDecimal(value).multiply(BigDecimal.valueOf(1_000)), text);
    }
    if (value.startsWith("p")) {
      try {
        Duration iso = Duration.parse(value);
        if (iso.isNegative()) {
          throw new IllegalArgumentException(
              "'" + text + "' is negative; a duration is at least 0");
        }
        return iso;
      } catch (DateTimeParseException e) {
        throw new IllegalArgumentException(bad(text), e);
      }
    }
    Matcher matcher = PART.matcher(value);
    BigDecimal sum = BigDecimal.ZERO;
    int end = 0;
    while (matcher.lookingAt()) {
      sum =
          sum.add(
              new BigDecimal(matcher.group(1))
                  .multiply(BigDecimal.valueOf(MILLIS.get(matcher.group(2)))));
      end = matcher.end();
      matcher.region(end, value.length());
    }
    if (end == 0 || end != value.length()) {
      throw new IllegalArgumentException(bad(text));
    }
    return millis(sum, text);
  }

  /** For people and configurations: {@code 500ms}, {@code 120s}. */
  public static String display(Duration duration) {
    long millis = duration.toMillis();
    return millis % 1_000 == 0 ? millis / 1_000 + "s" : millis + "ms";
  }

  private static Duration millis(BigDecimal millis, String text) {
    if (millis.compareTo(BigDecimal.valueOf(Long.MAX_VALUE / 1_000_000)) > 0) {
      throw new IllegalArgumentException("'" + text + "' is longer than can be counted");
    }
    return Duration.ofMillis(millis.longValue());
  }

  private static String bad(String text) {
    return "'" + text + "' is not a duration; write a number and a unit, such as 500ms, 120s or 5m";
  }
}
