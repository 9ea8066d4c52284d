package io.batchmount.emulator.files.protocol;

import io.batchmount.emulator.files.http.HttpFields;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.Collator;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signatures with the account key. Clients differ in how they sort names (by code point, or as the
 * Java client by a collator that skips hyphens and ranks the underscore first) and in what they do
 * with commas in query values: a signature is good when any of these ways leads to it. Thread-safe.
 */
final class SharedKey {
  private static final String ALGORITHM = "HmacSHA256";
  private static final List<String> SIGNED =
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
          "Range");

  private final SecretKeySpec key;

  SharedKey(byte[] accountKey) {
    this.key = new SecretKeySpec(accountKey, ALGORITHM);
  }

  /** The signature of a text, in base64. */
  String sign(String text) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      return Base64.getEncoder().encodeToString(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException("every Java has HmacSHA256", e);
    }
  }

  /** Compares in a time that does not depend on where texts differ. */
  static boolean same(String a, String b) {
    return MessageDigest.isEqual(
        a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
  }

  /** Whether the signature is one of this request. */
  boolean verify(Call call, String signature) {
    Comparator<String> codePoints = Comparator.naturalOrder();
    Collator root = Collator.getInstance(Locale.ROOT);
    Comparator<String> collated = (a, b) -> root.compare(a, b);
    String head = head(call);
    List<String> tried = new ArrayList<>();
    for (Comparator<String> headerOrder : List.of(codePoints, collated)) {
      String headers = headers(call, headerOrder);
      for (Comparator<String> queryOrder : List.of(codePoints, collated)) {
        for (boolean split : List.of(false, true)) {
          String text = head + headers + resource(call, queryOrder, split);
          if (tried.contains(text)) {
            continue;
          }
          tried.add(text);
          if (same(sign(text), signature)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private static String head(Call call) {
    StringBuilder text = new StringBuilder(call.method()).append('\n');
    for (String name : SIGNED) {
      String value = call.header(name).orElse("");
      boolean blank =
          (name.equals("Content-Length") && value.equals("0"))
              || (name.equals("Date") && call.header("x-ms-date").isPresent());
      text.append(blank ? "" : value).append('\n');
    }
    return text.toString();
  }

  private static String headers(Call call, Comparator<String> order) {
    TreeMap<String, String> sorted = new TreeMap<>(order.thenComparing(Comparator.naturalOrder()));
    for (HttpFields.Field f : call.http().headers().withPrefix("x-ms-")) {
      sorted.merge(f.name().toLowerCase(Locale.ROOT), f.value().strip(), (a, b) -> a + "," + b);
    }
    StringBuilder text = new StringBuilder();
    sorted.forEach((k, v) -> text.append(k).append(':').append(v).append('\n'));
    return text.toString();
  }

  private static String resource(Call call, Comparator<String> order, boolean split) {
    StringBuilder text =
        new StringBuilder("/").append(call.account()).append(call.http().rawPath());
    TreeMap<String, String> sorted = new TreeMap<>(order.thenComparing(Comparator.naturalOrder()));
    for (Map.Entry<String, List<String>> e : call.target().rawQuery().entrySet()) {
      List<String> values = new ArrayList<>();
      for (String raw : e.getValue()) {
        for (String part : split ? List.of(raw.split(",", -1)) : List.of(raw)) {
          values.add(Target.decode(part));
        }
      }
      values.sort(Comparator.naturalOrder());
      sorted.put(e.getKey(), String.join(",", values));
    }
    sorted.forEach((k, v) -> text.append('\n').append(k).append(':').append(v));
    return text.toString();
  }
}
