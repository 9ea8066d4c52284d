package io.batchmount.it.support;

import io.batchmount.core.testkit.Azurite;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Shared access signatures of the development account, as queries without a question mark. */
public final class Signatures {
  private static final String VERSION = "2021-06-08";

  private Signatures() {}

  /** For all files of the account, an hour from now on. */
  public static String account(String permissions) {
    String end = time(Instant.now().plus(1, ChronoUnit.HOURS));
    Map<String, String> q = new LinkedHashMap<>();
    q.put("sv", VERSION);
    q.put("ss", "f");
    q.put("srt", "sco");
    q.put("sp", permissions);
    q.put("se", end);
    return signed(
        q,
        String.join(
            "\n", Azurite.ACCOUNT, permissions, "f", "sco", "", end, "", "", VERSION, "", ""));
  }

  /** For one share. */
  public static String share(String share, String permissions, Instant until) {
    String end = time(until);
    String resource = "/file/" + Azurite.ACCOUNT + "/" + share;
    Map<String, String> q = new LinkedHashMap<>();
    q.put("sv", VERSION);
    q.put("sr", "s");
    q.put("sp", permissions);
    q.put("se", end);
    return signed(
        q,
        String.join("\n", permissions, "", end, resource, "", "", "", VERSION, "", "", "", "", ""));
  }

  private static String time(Instant at) {
    return at.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private static String signed(Map<String, String> query, String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(Base64.getDecoder().decode(Azurite.KEY), "HmacSHA256"));
      byte[] signature = mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
      query.put("sig", Base64.getEncoder().encodeToString(signature));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has HmacSHA256", e);
    }
    return query.entrySet().stream()
        .map(e -> e.getKey() + "=" + URLEncoder.encode(e.getValue(), StandardCharsets.UTF_8))
        .collect(Collectors.joining("&"));
  }
}
