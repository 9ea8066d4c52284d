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
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
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

  /** What a client depends on. */
  private record Key(int maxConnections, Duration connectTimeout, ServiceRoute route) {
    static Key of(SdkBlobStore.Options options) {
      return new Key(options.maxConnections(), options.connectTimeout(), options.route());
    }
  }

  private static final ConcurrentHashMap<Key, HttpClient> CLIENTS = new ConcurrentHashMap<>();
  private static final ConcurrentHashMap<Key, BlockingClient> BLOCKING = new ConcurrentHashMap<>();

  private HttpClients() {}

  /** The client for these options. */
  static HttpClient of(SdkBlobStore.Options options) {
    return CLIENTS.computeIfAbsent(Key.of(options), HttpClients::make);
  }

  /**
   * The client that works on the threads which want the answers.
   *
   * @return empty where options or environment name a proxy, which only the SDK's client can use
   */
  static Optional<BlockingClient> blocking(SdkBlobStore.Options options) {
    if (options.route().proxy().isPresent() || environmentWantsProxy(options.location())) {
      return Optional.empty();
    }
    return Optional.of(BLOCKING.computeIfAbsent(Key.of(options), HttpClients::makeBlocking));
  }

  private static boolean environmentWantsProxy(BlobLocation location) {
    ProxyOptions named = ProxyOptions.fromConfiguration(Configuration.getGlobalConfiguration());
    if (named == null) {
      return false;
    }
    String direct = named.getNonProxyHosts();
    return direct == null
        || direct.isEmpty()
        || !Pattern.compile(direct, Pattern.CASE_INSENSITIVE)
            .matcher(String.valueOf(URI.create(location.endpoint()).getHost()))
            .matches();
  }

  private static BlockingClient makeBlocking(Key key) {
    if (key.route().certificates().isEmpty()) {
      return new BlockingClient(key.connectTimeout(), key.maxConnections());
    }
    SslContext tls = trusting(key.route().certificates());
    return new BlockingClient(key.connectTimeout(), key.maxConnections(), () -> tls);
  }

  /** What the machine trusts, and these. */
  private static SslContext trusting(List<X509Certificate> certificates) {
    try {
      KeyStore all = KeyStore.getInstance(KeyStore.getDefaultType());
      all.load(null, null);
      TrustManagerFactory machine =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      machine.init((KeyStore) null);
      for (TrustManager manager : machine.getTrustManagers()) {
        if (manager instanceof X509TrustManager known) {
          for (X509Certificate certificate : known.getAcceptedIssuers()) {
            all.setCertificateEntry(Integer.toString(all.size()), certificate);
          }
        }
      }
      for (X509Certificate certificate : certificates) {
        all.setCertificateEntry(Integer.toString(all.size()), certificate);
      }
      TrustManagerFactory both =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      both.init(all);
      return SslContextBuilder.forClient().trustManager(both).build();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the certificates of this machine cannot be read", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static HttpClient make(Key key) {
    ConnectionProvider connections =
        ConnectionProvider.builder("batchmount-blob")
            .maxConnections(key.maxConnections())
            .pendingAcquireMaxCount(-1)
            .pendingAcquireTimeout(Duration.ofHours(1))
            .maxIdleTime(MAX_IDLE)
            .build();
    // who resolves names is left to the builder: behind a proxy this machine may not know them
    reactor.netty.http.client.HttpClient netty =
        reactor.netty.http.client.HttpClient.create(connections)
            .option(
                ChannelOption.RCVBUF_ALLOCATOR,
                new AdaptiveRecvByteBufAllocator(MIN_RECEIVE, FIRST_RECEIVE, MAX_RECEIVE))
            .doOnChannelInit((observer, channel, address) -> widen(channel.pipeline()));
    if (!key.route().certificates().isEmpty()) {
      SslContext tls = trusting(key.route().certificates());
      netty = netty.secure(spec -> spec.sslContext(tls));
    }
    NettyAsyncHttpClientBuilder builder = new NettyAsyncHttpClientBuilder(netty);
    key.route()
        .proxy()
        .ifPresent(
            proxy ->
                builder.proxy(
                    new ProxyOptions(
                        ProxyOptions.Type.HTTP,
                        InetSocketAddress.createUnresolved(proxy.host(), proxy.port()))));
    return builder
        .connectTimeout(key.connectTimeout())
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
