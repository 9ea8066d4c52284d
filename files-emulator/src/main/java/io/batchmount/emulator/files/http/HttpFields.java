package io.batchmount.emulator.files.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Header fields in the order they were sent, names with the case they were sent in (the case of
 * metadata names matters), looked up without regard to case. Not thread-safe.
 */
public final class HttpFields {
  /** One header field. */
  public record Field(String name, String value) {}

  private final List<Field> fields = new ArrayList<>();

  /** Adds a field after those that are there. */
  public HttpFields add(String name, String value) {
    fields.add(new Field(name, value));
    return this;
  }

  /** Removes every field of this name and adds one. */
  public HttpFields set(String name, String value) {
    remove(name);
    return add(name, value);
  }

  /** Removes every field of this name. */
  public HttpFields remove(String name) {
    fields.removeIf(f -> f.name().equalsIgnoreCase(name));
    return this;
  }

  /** The value; several fields of one name are joined with a comma, as HTTP says. */
  public Optional<String> get(String name) {
    String found = null;
    for (Field f : fields) {
      if (f.name().equalsIgnoreCase(name)) {
        found = found == null ? f.value() : found + "," + f.value();
      }
    }
    return Optional.ofNullable(found);
  }

  /** The value, or the empty string. */
  public String getOrEmpty(String name) {
    return get(name).orElse("");
  }

  /** Whether there is such a field. */
  public boolean has(String name) {
    return get(name).isPresent();
  }

  /** The fields whose lower-case name begins with the prefix. */
  public List<Field> withPrefix(String prefix) {
    List<Field> found = new ArrayList<>();
    for (Field f : fields) {
      if (f.name().toLowerCase(Locale.ROOT).startsWith(prefix)) {
        found.add(f);
      }
    }
    return found;
  }

  /** All fields in order. */
  public List<Field> all() {
    return List.copyOf(fields);
  }

  /**
   * The text of header bytes that were read as ISO 8859-1: UTF-8 where they are valid UTF-8, else
   * as they are.
   *
   * @param latin1 one character a byte
   */
  static String fromWire(String latin1) {
    boolean ascii = true;
    for (int i = 0; i < latin1.length() && ascii; i++) {
      ascii = latin1.charAt(i) < 0x80;
    }
    if (ascii) {
      return latin1;
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(latin1.getBytes(StandardCharsets.ISO_8859_1)))
          .toString();
    } catch (CharacterCodingException e) {
      return latin1; // a client that sends ISO 8859-1: that text is what it meant
    }
  }

  /**
   * The UTF-8 bytes of a text, one character a byte, as the encoder writes them; line ends cannot
   * get through.
   */
  static String toWire(String text) {
    boolean plain = true;
    for (int i = 0; i < text.length() && plain; i++) {
      char c = text.charAt(i);
      plain = c < 0x80 && c != '\r' && c != '\n' && c != 0;
    }
    if (plain) {
      return text;
    }
    String clean = text.replace('\r', ' ').replace('\n', ' ').replace('\0', ' ');
    return new String(clean.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }
}
