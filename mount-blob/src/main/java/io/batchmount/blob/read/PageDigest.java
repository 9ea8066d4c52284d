package io.batchmount.blob.read;

import io.batchmount.blob.cache.Page;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;

/** MD5 over pages, as the service stores it. */
final class PageDigest {
  private PageDigest() {}

  static String md5(List<Page> pages, int length) {
    try {
      MessageDigest digest = MessageDigest.getInstance("MD5");
      int left = length;
      for (Page page : pages) {
        ByteBuffer view = page.view();
        view.limit(Math.min(view.capacity(), left));
        left -= view.remaining();
        digest.update(view);
      }
      return Base64.getEncoder().encodeToString(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has MD5", e);
    }
  }
}
