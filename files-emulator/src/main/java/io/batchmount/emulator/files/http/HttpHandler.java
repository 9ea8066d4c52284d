package io.batchmount.emulator.files.http;

import java.util.OptionalLong;

/** Answers requests; called on a worker thread, many at once. */
public interface HttpHandler {
  /** An answer and how to send it. */
  record Outcome(HttpResponse response, Delivery delivery) {}

  /** Answers one request. May block. */
  Outcome handle(HttpRequest request);

  /**
   * Whether to reset the connection after so many bytes of the body; asked once the head of a
   * request with a body has come, on the event loop. Must not block.
   */
  default OptionalLong resetUploadAfter(HttpRequest head) {
    return OptionalLong.empty();
  }
}
