package io.batchmount.blob.store;

import com.azure.core.http.HttpClient;
import com.azure.core.http.ProxyOptions;
import com.azure.core.http.netty.NettyAsyncHttpClientBuilder;
import com.azure.core.util.Configuration;
import io.batchmount.blob.http.BlockingClient;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.resolver.DefaultAddressResolverGroup;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import reactor.netty.NettyPipeline;
import reactor.netty.resources.ConnectionProvider;

/**
 * The HTTP clients of the process: one for all mounts that want the same, so that they share
 * connections to an account. Thread-safe.
 */
final class HttpClients {
  /** A connection on which nothing moves for so long is given up; the deadline is for the rest. */
  private static final Duration STALL_TIMEOUT = Duration.ofSeconds(30);

  /** The service closes idle connections after minutes; ours go first. */
  private static final Duration MAX_IDLE = Duration.ofSeconds(50);

  /**
   * Bytes of one read from a socket: a connection of 60 MB/s has so much waiting when a busy thread
   * comes back to it after 4 ms. As many connections as there are event loops hold one at a time.
   */
  private static final int MAX_RECEIVE = 256 << 10;

  private static final int FIRST_RECEIVE = 16 << 10;
  private static final int MIN_RECEIVE = 2 << 10;

  /**
   * What was read from the socket goes on in one piece. Netty would cut it into pieces of 8 KiB,
   * and each has to pass the SDK's reactive chain, which then costs more than to move the bytes.
   */
  private static final int MAX_PIECE = MAX_RECEIVE;

  /** The service allows 8 KiB of metadata, beside its own headers; Netty's 8 KiB are too few. */
  private static final int MAX_HEADER_BYTES = 32 << 10;

  private static final ConcurrentHashMap<String, HttpClient> CLIENTS = new ConcurrentHashMap<>();
  private static final ConcurrentHashMap<String, BlockingClient> BLOCKING =
      new ConcurrentHashMap<>();

  private HttpClients() {}

  /** The client for these options. */
  static HttpClient of(SdkBlobStore.Options options) {
    String key = options.maxConnections() + " " + options.connectTimeout();
    return CLIENTS.computeIfAbsent(key, unused -> make(options));
  }

  /**
   * The client that works on the threads which want the answers.
   *
   * @return empty where the environment names a proxy, which only the SDK's client can use
   */
  static Optional<BlockingClient> blocking(SdkBlobStore.Options options) {
    if (ProxyOptions.fromConfiguration(Configuration.getGlobalConfiguration()) != null) {
      return Optional.empty();
    }
    String key = options.maxConnections() + " " + options.connectTimeout();
    return Optional.of(
        BLOCKING.computeIfAbsent(
            key, unused -> new BlockingClient(options.connectTimeout(), options.maxConnections())));
  }

  private static HttpClient make(SdkBlobStore.Options options) {
    ConnectionProvider connections =
        ConnectionProvider.builder("batchmount-blob")
            .maxConnections(options.maxConnections())
            .pendingAcquireMaxCount(-1)
            .pendingAcquireTimeout(Duration.ofHours(1))
            .maxIdleTime(MAX_IDLE)
            .build();
    reactor.netty.http.client.HttpClient netty =
        reactor.netty.http.client.HttpClient.create(connections)
            .resolver(DefaultAddressResolverGroup.INSTANCE)
            .option(
                ChannelOption.RCVBUF_ALLOCATOR,
                new AdaptiveRecvByteBufAllocator(MIN_RECEIVE, FIRST_RECEIVE, MAX_RECEIVE))
            .doOnChannelInit((observer, channel, address) -> widen(channel.pipeline()));
    return new NettyAsyncHttpClientBuilder(netty)
        .connectTimeout(options.connectTimeout())
        .responseTimeout(STALL_TIMEOUT)
        .readTimeout(STALL_TIMEOUT)
        .writeTimeout(STALL_TIMEOUT)
        .disableBufferCopy(true)
        .build();
  }

  /** Takes a decoder with our sizes: the SDK's builder sets its own over those of the client. */
  private static void widen(ChannelPipeline pipeline) {
    pipeline.replace(
        NettyPipeline.HttpCodec,
        NettyPipeline.HttpCodec,
        new HttpClientCodec(
            new HttpDecoderConfig().setMaxChunkSize(MAX_PIECE).setMaxHeaderSize(MAX_HEADER_BYTES),
            false,
            false));
  }
}
