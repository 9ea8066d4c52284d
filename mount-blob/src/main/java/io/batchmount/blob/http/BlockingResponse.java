package io.batchmount.blob.http;

import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpHeaders;
import com.azure.core.http.HttpMethod;
import com.azure.core.http.HttpRequest;
import com.azure.core.http.HttpResponse;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * An answer whose body is still to be read, by the thread that asked. When it was read to its end
 * the connection is used again; else it is closed.
 */
public final class BlockingResponse extends HttpResponse {
  /** Asked of the sink, and of the socket, at once. */
  private static final int STEP = 1 << 20;

  /** Bodies that are kept as a whole are those of errors. */
  private static final int MAX_WHOLE = 1 << 20;

  private static final HttpHeaderName TRANSFER_ENCODING =
      HttpHeaderName.fromString("Transfer-Encoding");

  private final Connection.Head head;
  private final Connection connection;
  private final ConnectionPool pool;
  private final Call call;
  private final Watchdog watchdog;
  private final boolean chunked;
  private long left; // of the body, or of a chunk; -1: until the other end closes
  private boolean over;

  BlockingResponse(
      HttpRequest request,
      Connection.Head head,
      Connection connection,
      ConnectionPool pool,
      Call call,
      Watchdog watchdog)
      throws IOException {
    super(request);
    this.head = head;
    this.connection = connection;
    this.pool = pool;
    this.call = call;
    this.watchdog = watchdog;
    String encoding = head.headers().getValue(TRANSFER_ENCODING);
    String length = head.headers().getValue(HttpHeaderName.CONTENT_LENGTH);
    boolean none =
        request.getHttpMethod() == HttpMethod.HEAD || head.status() == 204 || head.status() == 304;
    chunked = !none && "chunked".equalsIgnoreCase(encoding);
    try {
      left = none || chunked ? 0 : length == null ? -1 : Long.parseLong(length);
    } catch (NumberFormatException e) {
      throw new IOException("the answer's Content-Length is no number", e);
    }
    if (left == 0 && !chunked) {
      finished(true);
    }
  }

  /**
   * Moves the body into a sink. Called once, by the thread that sent the request.
   *
   * @throws IOException when the connection broke, or the body ended before its length; what came
   *     before is in the sink
   */
  public void bodyInto(Sink sink) throws IOException {
    try {
      if (chunked) {
        chunks(sink);
      } else {
        plain(sink);
      }
      finished(left >= 0);
    } catch (IOException e) {
      throw call.meaning(e);
    } finally {
      close();
    }
  }

  private void plain(Sink sink) throws IOException {
    while (left != 0) {
      ByteBuffer buffered = connection.buffered();
      int most = (int) (left < 0 ? STEP : Math.min(STEP, left));
      if (buffered.hasRemaining()) {
        putBuffered(sink, most);
        continue;
      }
      ByteBuffer[] room = sink.room(most);
      if (room.length == 0) {
        if (!connection.more(call)) {
          ended();
          return;
        }
        continue;
      }
      int count = connection.wire().read(room);
      if (count < 0) {
        ended();
        return;
      }
      call.moved();
      sink.filled(count);
      used(count);
    }
  }

  private void putBuffered(Sink sink, int most) {
    ByteBuffer buffered = connection.buffered();
    int count = Math.min(most, buffered.remaining());
    int limit = buffered.limit();
    buffered.limit(buffered.position() + count);
    sink.put(buffered);
    buffered.position(buffered.limit());
    buffered.limit(limit);
    used(count);
  }

  private void used(int count) {
    if (left > 0) {
      left -= count;
    }
  }

  /** The other end has closed. */
  private void ended() throws EOFException {
    if (left > 0) {
      throw new EOFException("closed " + left + " bytes before the end of the body");
    }
  }

  /** RFC 9112, 7.1. Extensions and trailers are passed over. */
  private void chunks(Sink sink) throws IOException {
    while (true) {
      String line = line();
      int end = line.indexOf(';');
      try {
        left = Long.parseLong((end < 0 ? line : line.substring(0, end)).strip(), 16);
      } catch (NumberFormatException e) {
        throw new IOException("a chunk of the body has no length", e);
      }
      if (left == 0) {
        String trailer;
        do {
          trailer = line();
        } while (!trailer.isEmpty());
        return;
      }
      plain(sink);
      if (!line().isEmpty()) {
        throw new IOException("a chunk of the body is longer than it says");
      }
    }
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    while (true) {
      while (connection.buffered().hasRemaining()) {
        char next = (char) (connection.buffered().get() & 0xff);
        if (next == '\n') {
          return line.toString().strip();
        }
        line.append(next);
        if (line.length() > STEP) {
          throw new IOException("a line of the body has no end");
        }
      }
      if (!connection.more(call)) {
        throw new EOFException("closed within the body");
      }
    }
  }

  private void finished(boolean reusable) {
    if (over) {
      return;
    }
    over = true;
    watchdog.remove(call);
    if (reusable && head.keepsAlive() && !connection.buffered().hasRemaining()) {
      pool.keep(connection);
    } else {
      connection.discard();
      pool.gone();
    }
  }

  /** Closes the connection unless the body was read to its end. */
  @Override
  public void close() {
    finished(false);
  }

  @Override
  public int getStatusCode() {
    return head.status();
  }

  @Override
  @SuppressWarnings("deprecation")
  public String getHeaderValue(String name) {
    return head.headers().getValue(HttpHeaderName.fromString(name));
  }

  @Override
  public String getHeaderValue(HttpHeaderName name) {
    return head.headers().getValue(name);
  }

  @Override
  public HttpHeaders getHeaders() {
    return head.headers();
  }

  /** The body as a whole, which must be a small one. */
  public byte[] whole() throws IOException {
    if (over) {
      return new byte[0];
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bodyInto(
        new Sink() {
          @Override
          public ByteBuffer[] room(int most) {
            return new ByteBuffer[0];
          }

          @Override
          public void filled(int count) {
            throw new IllegalStateException("there was no room");
          }

          @Override
          public void put(ByteBuffer part) {
            byte[] copy = new byte[Math.min(part.remaining(), MAX_WHOLE - bytes.size())];
            part.get(copy);
            bytes.writeBytes(copy);
          }
        });
    return bytes.toByteArray();
  }

  @Override
  public Flux<ByteBuffer> getBody() {
    return Mono.fromCallable(() -> ByteBuffer.wrap(whole())).flux();
  }

  @Override
  public Mono<byte[]> getBodyAsByteArray() {
    return Mono.fromCallable(this::whole);
  }

  @Override
  public Mono<String> getBodyAsString() {
    return getBodyAsString(StandardCharsets.UTF_8);
  }

  @Override
  public Mono<String> getBodyAsString(Charset charset) {
    return Mono.fromCallable(() -> new String(whole(), charset));
  }
}
