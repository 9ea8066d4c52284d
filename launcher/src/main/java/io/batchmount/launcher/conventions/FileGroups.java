package io.batchmount.launcher.conventions;

import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Containers of file groups, the related convention of the Batch command line extension: a
 * destination {@code autoStorage} names a group in the linked account instead of a container.
 *
 * <p>The rules differ from those of {@link JobContainers}, and so does the prefix.
 */
public final class FileGroups {
  /** What every name begins with. */
  public static final String PREFIX = "fgrp-";

  /** Longest text behind the prefix: container names end at 63 characters. */
  private static final int LONGEST_TEXT = 63 - PREFIX.length();

  /** Characters of the group kept for the eye when text and hash together are too long. */
  private static final int LONGEST_KEPT_TEXT = 15;

  private static final Pattern SEPARATORS = Pattern.compile("[_-]+");
  private static final Pattern LEGAL = Pattern.compile("[a-z0-9][a-z0-9-]*");

  private FileGroups() {}

  /**
   * The container of a file group.
   *
   * @param group letters, digits, hyphens and underscores; begins with a letter or digit
   * @throws IllegalArgumentException for any other group
   */
  public static String containerOf(String group) {
    String lower = Objects.requireNonNull(group, "group").toLowerCase(Locale.ROOT);
    String text = SEPARATORS.matcher(lower).replaceAll("-");
    if (text.endsWith("-")) {
      text = text.substring(0, text.length() - 1);
    }
    if (!LEGAL.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "group must be letters, digits, '-' and '_', and begin with a letter or digit: \""
              + group
              + "\"");
    }
    if (text.equals(lower) && text.length() <= LONGEST_TEXT) {
      return PREFIX + text;
    }
    String hash = JobContainers.sha1(lower);
    String hashed = text + "-" + hash;
    if (hashed.length() <= LONGEST_TEXT) {
      return PREFIX + hashed;
    }
    String kept = text.substring(0, Math.min(text.length(), LONGEST_KEPT_TEXT));
    // the extension kept a hyphen at the cut and so made names that the service refuses
    return PREFIX + (kept.endsWith("-") ? kept.substring(0, kept.length() - 1) : kept) + "-" + hash;
  }
}
