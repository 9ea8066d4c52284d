package io.batchmount.launcher.outputs;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Reads from a SAS what it says about itself: permissions and end. */
final class SasCheck {
  private SasCheck() {}

  static Optional<String> problemOf(OutputDestination destination, Instant now, Duration outlast) {
    String url = destination.url();
    int query = url.indexOf('?');
    if (destination.identity().isPresent() || query < 0 || !url.contains("sig=")) {
      return Optional.empty();
    }
    Map<String, String> values = values(url.substring(query + 1));
    String permissions = values.getOrDefault("sp", "");
    if (!permissions.isEmpty() && !permissions.contains("w") && !permissions.contains("c")) {
      return Optional.of("the SAS permits \"" + permissions + "\" and no writing (w)");
    }
    Optional<Instant> end = Optional.ofNullable(values.get("se")).flatMap(SasCheck::instant);
    if (end.isPresent() && end.get().isBefore(now)) {
      return Optional.of("the SAS ended at " + end.get());
    }
    if (end.isPresent() && end.get().isBefore(now.plus(outlast))) {
      return Optional.of("the SAS ends at " + end.get() + ", before the job must have ended");
    }
    return Optional.empty();
  }

  private static Map<String, String> values(String query) {
    Map<String, String> values = new HashMap<>();
    for (String part : query.split("&")) {
      int equals = part.indexOf('=');
      if (equals > 0) {
        values.put(part.substring(0, equals), decoded(part.substring(equals + 1)));
      }
    }
    return values;
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return text; // a broken percent sign: the service will say what it thinks of it
    }
  }

  /** The forms that the service takes: date, minutes, seconds, fractions. */
  private static Optional<Instant> instant(String text) {
    try {
      if (text.length() == "yyyy-MM-dd".length()) {
        return Optional.of(LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant());
      }
      return Optional.of(OffsetDateTime.parse(text).toInstant());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
