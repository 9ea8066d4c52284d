package io.batchmount.emulator.files;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes shared access signatures from the protocol's text. */
final class Sas {
  static final String VERSION = "2025-07-05";

  private Sas() {}

  static String in(long hours) {
    return Instant.now().plus(hours, ChronoUnit.HOURS).truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** Valid for an hour. */
  static String service(String share, String path, String resource, String permissions) {
    return service(
        share, path, new LinkedHashMap<>(Map.of("sr", resource, "sp", permissions, "se", in(1))));
  }

  static String service(String share, String path, Map<String, String> fields) {
    Map<String, String> q = new LinkedHashMap<>(fields);
    q.putIfAbsent("sv", VERSION);
    String name = "/file/" + FilesEmulator.DEVELOPMENT_ACCOUNT + "/" + share;
    if (q.get("sr").equals("f")) {
      name += "/" + path;
    }
    StringBuilder text = new StringBuilder();
    for (String f :
        List.of(
            "sp", "st", "se", "", "si", "sip", "spr", "sv", "rscc", "rscd", "rsce", "rscl",
            "rsct")) {
      text.append(text.isEmpty() && f.equals("sp") ? "" : "\n")
          .append(f.isEmpty() ? name : q.getOrDefault(f, ""));
    }
    q.put("sig", Wire.hmac(text.toString()));
    return query(q);
  }

  static String account(Map<String, String> fields) {
    Map<String, String> q = new LinkedHashMap<>(fields);
    q.putIfAbsent("sv", VERSION);
    q.putIfAbsent("se", in(1));
    StringBuilder text = new StringBuilder(FilesEmulator.DEVELOPMENT_ACCOUNT).append('\n');
    for (String f : List.of("sp", "ss", "srt", "st", "se", "sip", "spr", "sv")) {
      text.append(q.getOrDefault(f, "")).append('\n');
    }
    if (q.get("sv").compareTo("2020-12-06") >= 0) {
      text.append(q.getOrDefault("ses", "")).append('\n');
    }
    q.put("sig", Wire.hmac(text.toString()));
    return query(q);
  }

  private static String query(Map<String, String> q) {
    StringBuilder out = new StringBuilder();
    q.forEach(
        (k, v) ->
            out.append(out.isEmpty() ? "" : "&")
                .append(k)
                .append('=')
                .append(URLEncoder.encode(v, StandardCharsets.UTF_8)));
    return out.toString();
  }
}
