package io.batchmount.launcher.stream;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Read-only signatures of single blobs ("Create a service SAS", version 2020-12-06 and later). Made
 * here because the SDK always signs for its own newest version, which servers of others may not
 * know yet.
 */
final class BlobSas {
  /** Old enough for every server, new enough for the form of the text that is signed. */
  private static final String VERSION = "2021-12-02";

  private BlobSas() {}

  /**
   * The query of a URL.
   *
   * @param key account key, base64
   * @param httpsOnly whether the address is https
   */
  static String sign(
      String account,
      String key,
      String container,
      String blob,
      Instant expiry,
      boolean httpsOnly) {
    String end = expiry.truncatedTo(ChronoUnit.SECONDS).toString();
    String protocol = httpsOnly ? "https" : "https,http";
    String text =
        String.join(
            "\n",
            "r",
            "",
            end,
            "/blob/" + account + "/" + container + "/" + blob,
            "",
            "",
            protocol,
            VERSION,
            "b",
            "",
            "",
            "",
            "",
            "",
            "",
            "");
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(Base64.getDecoder().decode(key), "HmacSHA256"));
      String signature =
          Base64.getEncoder().encodeToString(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
      return "sv="
          + VERSION
          + "&spr="
          + encode(protocol)
          + "&se="
          + encode(end)
          + "&sr=b&sp=r&sig="
          + encode(signature);
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException("every Java has HmacSHA256", e);
    }
  }

  private static String encode(String value) {
    return URLEncoder.encode(value, StandardCharsets.UTF_8);
  }
}
