package io.batchmount.blob.store;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** The MD5 that the service keeps of blobs that came in one Put Blob ({@code Content-MD5}). */
public final class ContentMd5 {
  private ContentMd5() {}

  /** Base64 of the MD5 of what remains in the buffer; its position is left unchanged. */
  public static String of(ByteBuffer content) {
    try {
      MessageDigest digest = MessageDigest.getInstance("MD5");
      digest.update(content.duplicate());
      return Base64.getEncoder().encodeToString(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has MD5", e);
    }
  }
}
