package io.batchmount.emulator.files.protocol;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A range header.
 *
 * @param first the first byte
 * @param last the last byte, inclusive; {@link Long#MAX_VALUE} for "to the end"
 */
record ByteRange(long first, long last) {
  private static final Pattern FORM = Pattern.compile("bytes=(\\d{1,18})-(\\d{0,18})");

  /** Whether it goes to the end, wherever that is. */
  boolean open() {
    return last == Long.MAX_VALUE;
  }

  /** How many bytes it asks for, when it says so. */
  long length() {
    return last - first + 1;
  }

  /** The range of a request: {@code x-ms-range} wins over {@code Range}. */
  static Optional<ByteRange> of(Call call) {
    Optional<String> own = call.header("x-ms-range");
    return own.isPresent()
        ? own.map(v -> parse("x-ms-range", v))
        : call.header("Range").map(v -> parse("Range", v));
  }

  /** Reads {@code bytes=A-B} or {@code bytes=A-}. */
  static ByteRange parse(String header, String value) {
    Matcher m = FORM.matcher(value);
    if (!m.matches()) {
      throw ServiceException.invalidHeader(header, value);
    }
    long first = Long.parseLong(m.group(1));
    long last = m.group(2).isEmpty() ? Long.MAX_VALUE : Long.parseLong(m.group(2));
    if (last < first) {
      throw ServiceException.invalidHeader(header, value);
    }
    return new ByteRange(first, last);
  }

  /** The range of a request, both ends given. */
  static ByteRange closed(Call call) {
    ByteRange range = of(call).orElseThrow(() -> ServiceException.missingHeader("x-ms-range"));
    if (range.open()) {
      throw ServiceException.invalidHeader("x-ms-range", "bytes=" + range.first + "-");
    }
    return range;
  }
}
