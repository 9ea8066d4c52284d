package io.batchmount.emulator.files.protocol;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Builds XML as the service writes it: a byte order mark, the declaration, no white space, and
 * {@code <a />} for an empty element.
 */
public final class XmlText {
  private final StringBuilder out =
      new StringBuilder("\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?>");

  /** Text put in as it is: tags, or text that is escaped already. */
  public XmlText raw(String text) {
    out.append(text);
    return this;
  }

  /** Opens an element without attributes. */
  public XmlText open(String name) {
    out.append('<').append(name).append('>');
    return this;
  }

  /** Closes an element. */
  public XmlText close(String name) {
    out.append("</").append(name).append('>');
    return this;
  }

  /** An element with a text. */
  public XmlText element(String name, String text) {
    if (text.isEmpty()) {
      out.append('<').append(name).append(" />");
      return this;
    }
    return open(name).raw(text(text)).close(name);
  }

  /**
   * An element with a name that XML may not be able to hold; it is percent-encoded then and marked.
   */
  public XmlText name(String element, String name) {
    return representable(name)
        ? element(element, name)
        : raw("<" + element + " Encoded=\"true\">").raw(encode(name)).close(element);
  }

  /** The bytes in UTF-8. */
  public byte[] bytes() {
    return out.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** Whether every character may stand in an XML document. */
  public static boolean representable(String text) {
    return text.codePoints()
        .allMatch(
            c ->
                c == 0x9
                    || c == 0xA
                    || c == 0xD
                    || (c >= 0x20 && c <= 0xD7FF)
                    || (c >= 0xE000 && c <= 0xFFFD)
                    || c >= 0x10000);
  }

  /** Percent-encoded UTF-8; only letters, digits and {@code -._~} stay. */
  public static String encode(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      int c = b & 0xff;
      if ((c >= 'a' && c <= 'z')
          || (c >= 'A' && c <= 'Z')
          || (c >= '0' && c <= '9')
          || "-._~".indexOf(c) >= 0) {
        bytes.write(c);
      } else {
        bytes.write('%');
        bytes.write(Character.toUpperCase(Character.forDigit(c >> 4, 16)));
        bytes.write(Character.toUpperCase(Character.forDigit(c & 15, 16)));
      }
    }
    return bytes.toString(StandardCharsets.US_ASCII);
  }

  /** For an attribute: with the characters that mean something in XML replaced. */
  public static String escape(String text) {
    return text(text).replace("\"", "&quot;");
  }

  /** For the text of an element, where quotes stay as they are: ETags show it. */
  private static String text(String text) {
    StringBuilder escaped = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> escaped.append("&amp;");
        case '<' -> escaped.append("&lt;");
        case '>' -> escaped.append("&gt;");
        case '\r' -> escaped.append("&#xD;");
        default -> {
          if (representable(
              text.substring(
                  i, Character.isHighSurrogate(c) && i + 1 < text.length() ? i + 2 : i + 1))) {
            escaped.append(c);
          } else if (Character.isLowSurrogate(c)
              && i > 0
              && Character.isHighSurrogate(text.charAt(i - 1))) {
            escaped.append(c);
          } else {
            escaped.append('\ufffd'); // an error text that quotes what XML cannot hold
          }
        }
      }
    }
    return escaped.toString();
  }
}
