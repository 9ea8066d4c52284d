package io.batchmount.emulator.files.http;

import java.net.InetAddress;

/**
 * One request, its body read.
 *
 * @param method as sent, for example {@code PUT}
 * @param rawPath the path as sent, percent-encoded, without the query
 * @param rawQuery the query as sent, without the question mark; empty when there is none
 * @param headers the header fields
 * @param contentLength the value of Content-Length, or -1 when the request has none
 * @param body the bytes; empty when the body was longer than {@link HttpServer#MAX_BODY}
 * @param bodyTooLarge whether the body was longer than {@link HttpServer#MAX_BODY} and was thrown
 *     away
 * @param chunked whether the body came with a chunked transfer coding
 * @param client where the request came from
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; handed over, not shared
public record HttpRequest(
    String method,
    String rawPath,
    String rawQuery,
    HttpFields headers,
    long contentLength,
    byte[] body,
    boolean bodyTooLarge,
    boolean chunked,
    InetAddress client) {}
