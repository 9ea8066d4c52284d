package io.batchmount.blob.http;

import com.azure.core.http.HttpClient;
import com.azure.core.http.HttpHeader;
import com.azure.core.http.HttpMethod;
import com.azure.core.http.HttpRequest;
import com.azure.core.http.HttpResponse;
import com.azure.core.util.Context;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import reactor.core.publisher.Mono;

/**
 * Sends requests and returns when the head of the answer has come, all on the caller's thread. Ends
 * early when the thread is interrupted, when the caller of the {@link
 * io.batchmount.core.OperationContext} is, and at the deadline. Thread-safe.
 *
 * <p>What changes nothing (GET, HEAD) is sent again over another connection when the one that was
 * used before turns out to be closed. All else is sent once: only whoever sends it can tell whether
 * the service may do it twice. So that this is rare, such a connection is looked at before.
 */
public final class BlockingClient implements HttpClient {
  /** Key in the SDK's context: the {@link Order} that a request belongs to. */
  public static final String ORDER = "batchmount-order";

  /** What the caller and this client have to tell each other past the policies between them. */
  public static final class Order {
    private final long deadline;
    private final ByteBuffer body;
    private Optional<BlockingResponse> answer = Optional.empty();

    /**
     * @param deadline the {@code System.nanoTime} at which the caller gives up
     * @param body what the request carries; its length must be that of the Content-Length header
     */
    public Order(long deadline, ByteBuffer body) {
      this.deadline = deadline;
      this.body = body.asReadOnlyBuffer();
    }

    private void answered(BlockingResponse newAnswer) {
      abandon(); // a policy that sent the request again may not have closed the first answer
      answer = Optional.of(newAnswer);
    }

    /** Lets the connection of an answer go that a policy did not pass on. */
    public void abandon() {
      answer.ifPresent(BlockingResponse::close);
    }
  }

  /** The service closes idle connections after minutes; ours go first. */
  private static final Duration MAX_IDLE = Duration.ofSeconds(50);

  private final Duration connectTimeout;
  private final int maxConnections;
  private final Duration maxIdle;
  private final Supplier<SslContext> tls;
  private final ConcurrentHashMap<Origin, ConnectionPool> pools = new ConcurrentHashMap<>();
  private final Watchdog watchdog;

  /**
   * @param connectTimeout of one connection
   * @param maxConnections to one origin at once
   */
  public BlockingClient(Duration connectTimeout, int maxConnections) {
    this(connectTimeout, maxConnections, new DefaultTls());
  }

  /**
   * As above, with other certificates to trust.
   *
   * @param tls asked for each connection that is encrypted
   */
  public BlockingClient(Duration connectTimeout, int maxConnections, Supplier<SslContext> tls) {
    this(connectTimeout, maxConnections, tls, MAX_IDLE);
  }

  BlockingClient(
      Duration connectTimeout, int maxConnections, Supplier<SslContext> tls, Duration maxIdle) {
    this.maxIdle = maxIdle;
    this.watchdog =
        new Watchdog(maxIdle.toNanos(), () -> pools.values().forEach(pool -> pool.closeIdle(0)));
    this.connectTimeout = connectTimeout;
    this.maxConnections = maxConnections;
    this.tls = tls;
  }

  /** What the machine trusts, by the native library where there is one. Made when first needed. */
  private static final class DefaultTls implements Supplier<SslContext> {
    private Optional<SslContext> context = Optional.empty(); // guarded by this

    @Override
    public synchronized SslContext get() {
      if (context.isEmpty()) {
        try {
          context = Optional.of(SslContextBuilder.forClient().build());
        } catch (SSLException e) {
          throw new UncheckedIOException(e);
        }
      }
      return context.get();
    }
  }

  @Override
  public Mono<HttpResponse> send(HttpRequest request) {
    return Mono.fromCallable(() -> sendSync(request, Context.NONE));
  }

  @Override
  public HttpResponse sendSync(HttpRequest request, Context context) {
    Order order =
        (Order)
            context
                .getData(ORDER)
                .orElseThrow(() -> new IllegalArgumentException("a request without an order"));
    Call call = new Call(order.deadline);
    URL url = request.getUrl();
    ConnectionPool pool =
        pools.computeIfAbsent(
            Origin.of(url),
            origin ->
                new ConnectionPool(origin, tls, connectTimeout, maxConnections, maxIdle.toNanos()));
    watchdog.add(call);
    boolean given = false;
    try {
      pool.acquire(call);
      try {
        BlockingResponse response = exchange(request, order.body, pool, call);
        given = true;
        order.answered(response);
        return response;
      } finally {
        if (!given) {
          pool.gone();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(call.meaning(e));
    } finally {
      if (!given) {
        watchdog.remove(call);
      }
    }
  }

  private BlockingResponse exchange(
      HttpRequest request, ByteBuffer body, ConnectionPool pool, Call call) throws IOException {
    byte[] head = head(request);
    boolean repeatable =
        request.getHttpMethod() == HttpMethod.GET || request.getHttpMethod() == HttpMethod.HEAD;
    Optional<Connection> reused = pool.reused();
    while (reused.isPresent()) {
      Connection connection = reused.get();
      if (!repeatable && !connection.isAlive()) {
        connection.discard();
        reused = pool.reused();
        continue;
      }
      try {
        return exchange(request, head, body, connection, pool, call);
      } catch (IOException e) {
        // the other end may have closed it while it was idle, which is no failure of this request
        boolean again =
            repeatable
                && !Thread.currentThread().isInterrupted()
                && !call.isOver()
                && (e instanceof Connection.Unanswered || isReset(e));
        if (!again) {
          throw e;
        }
        reused = pool.reused();
      }
    }
    return exchange(request, head, body, pool.open(call), pool, call);
  }

  private static boolean isReset(IOException failure) {
    String text = String.valueOf(failure.getMessage());
    return text.contains("reset") || text.contains("Broken pipe");
  }

  private BlockingResponse exchange(
      HttpRequest request,
      byte[] head,
      ByteBuffer body,
      Connection connection,
      ConnectionPool pool,
      Call call)
      throws IOException {
    boolean given = false;
    try {
      call.uses(connection.wire());
      BlockingResponse response =
          new BlockingResponse(
              request, connection.exchange(head, body, call), connection, pool, call, watchdog);
      given = true;
      return response;
    } finally {
      if (!given) {
        connection.discard();
      }
    }
  }

  private static byte[] head(HttpRequest request) {
    URL url = request.getUrl();
    StringBuilder text = new StringBuilder(512);
    text.append(request.getHttpMethod())
        .append(' ')
        .append(url.getFile().isEmpty() ? "/" : url.getFile())
        .append(" HTTP/1.1\r\n");
    text.append("Host: ").append(url.getAuthority()).append("\r\n");
    for (HttpHeader header : request.getHeaders()) {
      if (!header.getName().equalsIgnoreCase("host")) {
        text.append(header.getName()).append(": ").append(header.getValue()).append("\r\n");
      }
    }
    return text.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
  }
}
