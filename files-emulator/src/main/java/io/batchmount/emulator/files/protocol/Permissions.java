package io.batchmount.emulator.files.protocol;

import io.batchmount.emulator.files.model.Account;
import io.batchmount.emulator.files.model.Change;
import io.batchmount.emulator.files.model.Share;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Pattern;

/** Permission texts (SDDL) and the keys that stand for them. */
final class Permissions {
  /** What a directory has that was made without one. */
  static final String DIRECTORY_DEFAULT =
      "O:BAG:SYD:(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICIIO;GA;;;CO)(A;OICI;0x1301bf;;;AU)(A;OICI;0x1200a9;;;BU)";

  /** What a file has that was made without one. */
  static final String FILE_DEFAULT =
      "O:BAG:SYD:(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1301bf;;;AU)(A;ID;0x1200a9;;;BU)";

  /** The longest text in a header, in bytes; longer ones go through Create Permission. */
  static final int MAX_HEADER_TEXT = 8 * 1024;

  private static final Pattern KEY = Pattern.compile("\\d{1,20}\\*\\d{1,20}");

  private Permissions() {}

  /** The key of a text: the same for the same text. */
  static String key(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return new BigInteger(1, Arrays.copyOfRange(hash, 0, 8))
          + "*"
          + new BigInteger(1, Arrays.copyOfRange(hash, 8, 16));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Throws FileInvalidPermission unless it has an owner, a group and a DACL. */
  static void check(String text, boolean binary) {
    if (binary) {
      try {
        if (Base64.getDecoder().decode(text).length
            >= 20) { // the head of a self-relative security descriptor
          return;
        }
      } catch (IllegalArgumentException e) {
        throw new ServiceException(ErrorCode.FileInvalidPermission);
      }
    } else if (isSddl(text)) {
      return;
    }
    throw new ServiceException(ErrorCode.FileInvalidPermission);
  }

  private static boolean isSddl(String text) {
    int group = text.indexOf("G:", 2);
    int acl = group < 0 ? -1 : text.indexOf("D:", group + 2);
    return text.startsWith("O:") && group > 2 && acl > group + 2;
  }

  /** Throws InvalidHeaderValue unless it has the form of a key. */
  static void checkKey(String header, String key) {
    if (!KEY.matcher(key).matches()) {
      throw ServiceException.invalidHeader(header, key);
    }
  }

  /** The key of a text, which the share knows from now on. */
  static String keep(Account.Transaction tx, Share share, String text) {
    String key = key(text);
    if (text(share, key).isEmpty()) {
      share.permissions().put(key, text);
      tx.add(new Change.PermissionAdded(share, key, text));
    }
    return key;
  }

  /** The text of a key. */
  static Optional<String> text(Share share, String key) {
    if (key.equals(key(DIRECTORY_DEFAULT))) {
      return Optional.of(DIRECTORY_DEFAULT);
    }
    if (key.equals(key(FILE_DEFAULT))) {
      return Optional.of(FILE_DEFAULT);
    }
    return Optional.ofNullable(share.permissions().get(key));
  }
}
