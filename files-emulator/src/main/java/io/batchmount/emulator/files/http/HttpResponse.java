package io.batchmount.emulator.files.http;

import java.io.IOException;

/**
 * An answer.
 *
 * @param status the status code
 * @param headers the header fields, without those of transport (Content-Length is the server's, but
 *     for HEAD)
 * @param body what follows the head
 */
public record HttpResponse(int status, HttpFields headers, Body body) {

  /** What follows the head of an answer. */
  public sealed interface Body permits Bytes, Stream, HeadOnly {}

  /**
   * Bytes at hand.
   *
   * @param bytes not changed afterwards
   * @param chunked whether to send them with a chunked transfer coding
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared; handed over, not shared
  public record Bytes(byte[] bytes, boolean chunked) implements Body {}

  /**
   * Bytes read while they are sent.
   *
   * @param length how many
   * @param source where from
   */
  public record Stream(long length, Source source) implements Body {}

  /**
   * The answer to HEAD: the length of what GET would send, and nothing of it.
   *
   * @param contentLength the value of Content-Length, or -1 for none
   */
  public record HeadOnly(long contentLength) implements Body {}

  /** Reads parts of a body. */
  @FunctionalInterface
  public interface Source {
    /**
     * Reads exactly {@code length} bytes.
     *
     * @param position offset in the body
     * @param dst where to
     * @param length how many
     * @throws IOException if they cannot be read; the connection is then reset
     */
    void read(long position, byte[] dst, int length) throws IOException;
  }

  /** An answer without a body, {@code Content-Length: 0}. */
  public static HttpResponse empty(int status, HttpFields headers) {
    return new HttpResponse(status, headers, new Bytes(new byte[0], false));
  }
}
