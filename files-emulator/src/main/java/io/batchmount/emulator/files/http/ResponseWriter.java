package io.batchmount.emulator.files.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends one answer from a worker thread, in pieces no larger than {@link #PIECE}, waiting while the
 * client is slow.
 */
final class ResponseWriter {
  private static final Logger LOG = LoggerFactory.getLogger(ResponseWriter.class);

  /**
   * Bytes read and sent at once: large enough that the hand-over between threads does not count.
   */
  private static final int PIECE = 256 * 1024;

  /** A client that takes nothing for so long is given up. */
  private static final long STALL_SECONDS = 300;

  /** Pieces of a body that is slowed down go out at least so often in a second. */
  private static final int SLOW_PIECES_PER_SECOND = 10;

  private final Channel channel;
  private final boolean head;
  private final boolean keepAlive;

  ResponseWriter(Channel channel, String method, boolean keepAlive) {
    this.channel = channel;
    this.head = method.equals("HEAD");
    this.keepAlive = keepAlive;
  }

  /** Sends it; false when the connection must not be used again. */
  boolean send(HttpResponse response, Delivery delivery) {
    if (delivery.resetBefore()) {
      reset();
      return false;
    }
    HttpResponse.Body body = response.body();
    if (body instanceof HttpResponse.HeadOnly only) {
      return sendHead(response, only);
    }
    boolean whole =
        body instanceof HttpResponse.Bytes b
            && b.bytes().length <= PIECE
            && !b.chunked()
            && delivery.resetAfterBytes().isEmpty()
            && delivery.bytesPerSecond() == 0;
    if (head || whole) {
      byte[] bytes = body instanceof HttpResponse.Bytes b && !head ? b.bytes() : new byte[0];
      DefaultFullHttpResponse full =
          new DefaultFullHttpResponse(
              HttpVersion.HTTP_1_1,
              HttpResponseStatus.valueOf(response.status()),
              Unpooled.wrappedBuffer(bytes),
              DefaultHttpHeadersFactory.headersFactory().withValidation(false),
              DefaultHttpHeadersFactory.trailersFactory());
      fill(full, response);
      if (response.status() != HttpResponseStatus.NO_CONTENT.code()) {
        full.headers().set(HttpHeaderNames.CONTENT_LENGTH, length(body));
      }
      return await(channel.writeAndFlush(full)) && keepAlive;
    }
    return sendBody(response, body, delivery);
  }

  private boolean sendHead(HttpResponse response, HttpResponse.HeadOnly only) {
    DefaultHttpResponse start = start(response);
    if (only.contentLength() >= 0) {
      start.headers().set(HttpHeaderNames.CONTENT_LENGTH, only.contentLength());
    }
    channel.write(start);
    return await(channel.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT)) && keepAlive;
  }

  private boolean sendBody(HttpResponse response, HttpResponse.Body body, Delivery delivery) {
    DefaultHttpResponse start = start(response);
    long length = length(body);
    if (body instanceof HttpResponse.Bytes b && b.chunked()) {
      start.headers().set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
    } else {
      start.headers().set(HttpHeaderNames.CONTENT_LENGTH, length);
    }
    ChannelFuture last = channel.writeAndFlush(start);
    long cut =
        delivery.resetAfterBytes().isPresent()
            ? Math.min(length, delivery.resetAfterBytes().getAsLong())
            : length;
    long rate = delivery.bytesPerSecond();
    int piece =
        rate > 0 ? (int) Math.max(1, Math.min(PIECE, rate / SLOW_PIECES_PER_SECOND)) : PIECE;
    long begun = System.nanoTime();
    long sent = 0;
    try {
      while (sent < cut) {
        int n = (int) Math.min(piece, cut - sent);
        byte[] bytes = new byte[n];
        read(body, sent, bytes, n);
        if (!await(last)) {
          return false;
        }
        last = channel.writeAndFlush(new DefaultHttpContent(Unpooled.wrappedBuffer(bytes)));
        sent += n;
        if (rate > 0) {
          pace(begun, sent, rate);
        }
      }
    } catch (IOException e) {
      LOG.error("cannot read the body of an answer", e);
      reset();
      return false;
    }
    if (!await(last)) {
      return false;
    }
    if (delivery.resetAfterBytes().isPresent()) {
      reset();
      return false;
    }
    return await(channel.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT)) && keepAlive;
  }

  private void pace(long begun, long sent, long rate) {
    long due = begun + (long) (sent * 1e9 / rate);
    long wait;
    while ((wait = due - System.nanoTime()) > 0 && channel.isActive()) {
      LockSupport.parkNanos(Math.min(wait, TimeUnit.MILLISECONDS.toNanos(200)));
    }
  }

  private static void read(HttpResponse.Body body, long position, byte[] dst, int length)
      throws IOException {
    if (body instanceof HttpResponse.Bytes b) {
      System.arraycopy(b.bytes(), (int) position, dst, 0, length);
    } else if (body instanceof HttpResponse.Stream s) {
      s.source().read(position, dst, length);
    }
  }

  private static long length(HttpResponse.Body body) {
    if (body instanceof HttpResponse.Bytes b) {
      return b.bytes().length;
    }
    return body instanceof HttpResponse.Stream s ? s.length() : 0;
  }

  private DefaultHttpResponse start(HttpResponse response) {
    DefaultHttpResponse start =
        new DefaultHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(response.status()),
            DefaultHttpHeadersFactory.headersFactory().withValidation(false));
    fill(start, response);
    return start;
  }

  private void fill(io.netty.handler.codec.http.HttpResponse target, HttpResponse response) {
    for (HttpFields.Field f : response.headers().all()) {
      target.headers().add(f.name(), HttpFields.toWire(f.value()));
    }
    if (!keepAlive) {
      target.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
  }

  private boolean await(ChannelFuture future) {
    if (!future.awaitUninterruptibly(STALL_SECONDS, TimeUnit.SECONDS)) {
      reset();
      return false;
    }
    return future.isSuccess();
  }

  private void reset() {
    channel.config().setOption(ChannelOption.SO_LINGER, 0); // close then sends RST in place of FIN
    channel.close().awaitUninterruptibly();
  }
}
