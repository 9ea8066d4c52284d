package io.batchmount.emulator.files.model;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Optional;

/**
 * Moments as the service counts them: units of 100 ns since the beginning of the year 1, UTC. ETags
 * are such numbers in hexadecimal.
 */
public final class Ticks {
  /** Units in a second. */
  public static final long SECOND = 10_000_000L;

  /** 1970-01-01 in these units. */
  private static final long UNIX_EPOCH = 621_355_968_000_000_000L;

  /** 1601-01-01, where file times of Windows begin, in these units. */
  private static final long FILETIME_EPOCH = 504_911_232_000_000_000L;

  /**
   * Two digits for the day: the formatter of the JDK named RFC_1123_DATE_TIME writes one for days
   * below ten.
   */
  private static final DateTimeFormatter RFC_1123 =
      DateTimeFormatter.ofPattern("EEE, dd MMM uuuu HH:mm:ss 'GMT'", Locale.ENGLISH);

  private static final DateTimeFormatter ISO_SECONDS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss", Locale.ROOT);

  private Ticks() {}

  /** Of an instant, cut to 100 ns. */
  public static long of(Instant instant) {
    return UNIX_EPOCH + instant.getEpochSecond() * SECOND + instant.getNano() / 100;
  }

  /** The instant. */
  public static Instant instant(long ticks) {
    long unix = ticks - UNIX_EPOCH;
    return Instant.ofEpochSecond(Math.floorDiv(unix, SECOND), Math.floorMod(unix, SECOND) * 100);
  }

  /** For example {@code "0x8DAA71F2A0ECF58"}, in quotes. */
  public static String etag(long ticks) {
    return "\"0x" + Long.toHexString(ticks).toUpperCase(Locale.ROOT) + "\"";
  }

  /** For example {@code Wed, 05 Oct 2022 22:15:51 GMT}. */
  public static String rfc1123(long ticks) {
    return RFC_1123.format(utc(ticks));
  }

  /** With seven decimals, for example {@code 2022-10-05T22:15:51.7784920Z}. */
  public static String iso(long ticks) {
    return ISO_SECONDS.format(utc(ticks))
        + String.format(Locale.ROOT, ".%07dZ", Math.floorMod(ticks - UNIX_EPOCH, SECOND));
  }

  /** As a file time of Windows in hexadecimal, 16 digits: the version of a deleted share. */
  public static String fileTimeHex(long ticks) {
    return String.format(Locale.ROOT, "%016X", ticks - FILETIME_EPOCH);
  }

  /** Cut to the second. */
  public static long floorToSecond(long ticks) {
    return ticks - Math.floorMod(ticks, SECOND);
  }

  /**
   * Reads ISO 8601 with a date, optional time and decimals, and a zone; digits beyond 100 ns are
   * cut off.
   */
  public static Optional<Long> parseIso(String text) {
    try {
      if (text.length() == 10) {
        return Optional.of(of(OffsetDateTime.parse(text + "T00:00:00Z").toInstant()));
      }
      return Optional.of(of(OffsetDateTime.parse(text).toInstant()));
    } catch (DateTimeParseException e) {
      try {
        return Optional.of(of(LocalDateTime.parse(text).toInstant(ZoneOffset.UTC)));
      } catch (DateTimeParseException noZoneEither) {
        return Optional.empty();
      }
    }
  }

  /** Reads the form of RFC 1123, with one or two digits for the day. */
  public static Optional<Instant> parseRfc1123(String text) {
    try {
      return Optional.of(Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(text.trim())));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  private static LocalDateTime utc(long ticks) {
    return LocalDateTime.ofInstant(instant(ticks), ZoneOffset.UTC);
  }
}
