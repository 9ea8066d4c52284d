package io.batchmount.launcher.job;

import java.util.regex.Pattern;

/** Mount commands, and what they print, as people may see them. */
public final class MountCommandText {
  /** A password in a mount command, as mount.cifs and davfs take it. */
  private static final Pattern PASSWORD =
      Pattern.compile(
          "(?i)\\b((?:pass(?:word|wd)?2?|secret|key|token|sas|credential)=)(\"[^\"]*\"|'[^']*'|[^\\s,]*)");

  private MountCommandText() {}

  /** The text with the values of passwords and keys blanked. */
  public static String blank(String text) {
    return PASSWORD.matcher(text).replaceAll("$1***");
  }
}
