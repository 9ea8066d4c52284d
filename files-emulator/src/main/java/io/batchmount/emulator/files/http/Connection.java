package io.batchmount.emulator.files.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection: gathers a request, has it answered by a worker, and goes on with the next only
 * then. What the client has sent ahead waits in the socket (and, as far as one read held it, in
 * {@link #ahead}). Everything runs on the event loop but {@link #answer}.
 */
final class Connection extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

  /**
   * A body that is thrown away is read this far, in bytes, so that the client gets to see the
   * answer.
   */
  private static final long MAX_DISCARD = 64L * 1024 * 1024;

  private static final byte[] EMPTY = new byte[0];

  private final HttpHandler handler;
  private final ExecutorService workers;
  private final BodyBudget budget;

  private final Queue<Object> ahead = new ArrayDeque<>();
  private io.netty.handler.codec.http.HttpRequest head;
  private boolean busy;
  private boolean closed;
  private byte[] body = EMPTY;
  private int filled;
  private long seen;
  private long reserved;
  private long contentLength;
  private OptionalLong cut = OptionalLong.empty();

  Connection(HttpHandler handler, ExecutorService workers, BodyBudget budget) {
    this.handler = handler;
    this.workers = workers;
    this.budget = budget;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    ctx.read();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (closed) {
      ReferenceCountUtil.release(message);
      return;
    }
    ahead.add(message);
    drain(ctx);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (!busy && !closed) {
      ctx.read();
    }
  }

  private void drain(ChannelHandlerContext ctx) {
    while (!busy && !closed) {
      Object message = ahead.poll();
      if (message == null) {
        return;
      }
      try {
        take(ctx, message);
      } finally {
        ReferenceCountUtil.release(message);
      }
    }
  }

  private void take(ChannelHandlerContext ctx, Object message) {
    if (message instanceof io.netty.handler.codec.http.HttpRequest request) {
      begin(ctx, request);
    }
    if (message instanceof HttpContent content && head != null && !busy) {
      gather(ctx, content);
    }
  }

  private void begin(ChannelHandlerContext ctx, io.netty.handler.codec.http.HttpRequest request) {
    if (request.decoderResult().isFailure()) {
      refuse(ctx, HttpResponseStatus.BAD_REQUEST);
      return;
    }
    head = request;
    filled = 0;
    seen = 0;
    reserved = 0;
    body = EMPTY;
    contentLength = declaredLength(request);
    if (contentLength < -1) {
      refuse(ctx, HttpResponseStatus.BAD_REQUEST);
      return;
    }
    boolean expects = HttpUtil.is100ContinueExpected(request);
    cut =
        contentLength > 0
            ? handler.resetUploadAfter(plain(ctx, request, false))
            : OptionalLong.empty();
    if (expects && contentLength > HttpServer.MAX_BODY) {
      dispatch(ctx, true, true); // the client waits for leave, and does not get it
      return;
    }
    if (contentLength > 0 && contentLength <= HttpServer.MAX_BODY) {
      busy = true; // until there is room for the body
      long bytes = contentLength;
      budget.acquire(
          bytes,
          () -> {
            if (ctx.executor().inEventLoop()) {
              makeRoom(ctx, bytes, expects);
            } else {
              ctx.executor().execute(() -> makeRoom(ctx, bytes, expects));
            }
          });
      return;
    }
    if (expects) {
      sendContinue(ctx);
    }
  }

  private void makeRoom(ChannelHandlerContext ctx, long bytes, boolean expects) {
    reserved = bytes;
    busy = false;
    if (closed) {
      giveBack();
      return;
    }
    body = new byte[(int) bytes];
    if (expects) {
      sendContinue(ctx);
    }
    drain(ctx);
    if (!busy && !closed) {
      ctx.read();
    }
  }

  private static void sendContinue(ChannelHandlerContext ctx) {
    ctx.writeAndFlush(
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
  }

  /** The declared length; -1 for none, -2 for a malformed one. */
  private static long declaredLength(io.netty.handler.codec.http.HttpRequest request) {
    String text = request.headers().get(HttpHeaderNames.CONTENT_LENGTH);
    if (text == null) {
      return -1;
    }
    try {
      long value = Long.parseLong(text.trim());
      return value < 0 ? -2 : value;
    } catch (NumberFormatException e) {
      return -2;
    }
  }

  private void gather(ChannelHandlerContext ctx, HttpContent content) {
    if (content.decoderResult().isFailure()) {
      refuse(ctx, HttpResponseStatus.BAD_REQUEST);
      return;
    }
    if (cut.isPresent() && seen + content.content().readableBytes() > cut.getAsLong()) {
      ctx.channel().config().setOption(ChannelOption.SO_LINGER, 0);
      shut(ctx);
      return;
    }
    ByteBuf bytes = content.content();
    int n = bytes.readableBytes();
    seen += n;
    if (filled + n <= body.length) {
      bytes.readBytes(body, filled, n);
      filled += n;
    } else if (seen > MAX_DISCARD) {
      dispatch(ctx, true, true);
      return;
    }
    if (content instanceof LastHttpContent) {
      dispatch(ctx, seen > filled, false);
    }
  }

  private void dispatch(ChannelHandlerContext ctx, boolean tooLarge, boolean closeAfter) {
    busy = true;
    io.netty.handler.codec.http.HttpRequest request = head;
    head = null;
    HttpRequest plain = plain(ctx, request, tooLarge);
    body = EMPTY;
    boolean keepAlive = HttpUtil.isKeepAlive(request) && !closeAfter;
    try {
      workers.execute(() -> answer(ctx, plain, keepAlive));
    } catch (RejectedExecutionException e) {
      shut(ctx); // the server is being closed
    }
  }

  private HttpRequest plain(
      ChannelHandlerContext ctx,
      io.netty.handler.codec.http.HttpRequest request,
      boolean tooLarge) {
    HttpFields fields = new HttpFields();
    request.headers().forEach(e -> fields.add(e.getKey(), HttpFields.fromWire(e.getValue())));
    String uri = request.uri();
    if (!uri.startsWith("/")) { // the absolute form that proxies use
      int authority = uri.indexOf("://");
      int slash = authority < 0 ? -1 : uri.indexOf('/', authority + 3);
      uri = slash < 0 ? "/" : uri.substring(slash);
    }
    int mark = uri.indexOf('?');
    InetAddress client = ((InetSocketAddress) ctx.channel().remoteAddress()).getAddress();
    return new HttpRequest(
        request.method().name(),
        mark < 0 ? uri : uri.substring(0, mark),
        mark < 0 ? "" : uri.substring(mark + 1),
        fields,
        contentLength,
        tooLarge ? EMPTY : (filled == body.length ? body : Arrays.copyOf(body, filled)),
        tooLarge,
        HttpUtil.isTransferEncodingChunked(request),
        client);
  }

  private void answer(ChannelHandlerContext ctx, HttpRequest request, boolean keepAlive) {
    boolean again = false;
    try {
      HttpHandler.Outcome outcome = handler.handle(request);
      again =
          new ResponseWriter(ctx.channel(), request.method(), keepAlive)
              .send(outcome.response(), outcome.delivery());
    } catch (RuntimeException e) {
      LOG.error("cannot answer {} {}", request.method(), request.rawPath(), e);
    }
    boolean goOn = again;
    try {
      ctx.executor().execute(() -> finish(ctx, goOn));
    } catch (RejectedExecutionException e) {
      LOG.debug("the server was closed while it answered", e);
    }
  }

  private void finish(ChannelHandlerContext ctx, boolean goOn) {
    giveBack();
    busy = false;
    if (!goOn) {
      shut(ctx);
      return;
    }
    drain(ctx);
    if (!busy && !closed) {
      ctx.read();
    }
  }

  private void giveBack() {
    long bytes = reserved;
    reserved = 0;
    if (bytes > 0) {
      budget.release(bytes);
    }
  }

  private void refuse(ChannelHandlerContext ctx, HttpResponseStatus status) {
    DefaultFullHttpResponse response =
        new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.EMPTY_BUFFER);
    response
        .headers()
        .set(HttpHeaderNames.CONTENT_LENGTH, 0)
        .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    ctx.writeAndFlush(response).addListener(f -> shut(ctx));
    closed = true;
    release();
  }

  private void shut(ChannelHandlerContext ctx) {
    closed = true;
    release();
    ctx.close();
  }

  private void release() {
    while (!ahead.isEmpty()) {
      ReferenceCountUtil.release(ahead.remove());
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    closed = true;
    release();
    if (!busy) {
      giveBack();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof IdleStateEvent && !busy) {
      shut(ctx);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    LOG.debug("connection of {} ended", ctx.channel().remoteAddress(), cause);
    shut(ctx);
  }
}
