package io.batchmount.blob.store;

import com.azure.core.http.HttpHeaderName;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * A checksum that the service computes over a range that is read. Source: Get Blob in the service's
 * REST reference: at most one of them may be asked, for ranges of at most {@link #MOST_BYTES}.
 */
enum RangeChecksum {
  /** Three times as fast as MD5, given since version 2019-02-02; not by all emulators. */
  CRC64("x-ms-range-get-content-crc64", "x-ms-content-crc64"),
  MD5("x-ms-range-get-content-md5", "Content-MD5"),
  /** The service gave neither. */
  NONE("", "");

  /** Longer ranges with a checksum are refused. */
  static final int MOST_BYTES = 4 << 20;

  private final String question;
  private final String answer;

  RangeChecksum(String question, String answer) {
    this.question = question;
    this.answer = answer;
  }

  /** Header that asks for it, with {@code true}. */
  HttpHeaderName question() {
    return HttpHeaderName.fromString(question);
  }

  /** Header that it comes in. */
  HttpHeaderName answer() {
    return HttpHeaderName.fromString(answer);
  }

  /** What is asked when this one was not given. */
  RangeChecksum next() {
    return this == CRC64 ? MD5 : NONE;
  }

  /** A computation over the bytes as they come. Not thread-safe. */
  interface Sum {
    /** Takes bytes; the buffer's position stays. */
    void add(ByteBuffer bytes);

    /** The checksum as the header writes it. */
    String base64();
  }

  /** Begins a computation. */
  Sum begin() {
    return switch (this) {
      case CRC64 -> new Crc64Sum();
      case MD5 -> new Md5Sum();
      case NONE -> throw new IllegalStateException("nothing to compute");
    };
  }

  private static final class Crc64Sum implements Sum {
    private final Crc64 crc = new Crc64();

    @Override
    public void add(ByteBuffer bytes) {
      crc.update(bytes.duplicate());
    }

    @Override
    public String base64() {
      return crc.base64();
    }
  }

  private static final class Md5Sum implements Sum {
    private final MessageDigest digest;

    Md5Sum() {
      try {
        digest = MessageDigest.getInstance("MD5");
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every JDK has MD5", e);
      }
    }

    @Override
    public void add(ByteBuffer bytes) {
      digest.update(bytes.duplicate());
    }

    @Override
    public String base64() {
      return Base64.getEncoder().encodeToString(digest.digest());
    }
  }
}
