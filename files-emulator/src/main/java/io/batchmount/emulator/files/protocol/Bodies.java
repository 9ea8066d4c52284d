package io.batchmount.emulator.files.protocol;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** Checks of request bodies. */
final class Bodies {
  private static final int MD5_BYTES = 16;

  private Bodies() {}

  /** The hash in base64. */
  static String md5(byte[] bytes) {
    try {
      return Base64.getEncoder().encodeToString(MessageDigest.getInstance("MD5").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has MD5", e);
    }
  }

  /** A header that holds a hash; throws InvalidMd5 unless it is 128 bits in base64. */
  static String md5Text(String header, String value) {
    if (value.isEmpty()) {
      return value;
    }
    try {
      if (Base64.getDecoder().decode(value).length == MD5_BYTES) {
        return value;
      }
    } catch (IllegalArgumentException e) {
      throw new ServiceException(ErrorCode.InvalidMd5).element("HeaderName", header);
    }
    throw new ServiceException(ErrorCode.InvalidMd5).element("HeaderName", header);
  }
}
