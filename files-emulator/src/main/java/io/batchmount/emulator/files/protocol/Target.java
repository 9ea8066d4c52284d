package io.batchmount.emulator.files.protocol;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Where a request goes.
 *
 * @param share the share's name as sent; empty for the account itself
 * @param segments the path in the share, decoded once, without empty segments
 * @param query the parameters, names in lower case, values decoded
 * @param rawQuery the values as sent, for the signature
 */
public record Target(
    String share,
    List<String> segments,
    Map<String, String> query,
    Map<String, List<String>> rawQuery) {

  /**
   * Reads a path and a query. The path is in path style when its first segment is the account, else
   * in host style.
   *
   * @throws ServiceException InvalidUri if the encoding is broken
   */
  public static Target parse(String account, String rawPath, String rawQuery) {
    List<String> parts = new ArrayList<>();
    for (String part : decode(rawPath).split("/", -1)) {
      if (!part.isEmpty()) {
        parts.add(part);
      }
    }
    if (!parts.isEmpty() && parts.get(0).equals(account)) {
      parts.remove(0);
    }
    String share = parts.isEmpty() ? "" : parts.get(0);
    List<String> segments =
        parts.size() < 2 ? List.of() : List.copyOf(parts.subList(1, parts.size()));
    Map<String, String> query = new LinkedHashMap<>();
    Map<String, List<String>> raw = new LinkedHashMap<>();
    for (String piece : rawQuery.split("&", -1)) {
      if (piece.isEmpty()) {
        continue;
      }
      int eq = piece.indexOf('=');
      String name = decode(eq < 0 ? piece : piece.substring(0, eq)).toLowerCase(Locale.ROOT);
      String value = eq < 0 ? "" : piece.substring(eq + 1);
      query.merge(name, decode(value), (a, b) -> a + "," + b);
      raw.computeIfAbsent(name, k -> new ArrayList<>()).add(value);
    }
    return new Target(share, segments, query, raw);
  }

  /**
   * Reads the path of a source given as a URL (any host), a path, or a path with the account. A
   * number sign that is not encoded ends it, as in any URL: clients that do not encode names find
   * another file, or none.
   *
   * @throws ServiceException InvalidHeaderValue if it is none
   */
  public static Target parseUrl(String account, String url, String header) {
    try {
      int fragment = url.indexOf('#');
      String whole = fragment < 0 ? url : url.substring(0, fragment);
      int mark = whole.indexOf('?');
      String path = mark < 0 ? whole : whole.substring(0, mark);
      int authority = path.indexOf("://");
      if (authority >= 0) {
        int slash = path.indexOf('/', authority + 3);
        path = slash < 0 ? "/" : path.substring(slash);
      }
      return parse(account, path, mark < 0 ? "" : whole.substring(mark + 1));
    } catch (ServiceException e) {
      throw ServiceException.invalidHeader(header, mark(url));
    }
  }

  private static String mark(String url) {
    int mark = url.indexOf('?');
    return mark < 0 ? url : url.substring(0, mark); // the rest may hold a signature
  }

  /** The parameter, or the empty string. */
  public String param(String name) {
    return query.getOrDefault(name, "");
  }

  /** The path in the share as text, without a slash in front. */
  public String path() {
    return String.join("/", segments);
  }

  /**
   * Decodes percent signs as UTF-8, once; a plus sign stays one.
   *
   * @throws ServiceException InvalidUri if the encoding is broken
   */
  static String decode(String text) {
    if (text.indexOf('%') < 0) {
      return text;
    }
    byte[] in = text.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream(in.length);
    for (int i = 0; i < in.length; i++) {
      if (in[i] != '%') {
        out.write(in[i]);
        continue;
      }
      int high = i + 2 < in.length ? Character.digit(in[i + 1], 16) : -1;
      int low = i + 2 < in.length ? Character.digit(in[i + 2], 16) : -1;
      if (high < 0 || low < 0) {
        throw new ServiceException(ErrorCode.InvalidUri);
      }
      out.write(high * 16 + low);
      i += 2;
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(out.toByteArray()))
          .toString();
    } catch (CharacterCodingException e) {
      throw new ServiceException(ErrorCode.InvalidUri);
    }
  }

  /** The values of a list parameter in lower case. */
  public List<String> list(String name) {
    return Arrays.stream(param(name).split(",", -1))
        .map(s -> s.strip().toLowerCase(Locale.ROOT))
        .filter(s -> !s.isEmpty())
        .toList();
  }
}
