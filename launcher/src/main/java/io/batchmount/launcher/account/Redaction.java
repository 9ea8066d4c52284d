package io.batchmount.launcher.account;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * Blanks secrets in text that is about to be written. Knows every secret that this process has read
 * and the shapes that secrets have on the wire. Thread-safe.
 */
public final class Redaction {
  private static final String BLANK = "***";

  /**
   * Shorter values are left alone: they are part of ordinary words, and no key or token is so
   * short.
   */
  private static final int SHORTEST_SECRET = 6;

  private static final Pattern SIGNATURE =
      Pattern.compile("(?i)((?:^|[?&;\\s\"'])sig=)[^&\\s\"';]+");
  private static final Pattern ACCOUNT_KEY = Pattern.compile("(?i)(AccountKey=)[^;\\s\"']+");
  private static final Pattern HEADER =
      Pattern.compile("(?i)((?:SharedKey\\s+[a-z0-9]+:|Bearer\\s+))[A-Za-z0-9+/=._~-]+");

  private static final Set<String> SECRETS = ConcurrentHashMap.newKeySet();

  private Redaction() {}

  /** Remembers a secret, in the forms in which it may turn up. */
  public static void register(String secret) {
    String value = secret.strip();
    if (value.length() < SHORTEST_SECRET) {
      return;
    }
    SECRETS.add(value);
    SECRETS.add(URLEncoder.encode(value, StandardCharsets.UTF_8));
    int signature = value.indexOf("sig=");
    if (signature >= 0) {
      int end = value.indexOf('&', signature);
      String encoded = value.substring(signature + 4, end < 0 ? value.length() : end);
      if (encoded.length() >= SHORTEST_SECRET) {
        SECRETS.add(encoded);
        try {
          SECRETS.add(URLDecoder.decode(encoded, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
          SECRETS.add(encoded); // not percent-encoded after all: the plain form is all there is
        }
      }
    }
  }

  /** The text with every known secret blanked. */
  public static String redact(String text) {
    String result = text;
    for (String secret : SECRETS) {
      if (result.contains(secret)) {
        result = result.replace(secret, BLANK);
      }
    }
    result = SIGNATURE.matcher(result).replaceAll("$1" + BLANK);
    result = ACCOUNT_KEY.matcher(result).replaceAll("$1" + BLANK);
    return HEADER.matcher(result).replaceAll("$1" + BLANK);
  }
}
