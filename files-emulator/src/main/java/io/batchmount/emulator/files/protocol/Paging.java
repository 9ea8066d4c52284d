package io.batchmount.emulator.files.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/** Page size and markers of listings. */
final class Paging {
  /** The most entries of a page. */
  static final int MAX = 5000;

  private Paging() {}

  /** The page size asked for, at most {@link #MAX}. */
  static int size(Call call) {
    String text = call.target().param("maxresults");
    if (!call.target().query().containsKey("maxresults")) {
      return MAX;
    }
    long value;
    try {
      value = Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw ServiceException.invalidQuery("maxresults", text, "Invalid integer value.");
    }
    if (value <= 0) {
      throw new ServiceException(ErrorCode.OutOfRangeQueryParameterValue)
          .element("QueryParameterName", "maxresults")
          .element("QueryParameterValue", text)
          .element("MinimumAllowed", "1")
          .element("MaximumAllowed", Integer.toString(MAX));
    }
    return (int) Math.min(value, MAX);
  }

  /**
   * A marker: a version, the length of the rest, and the next name in URL-safe base64 with dashes
   * for padding.
   */
  static String marker(String next) {
    String rest =
        Base64.getUrlEncoder()
            .encodeToString(next.getBytes(StandardCharsets.UTF_8))
            .replace('=', '-');
    return "1!" + rest.length() + "!" + rest;
  }

  /** The name a page begins with; empty for the first page. */
  static Optional<String> start(Call call) {
    String text = call.target().param("marker");
    if (text.isEmpty()) {
      return Optional.empty();
    }
    String[] parts = text.split("!", 3);
    if (parts.length == 3
        && parts[0].equals("1")
        && parts[1].equals(Integer.toString(parts[2].length()))) {
      Optional<String> name = decode(parts[2]);
      if (name.isPresent()) {
        return name;
      }
    }
    throw ServiceException.invalidQuery(
        "marker", text, "The marker is not one that the service gave.");
  }

  private static Optional<String> decode(String rest) {
    int end = rest.length();
    while (end > 0 && end > rest.length() - 2 && rest.charAt(end - 1) == '-') {
      end--;
    }
    for (int n = end; n <= rest.length(); n++) { // a dash at the end may be padding or a digit
      boolean padded = n % 4 != 1 && rest.length() - n == (4 - n % 4) % 4;
      Optional<String> name = padded ? text(rest.substring(0, n)) : Optional.empty();
      if (name.isPresent()) {
        return name;
      }
    }
    return Optional.empty();
  }

  private static Optional<String> text(String digits) {
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(digits);
      return Optional.of(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (IllegalArgumentException | CharacterCodingException e) {
      return Optional.empty();
    }
  }
}
