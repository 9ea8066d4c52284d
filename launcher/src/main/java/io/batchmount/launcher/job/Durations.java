package io.batchmount.launcher.job;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The three notations in which a time limit is found: {@code 7.00:00:00} (schema), {@code P7D}
 * (wire) and {@code 7 days, 0:00:00} (reports).
 */
public final class Durations {
  private static final Pattern CLOCK =
      Pattern.compile(
          "(?:(\\d{1,7})(?:\\.|\\s*days?\\s*,\\s*))?(\\d{1,9}):(\\d{2}):(\\d{2})(?:\\.(\\d{1,9}))?");
  private static final Pattern DAYS = Pattern.compile("(\\d{1,7})\\s*days?");

  private Durations() {}

  /** The duration that {@code text} denotes, empty if it is none. */
  public static Optional<Duration> parse(String text) {
    String trimmed = text.trim();
    Matcher clock = CLOCK.matcher(trimmed);
    if (clock.matches()) {
      int minutes = Integer.parseInt(clock.group(3));
      int seconds = Integer.parseInt(clock.group(4));
      if (minutes > 59 || seconds > 59) {
        return Optional.empty();
      }
      Duration duration =
          Duration.ofDays(clock.group(1) == null ? 0 : Long.parseLong(clock.group(1)))
              .plusHours(Long.parseLong(clock.group(2)))
              .plusMinutes(minutes)
              .plusSeconds(seconds);
      String fraction = clock.group(5);
      return Optional.of(
          fraction == null
              ? duration
              : duration.plusNanos(Long.parseLong((fraction + "00000000").substring(0, 9))));
    }
    Matcher days = DAYS.matcher(trimmed);
    if (days.matches()) {
      return Optional.of(Duration.ofDays(Long.parseLong(days.group(1))));
    }
    return iso(trimmed.toUpperCase(Locale.ROOT));
  }

  private static Optional<Duration> iso(String text) {
    Matcher weeks = Pattern.compile("P(\\d{1,6})W").matcher(text);
    if (weeks.matches()) {
      return Optional.of(Duration.ofDays(7 * Long.parseLong(weeks.group(1))));
    }
    try {
      return Optional.of(Duration.parse(text));
    } catch (DateTimeParseException | ArithmeticException notIso) {
      return Optional.empty();
    }
  }
}
