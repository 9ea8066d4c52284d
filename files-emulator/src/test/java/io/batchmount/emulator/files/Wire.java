package io.batchmount.emulator.files;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Sends signed requests as a client of the protocol would, written from the protocol alone. */
final class Wire {
  static final String VERSION = "2025-07-05";

  /** What came back. */
  record Answer(int status, java.net.http.HttpHeaders headers, byte[] body) {
    String header(String name) {
      return headers.firstValue(name).orElse("");
    }

    boolean has(String name) {
      return headers.firstValue(name).isPresent();
    }

    /** Status and error code, for example {@code 404 ResourceNotFound}. */
    String outcome() {
      return has("x-ms-error-code")
          ? status + " " + header("x-ms-error-code")
          : Integer.toString(status);
    }

    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }

    /** The texts of all elements of this name. */
    List<String> all(String element) {
      List<String> found = new ArrayList<>();
      Matcher m =
          Pattern.compile("<" + element + "(?: [^>]*)?>([^<]*)</" + element + ">").matcher(text());
      while (m.find()) {
        found.add(m.group(1));
      }
      return found;
    }
  }

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final String base;
  private final String account = FilesEmulator.DEVELOPMENT_ACCOUNT;
  String version = VERSION;
  Comparator<String> order = Comparator.naturalOrder();
  boolean hostStyle;

  Wire(FilesEmulator emulator) {
    this("http://127.0.0.1:" + emulator.port());
  }

  Wire(String origin) {
    this.base = origin;
  }

  static String hmac(String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(
          new SecretKeySpec(
              Base64.getDecoder().decode(FilesEmulator.DEVELOPMENT_KEY), "HmacSHA256"));
      return Base64.getEncoder().encodeToString(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
    } catch (java.security.GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  static String now() {
    return DateTimeFormatter.ofPattern("EEE, dd MMM uuuu HH:mm:ss 'GMT'", Locale.ENGLISH)
        .format(ZonedDateTime.now(ZoneOffset.UTC));
  }

  /** The Authorization header for a request; headers are names and values in turn. */
  String sign(String method, String pathAndQuery, int length, List<String> headers) {
    int mark = pathAndQuery.indexOf('?');
    String path = mark < 0 ? pathAndQuery : pathAndQuery.substring(0, mark);
    TreeMap<String, String> x = new TreeMap<>(order.thenComparing(Comparator.naturalOrder()));
    TreeMap<String, String> plain = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (int i = 0; i < headers.size(); i += 2) {
      plain.put(headers.get(i), headers.get(i + 1));
      if (headers.get(i).toLowerCase(Locale.ROOT).startsWith("x-ms-")) {
        x.put(headers.get(i).toLowerCase(Locale.ROOT), headers.get(i + 1));
      }
    }
    StringBuilder text = new StringBuilder(method).append('\n');
    for (String name :
        List.of(
            "Content-Encoding",
            "Content-Language",
            "Content-Length",
            "Content-MD5",
            "Content-Type",
            "Date",
            "If-Modified-Since",
            "If-Match",
            "If-None-Match",
            "If-Unmodified-Since",
            "Range")) {
      String value =
          name.equals("Content-Length") && length > 0 ? "" + length : plain.getOrDefault(name, "");
      text.append(value).append('\n');
    }
    x.forEach((k, v) -> text.append(k).append(':').append(v).append('\n'));
    text.append('/').append(account).append(path);
    TreeMap<String, String> query = new TreeMap<>(order.thenComparing(Comparator.naturalOrder()));
    if (mark >= 0) {
      for (String piece : pathAndQuery.substring(mark + 1).split("&")) {
        int eq = piece.indexOf('=');
        query.put(
            piece.substring(0, eq).toLowerCase(Locale.ROOT),
            java.net.URLDecoder.decode(
                piece.substring(eq + 1).replace("+", "%2B"), StandardCharsets.UTF_8));
      }
    }
    query.forEach((k, v) -> text.append('\n').append(k).append(':').append(v));
    return "SharedKey " + account + ":" + hmac(text.toString());
  }

  /** Sends a signed request; the path is from the share on, encoded. */
  Answer send(String method, String path, byte[] body, String... headers) {
    List<String> all = new ArrayList<>(List.of(headers));
    if (!all.contains("x-ms-version")) {
      all.addAll(List.of("x-ms-version", version));
    }
    if (!all.contains("x-ms-date")) {
      all.addAll(List.of("x-ms-date", now()));
    }
    String full = (hostStyle ? "" : "/" + account) + path;
    all.addAll(List.of("Authorization", sign(method, full, body.length, all)));
    return plain(method, full, body, all.toArray(String[]::new));
  }

  Answer send(String method, String path, String... headers) {
    return send(method, path, new byte[0], headers);
  }

  /** Sends a request as it is. */
  Answer plain(String method, String full, byte[] body, String... headers) {
    try {
      return exchange(method, full, body, headers);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  Answer exchange(String method, String full, byte[] body, String... headers) throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + full))
            .timeout(Duration.ofSeconds(60))
            .method(
                method,
                method.equals("GET")
                        || method.equals("HEAD")
                        || (method.equals("DELETE") && body.length == 0)
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofByteArray(body));
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    try {
      HttpResponse<byte[]> r = http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
      return new Answer(r.statusCode(), r.headers(), r.body());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  Answer share(String name, String... headers) {
    return send("PUT", "/" + name + "?restype=share", headers);
  }

  Answer directory(String path, String... headers) {
    return send("PUT", "/" + path + "?restype=directory", headers);
  }

  Answer file(String path, long size, String... headers) {
    List<String> all =
        new ArrayList<>(List.of("x-ms-type", "file", "x-ms-content-length", "" + size));
    all.addAll(List.of(headers));
    return send("PUT", "/" + path, all.toArray(String[]::new));
  }

  Answer put(String path, long offset, byte[] bytes, String... headers) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "x-ms-write",
                "update",
                "x-ms-range",
                "bytes=" + offset + "-" + (offset + bytes.length - 1)));
    all.addAll(List.of(headers));
    return send("PUT", "/" + path + "?comp=range", bytes, all.toArray(String[]::new));
  }

  Answer clear(String path, long from, long last, String... headers) {
    List<String> all =
        new ArrayList<>(List.of("x-ms-write", "clear", "x-ms-range", "bytes=" + from + "-" + last));
    all.addAll(List.of(headers));
    return send("PUT", "/" + path + "?comp=range", all.toArray(String[]::new));
  }

  Answer get(String path, String... headers) {
    return send("GET", "/" + path, headers);
  }

  Answer head(String path, String... headers) {
    return send("HEAD", "/" + path, headers);
  }

  Answer resize(String path, long size, String... headers) {
    List<String> all = new ArrayList<>(List.of("x-ms-content-length", "" + size));
    all.addAll(List.of(headers));
    return send("PUT", "/" + path + "?comp=properties", all.toArray(String[]::new));
  }

  /** A new file with these bytes. */
  void write(String path, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    file(path, bytes.length);
    put(path, 0, bytes);
  }

  /** Ranges as {@code 0-511 1024-1535}. */
  String ranges(String path, String... headers) {
    Answer a = send("GET", "/" + path + "?comp=rangelist", headers);
    List<String> starts = a.all("Start");
    List<String> ends = a.all("End");
    List<String> out = new ArrayList<>();
    for (int i = 0; i < starts.size(); i++) {
      out.add(starts.get(i) + "-" + ends.get(i));
    }
    return String.join(" ", out);
  }
}
