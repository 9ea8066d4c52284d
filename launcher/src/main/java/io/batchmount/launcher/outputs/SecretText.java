package io.batchmount.launcher.outputs;

import java.util.regex.Pattern;

/** Blanks signatures in texts that people read. */
public final class SecretText {
  /** A signature of a SAS, raw or percent-encoded; the rest of the SAS is no secret. */
  private static final Pattern SIGNATURE =
      Pattern.compile("(?i)((?:\\b|(?<=%3f)|(?<=%26))sig(?:=|%3d))[^&\\s\"'<>\\]})]*");

  private static final Pattern ACCOUNT_KEY =
      Pattern.compile("(?i)((?:AccountKey|SharedAccessSignature)=)[^;\\s\"']*");

  private SecretText() {}

  /** The text with {@code sig=...} as {@code sig=***}, account keys likewise. */
  public static String blank(String text) {
    if (text.indexOf('=') < 0 && text.indexOf('%') < 0) {
      return text; // as most lines of a log of many files: the patterns cost more than the search
    }
    String signed = SIGNATURE.matcher(text).replaceAll("$1***");
    return ACCOUNT_KEY.matcher(signed).replaceAll("$1***");
  }

  /** An address without its query: what is shown where the query says nothing. */
  public static String withoutQuery(String url) {
    int query = url.indexOf('?');
    return query < 0 ? url : url.substring(0, query);
  }
}
