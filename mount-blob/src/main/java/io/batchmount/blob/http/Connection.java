package io.batchmount.blob.http;

import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpHeaders;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * One connection with the bytes that were read from it and not used yet. Used by one thread at a
 * time.
 */
final class Connection {
  private static final int FIRST_BUFFER = 16 << 10;

  /** The service allows 8 KiB of metadata, beside its own headers. */
  private static final int MAX_HEAD = 64 << 10;

  /** Sent together with the head: a small body then costs no packet of its own. */
  private static final int MAX_TOGETHER = 64 << 10;

  /**
   * Of a body, sent at once. Between two of them the watchdog learns that bytes move: at the 30 s
   * that it waits a link of 10 kB/s still passes.
   */
  private static final int STEP = 256 << 10;

  private final Wire wire;
  private ByteBuffer buffer = ByteBuffer.allocateDirect(FIRST_BUFFER).limit(0);
  private long idleSince;

  Connection(Wire wire) {
    this.wire = wire;
  }

  Wire wire() {
    return wire;
  }

  void idle() {
    idleSince = System.nanoTime();
  }

  long idleSince() {
    return idleSince;
  }

  void discard() {
    try {
      wire.close();
    } catch (IOException e) {
      return; // nobody uses it any more
    }
  }

  /** Bytes that came and were not used, ready to be read. */
  ByteBuffer buffered() {
    return buffer;
  }

  /** The head of an answer. */
  record Head(int status, HttpHeaders headers, boolean keepsAlive) {}

  /** Nothing of the answer came: a connection that the other end had closed while it was idle. */
  static final class Unanswered extends EOFException {
    private static final long serialVersionUID = 1L;

    Unanswered() {
      super("closed before the answer");
    }
  }

  /** Whether the other end has not closed it while it was idle, as far as can be seen. */
  boolean isAlive() {
    try {
      return wire.isAlive();
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Sends a request and reads the head of its answer.
   *
   * <p>A server may refuse a request before it has read all of it, and close. What it said then
   * tells more than that the connection broke.
   */
  Head exchange(byte[] head, ByteBuffer body, Call call) throws IOException {
    Optional<IOException> broken = Optional.empty();
    try {
      send(head, body.duplicate(), call);
    } catch (IOException e) {
      broken = Optional.of(e);
    }
    Head answer;
    try {
      answer = head(call);
    } catch (IOException e) {
      IOException first = broken.orElse(e);
      if (first != e) {
        first.addSuppressed(e);
      }
      throw first;
    }
    return broken.isEmpty() ? answer : new Head(answer.status(), answer.headers(), false);
  }

  private void send(byte[] head, ByteBuffer body, Call call) throws IOException {
    int together = Math.min(body.remaining(), Math.max(0, MAX_TOGETHER - head.length));
    ByteBuffer first = ByteBuffer.allocate(head.length + together);
    first.put(head).put(body.slice(body.position(), together)).flip();
    wire.write(first);
    int at = body.position() + together;
    while (at < body.limit()) {
      call.moved();
      int count = Math.min(STEP, body.limit() - at);
      wire.write(body.slice(at, count));
      at += count;
    }
    call.moved();
  }

  /** Reads the head of the next answer, passing over those that only say "go on". */
  Head head(Call call) throws IOException {
    while (true) {
      Head head = oneHead(call);
      if (head.status() >= 200) {
        return head;
      }
    }
  }

  private Head oneHead(Call call) throws IOException {
    int searched = 0;
    boolean any = buffer.hasRemaining();
    while (true) {
      int end = endOfHead(searched);
      if (end >= 0) {
        byte[] bytes = new byte[end];
        buffer.get(bytes);
        return parse(new String(bytes, StandardCharsets.ISO_8859_1));
      }
      searched = Math.max(0, buffer.remaining() - 3);
      if (!more(call)) {
        if (any) {
          throw new EOFException("closed within the head of the answer");
        }
        throw new Unanswered();
      }
      any = true;
    }
  }

  /** Where the empty line ends, counted from the position; -1 when it has not come. */
  private int endOfHead(int from) {
    int start = buffer.position();
    for (int i = start + from; i + 3 < buffer.limit(); i++) {
      if (buffer.get(i) == '\r'
          && buffer.get(i + 1) == '\n'
          && buffer.get(i + 2) == '\r'
          && buffer.get(i + 3) == '\n') {
        return i + 4 - start;
      }
    }
    return -1;
  }

  /** Reads more into the buffer; false when the other end has closed. */
  boolean more(Call call) throws IOException {
    buffer.compact();
    if (!buffer.hasRemaining()) {
      if (buffer.capacity() >= MAX_HEAD) {
        throw new IOException("the head of the answer is longer than " + MAX_HEAD + " bytes");
      }
      ByteBuffer larger = ByteBuffer.allocateDirect(buffer.capacity() * 2);
      buffer.flip();
      buffer = larger.put(buffer);
    }
    int count;
    try {
      count = wire.read(new ByteBuffer[] {buffer});
    } finally {
      buffer.flip();
    }
    call.moved();
    return count >= 0;
  }

  private static Head parse(String text) throws IOException {
    String[] lines = text.split("\r\n");
    String[] first = lines[0].split(" ", 3);
    if (first.length < 2 || !first[0].startsWith("HTTP/1.")) {
      throw new IOException("the answer is no HTTP");
    }
    int status;
    try {
      status = Integer.parseInt(first[1]);
    } catch (NumberFormatException e) {
      throw new IOException("the answer has no status", e);
    }
    HttpHeaders headers = new HttpHeaders(lines.length);
    for (int i = 1; i < lines.length; i++) {
      int colon = lines[i].indexOf(':');
      if (colon <= 0) {
        throw new IOException("the answer has a header without a name");
      }
      headers.add(
          HttpHeaderName.fromString(lines[i].substring(0, colon)),
          lines[i].substring(colon + 1).strip());
    }
    String connection = headers.getValue(HttpHeaderName.CONNECTION);
    boolean keeps =
        first[0].equals("HTTP/1.1")
            ? !"close".equalsIgnoreCase(connection)
            : "keep-alive".equalsIgnoreCase(connection);
    return new Head(status, headers, keeps);
  }
}
