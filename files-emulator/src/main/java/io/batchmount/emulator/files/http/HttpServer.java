package io.batchmount.emulator.files.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Listens on one port and has a handler answer what comes in. Thread-safe. */
public final class HttpServer implements AutoCloseable {
  /**
   * The longest body that is kept, in bytes: the largest Put Range. Longer ones are read and thrown
   * away.
   */
  public static final int MAX_BODY = 4 * 1024 * 1024;

  /**
   * Bodies held at once, in bytes: room for 64 connections with a full body each, and never over a
   * quarter of memory.
   */
  private static final long BODY_BUDGET =
      Math.min(64L * MAX_BODY, Math.max(4L * MAX_BODY, Runtime.getRuntime().maxMemory() / 4));

  /** A path of 2,048 characters may take nine bytes for each, and a query may hold a signature. */
  private static final int MAX_INITIAL_LINE = 64 * 1024;

  /** 8 KiB of metadata, 8 KiB of permission text and two URLs, encoded. */
  private static final int MAX_HEADERS = 128 * 1024;

  private static final int MAX_CHUNK = 64 * 1024;

  /** A connection that neither sends nor is sent anything for so long is closed. */
  private static final int IDLE_SECONDS = 300;

  /** Connections that wait to be accepted: bursts of clients must not be refused. */
  private static final int BACKLOG = 1024;

  private final EventLoopGroup acceptor;
  private final EventLoopGroup loops;
  private final ExecutorService workers;
  private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final Channel listener;

  private HttpServer(
      EventLoopGroup acceptor,
      EventLoopGroup loops,
      ExecutorService workers,
      String host,
      int port,
      HttpHandler handler)
      throws IOException {
    this.acceptor = acceptor;
    this.loops = loops;
    this.workers = workers;
    BodyBudget budget = new BodyBudget(BODY_BUDGET);
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(acceptor, loops)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.AUTO_READ, false)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    connections.add(channel);
                    channel
                        .pipeline()
                        .addLast(new IdleStateHandler(0, 0, IDLE_SECONDS, TimeUnit.SECONDS))
                        .addLast(new HttpServerCodec(MAX_INITIAL_LINE, MAX_HEADERS, MAX_CHUNK))
                        .addLast(new Connection(handler, workers, budget));
                  }
                });
    ChannelFuture bound = bootstrap.bind(new InetSocketAddress(host, port)).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException(
          "cannot listen on " + host + ":" + port + ": " + bound.cause().getMessage(),
          bound.cause());
    }
    listener = bound.channel();
  }

  /**
   * Starts to listen.
   *
   * @param port 0 for any free one
   * @throws IOException if the address cannot be bound
   */
  public static HttpServer start(String host, int port, HttpHandler handler) throws IOException {
    EventLoopGroup acceptor =
        new NioEventLoopGroup(1, new DefaultThreadFactory("emulator-accept", true));
    EventLoopGroup loops =
        new NioEventLoopGroup(
            Math.max(1, Math.min(4, Runtime.getRuntime().availableProcessors())),
            new DefaultThreadFactory("emulator-http", true));
    ExecutorService workers =
        Executors.newCachedThreadPool(new DefaultThreadFactory("emulator-worker", true));
    try {
      return new HttpServer(acceptor, loops, workers, host, port, handler);
    } catch (IOException | RuntimeException e) {
      stop(acceptor);
      stop(loops);
      workers.shutdown();
      throw e;
    }
  }

  /** The port it listens on. */
  public int port() {
    return ((InetSocketAddress) listener.localAddress()).getPort();
  }

  /**
   * Stops to listen, closes every connection and waits for the requests that are being answered.
   */
  @Override
  public void close() {
    listener.close().awaitUninterruptibly();
    connections.close().awaitUninterruptibly();
    workers.shutdown();
    try {
      // handlers are never interrupted: an interrupt would close the files they read
      if (!workers.awaitTermination(10, TimeUnit.SECONDS)) {
        workers.shutdown();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    stop(acceptor);
    stop(loops);
  }

  private static void stop(EventLoopGroup group) {
    group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
  }
}
