package io.batchmount.emulator.files.protocol;

import java.util.regex.Pattern;

/** Service versions, compared as strings. */
final class Versions {
  /** The newest that is known: what the newest released clients send. */
  static final String NEWEST = "2026-10-06";

  /** Copy File takes SMB properties and gives new times. */
  static final String COPY_SMB = "2019-07-07";

  /** Leases on shares. */
  static final String SHARE_LEASES = "2020-02-10";

  /** Listing with {@code include}. */
  static final String LISTING_INCLUDE = "2020-04-08";

  /** Listing with change and modification times. */
  static final String LISTING_CHANGE_TIME = "2020-06-12";

  /** Listing with ids in any case. */
  static final String LISTING_IDS = "2020-10-02";

  /** Rename. */
  static final String RENAME = "2021-04-10";

  /** SMB headers are optional, the change time may be set, Put Range knows the last write time. */
  static final String SMB_OPTIONAL = "2021-06-08";

  /** Names that XML cannot hold are encoded. */
  static final String ENCODED_NAMES = "2021-12-02";

  /** Trailing dots may be kept. */
  static final String TRAILING_DOTS = "2022-11-02";

  private static final Pattern FORM =
      Pattern.compile("20\\d\\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])");

  private Versions() {}

  /** Whether it is a version that the emulator answers. */
  static boolean known(String version) {
    return FORM.matcher(version).matches() && version.compareTo(NEWEST) <= 0;
  }
}
