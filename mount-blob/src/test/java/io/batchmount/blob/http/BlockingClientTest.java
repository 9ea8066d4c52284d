package io.batchmount.blob.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.azure.core.http.HttpMethod;
import com.azure.core.http.HttpRequest;
import com.azure.core.util.Context;
import io.batchmount.blob.OwnCertificate;
import io.batchmount.core.ConnectionTrouble;
import io.batchmount.core.OperationContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests to a server that answers by script. */
class BlockingClientTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private static final Pattern CONTENT_LENGTH =
      Pattern.compile("^content-length: (\\d+)$", Pattern.MULTILINE | Pattern.CASE_INSENSITIVE);

  /** What the server does with a request: the bytes it answers, and whether it closes then. */
  private record Answer(byte[] bytes, boolean closes) {}

  private ServerSocket server;
  private final Deque<Answer> script = new ArrayDeque<>(); // guarded by itself
  private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
  private final List<byte[]> bodies = Collections.synchronizedList(new ArrayList<>());
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger closed = new AtomicInteger(); // connections, by the server
  private BlockingClient client;
  @TempDir Path work;

  @BeforeEach
  void start() throws IOException {
    serve(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
    client = new BlockingClient(Duration.ofSeconds(5), 4);
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  private void serve(ServerSocket socket) {
    server = socket;
    Thread acceptor =
        new Thread(
            () -> {
              while (!socket.isClosed()) {
                try {
                  Socket connection = socket.accept();
                  connections.incrementAndGet();
                  Thread thread = new Thread(() -> answer(connection), "scripted-connection");
                  thread.setDaemon(true);
                  thread.start();
                } catch (IOException e) {
                  return;
                }
              }
            },
            "scripted-server");
    acceptor.setDaemon(true);
    acceptor.start();
  }

  private void answer(Socket connection) {
    try (connection) {
      BufferedReader reader =
          new BufferedReader(
              new InputStreamReader(connection.getInputStream(), StandardCharsets.ISO_8859_1));
      OutputStream out = connection.getOutputStream();
      StringBuilder head = new StringBuilder();
      String line;
      while ((line = reader.readLine()) != null) {
        head.append(line).append('\n');
        if (!line.isEmpty()) {
          continue;
        }
        Matcher length = CONTENT_LENGTH.matcher(head);
        char[] body = new char[length.find() ? Integer.parseInt(length.group(1)) : 0];
        for (int got = 0; got < body.length; ) {
          int count = reader.read(body, got, body.length - got);
          if (count < 0) {
            return;
          }
          got += count;
        }
        bodies.add(new String(body).getBytes(StandardCharsets.ISO_8859_1));
        requests.add(head.toString());
        head.setLength(0);
        Answer answer;
        synchronized (script) {
          answer = script.poll();
        }
        if (answer == null) {
          continue; // no answer at all: the client waits
        }
        out.write(answer.bytes());
        out.flush();
        if (answer.closes()) {
          return;
        }
      }
    } catch (IOException e) {
      return; // the client has closed
    } finally {
      closed.incrementAndGet();
    }
  }

  private void next(byte[]... parts) {
    next(false, parts);
  }

  private void next(boolean closes, byte[]... parts) {
    ByteBuffer all = ByteBuffer.allocate(List.of(parts).stream().mapToInt(p -> p.length).sum());
    for (byte[] part : parts) {
      all.put(part);
    }
    synchronized (script) {
      script.add(new Answer(all.array(), closes));
    }
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  private String url() {
    return "http://127.0.0.1:" + server.getLocalPort() + "/acct/cont/a%20b?sv=1&sig=x%2B";
  }

  private BlockingResponse get(BlockingClient by, String url) {
    HttpRequest request = new HttpRequest(HttpMethod.GET, url);
    request.setHeader(com.azure.core.http.HttpHeaderName.RANGE, "bytes=0-1");
    return (BlockingResponse) by.sendSync(request, new Context(BlockingClient.ORDER, order(LIMIT)));
  }

  private static BlockingClient.Order order(Duration limit) {
    return order(limit, ByteBuffer.allocate(0));
  }

  private static BlockingClient.Order order(Duration limit, ByteBuffer body) {
    return new BlockingClient.Order(System.nanoTime() + limit.toNanos(), body);
  }

  private static BlockingResponse put(BlockingClient by, String url, ByteBuffer body) {
    HttpRequest request = new HttpRequest(HttpMethod.PUT, url);
    request.setHeader(
        com.azure.core.http.HttpHeaderName.CONTENT_LENGTH, Integer.toString(body.remaining()));
    return (BlockingResponse)
        by.sendSync(request, new Context(BlockingClient.ORDER, order(LIMIT, body)));
  }

  private BlockingResponse put(byte[] body) {
    return put(client, url(), ByteBuffer.wrap(body));
  }

  private BlockingResponse get() {
    return get(client, url());
  }

  /** Has room in pieces of a size, none when it is 0. */
  private static class Bytes implements Sink {
    private final int piece;
    private final ByteBuffer all = ByteBuffer.allocateDirect(8 << 20);
    private ByteBuffer[] given = {};

    Bytes(int piece) {
      this.piece = piece;
    }

    @Override
    public ByteBuffer[] room(int most) {
      List<ByteBuffer> room = new ArrayList<>();
      int at = all.position();
      int end = at + most;
      while (piece > 0 && at < end && room.size() < 3) {
        int count = Math.min(piece, end - at);
        room.add(all.slice(at, count));
        at += count;
      }
      given = room.toArray(ByteBuffer[]::new);
      return given;
    }

    @Override
    public void filled(int bytes) {
      all.position(all.position() + bytes);
    }

    @Override
    public void put(ByteBuffer bytes) {
      all.put(bytes);
    }

    byte[] bytes() {
      byte[] copy = new byte[all.position()];
      all.get(0, copy);
      return copy;
    }
  }

  private static byte[] body(BlockingResponse response, int piece) throws IOException {
    Bytes sink = new Bytes(piece);
    response.bodyInto(sink);
    return sink.bytes();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1000, 32 << 10, 4 << 20})
  void bodyOfAGivenLengthWhateverTheRoom(int piece) throws IOException {
    byte[] content = random(3_000_001);
    next(
        text("HTTP/1.1 206 Partial Content\r\nETag: \"e\"\r\nContent-Length: 3000001\r\n\r\n"),
        content);
    BlockingResponse response = get();
    assertThat(response.getStatusCode()).isEqualTo(206);
    assertThat(response.getHeaderValue(com.azure.core.http.HttpHeaderName.ETAG)).isEqualTo("\"e\"");
    assertThat(body(response, piece)).isEqualTo(content);
  }

  @Test
  void sendsWhatTheRequestSays() throws IOException {
    next(text("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    get().close();
    assertThat(requests.get(0))
        .startsWith("GET /acct/cont/a%20b?sv=1&sig=x%2B HTTP/1.1\n")
        .contains("Host: 127.0.0.1:" + server.getLocalPort() + "\n")
        .contains("range: bytes=0-1\n".replace("range", "Range"));
  }

  @Test
  void oneConnectionServesOneRequestAfterTheOther() throws IOException {
    for (int i = 0; i < 5; i++) {
      next(text("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd"));
      assertThat(body(get(), 16)).isEqualTo(text("abcd"));
    }
    next(text("HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno!"));
    BlockingResponse refused = get();
    assertThat(refused.getStatusCode()).isEqualTo(404);
    assertThat(refused.whole()).isEqualTo(text("no!"));
    next(text("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"));
    assertThat(get().whole()).isEmpty();
    assertThat(connections).hasValue(1);
  }

  @Test
  void aBodyThatIsNotReadToItsEndCostsTheConnection() throws IOException {
    next(text("HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\nabcd"));
    get().close();
    next(text("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"));
    assertThat(body(get(), 16)).isEqualTo(text("x"));
    assertThat(connections).hasValue(2);
  }

  @Test
  void connectionsThatTheServerClosedWhileIdleAreNoFailures() throws IOException {
    next(true, text("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"));
    assertThat(body(get(), 16)).isEqualTo(text("a"));
    next(true, text("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb"));
    assertThat(body(get(), 16)).isEqualTo(text("b"));
    next(text("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nc"));
    assertThat(body(get(), 16)).isEqualTo(text("c"));
    next(text("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nd"));
    assertThat(body(get(), 16)).isEqualTo(text("d"));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1000})
  void chunks(int piece) throws IOException {
    byte[] content = random(70_000);
    ByteBuffer rest = ByteBuffer.wrap(content);
    byte[] first = new byte[5];
    byte[] second = new byte[70_000 - 5];
    rest.get(first).get(second);
    next(
        text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\n"),
        first,
        text("\r\n" + Integer.toHexString(second.length) + "\r\n"),
        second,
        text("\r\n0\r\nTrailer: t\r\n\r\n"));
    assertThat(body(get(), piece)).isEqualTo(content);
    next(text("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"));
    assertThat(body(get(), piece)).isEqualTo(text("x"));
    assertThat(connections).hasValue(1);
  }

  @Test
  void withoutALengthTheBodyEndsWithTheConnection() throws IOException {
    next(true, text("HTTP/1.1 200 OK\r\n\r\nall of it"));
    assertThat(body(get(), 4)).isEqualTo(text("all of it"));
  }

  @Test
  void answersThatOnlySayGoOnArePassedOver() throws IOException {
    next(text("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"));
    assertThat(body(get(), 4)).isEqualTo(text("x"));
  }

  @Test
  void aBodyThatEndsEarlyIsAnErrorAndWhatCameIsThere() throws IOException {
    next(true, text("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabcd"));
    BlockingResponse response = get();
    Bytes sink = new Bytes(100);
    assertThatThrownBy(() -> response.bodyInto(sink))
        .isInstanceOf(EOFException.class)
        .satisfies(e -> assertThat(ConnectionTrouble.of(e)).contains(ConnectionTrouble.RESET));
    assertThat(sink.bytes()).isEqualTo(text("abcd"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SSH-2.0-OpenSSH\r\n\r\n",
        "HTTP/1.1 abc\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nETag: "
      })
  void whatIsNoAnswerIsAnError(String bytes) {
    next(true, text(bytes));
    assertThatThrownBy(this::get).isInstanceOf(UncheckedIOException.class);
  }

  @Test
  void headersWithoutEndAreAnError() {
    next(text("HTTP/1.1 200 OK\r\nX: " + "x".repeat(200_000)));
    assertThatThrownBy(this::get).hasMessageContaining("head of the answer is longer");
  }

  @Test
  void aRefusedConnectionIsToldAsOne() throws IOException {
    // not the port of the server: until its thread wakes in accept, that one still takes
    // connections
    int port;
    try (ServerSocket unused = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = unused.getLocalPort();
    }
    assertThatThrownBy(() -> get(client, "http://127.0.0.1:" + port + "/acct/cont/a"))
        .satisfies(e -> assertThat(ConnectionTrouble.of(e)).contains(ConnectionTrouble.REFUSED));
  }

  @Test
  void theDeadlineEndsAnAnswerThatDoesNotCome() {
    HttpRequest request = new HttpRequest(HttpMethod.GET, url());
    assertThatThrownBy(
            () ->
                client.sendSync(
                    request, new Context(BlockingClient.ORDER, order(Duration.ofMillis(300)))))
        .satisfies(e -> assertThat(ConnectionTrouble.of(e)).contains(ConnectionTrouble.TIMEOUT));
  }

  @Test
  void anInterruptedCallerEndsABodyThatDoesNotCome() {
    next(text("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabcd"));
    AtomicBoolean interrupted = new AtomicBoolean();
    try (OperationContext context = OperationContext.open(LIMIT, interrupted::get)) {
      BlockingResponse response = get();
      Bytes sink =
          new Bytes(0) {
            @Override
            public void put(ByteBuffer bytes) {
              super.put(bytes);
              interrupted.set(true);
            }
          };
      assertThatThrownBy(() -> response.bodyInto(sink)).isInstanceOf(IOException.class);
      assertThat(context.isInterrupted()).isTrue();
    }
  }

  @Test
  void anInterruptedThreadEndsAnAnswerThatDoesNotCome() throws Exception {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    CountDownLatch begun = new CountDownLatch(1);
    Thread thread =
        new Thread(
            () -> {
              begun.countDown();
              try {
                get();
              } catch (UncheckedIOException e) {
                failure.set(e.getCause());
              }
            });
    thread.start();
    begun.await();
    org.awaitility.Awaitility.await().until(() -> requests.size() == 1);
    thread.interrupt();
    thread.join(LIMIT.toMillis());
    assertThat(failure.get()).isInstanceOf(java.nio.channels.ClosedByInterruptException.class);
  }

  @Test
  void noMoreConnectionsThanAllowedAndTheNextCallerGetsTheOneThatComesFree() throws Exception {
    BlockingClient one = new BlockingClient(Duration.ofSeconds(5), 1);
    next(text("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"));
    next(text("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb"));
    BlockingResponse first = get(one, url());
    AtomicReference<byte[]> second = new AtomicReference<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                second.set(body(get(one, url()), 8));
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    thread.start();
    org.awaitility.Awaitility.await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);
    assertThat(requests).hasSize(1);
    assertThat(body(first, 8)).isEqualTo(text("a"));
    thread.join(LIMIT.toMillis());
    assertThat(second.get()).isEqualTo(text("b"));
    assertThat(connections).hasValue(1);
  }

  /** A policy that throws, or sends once more, must not use connections up. */
  @Test
  void anAnswerThatIsNotPassedOnGivesItsConnectionBack() throws IOException {
    BlockingClient one = new BlockingClient(Duration.ofSeconds(5), 1);
    BlockingClient.Order order = order(LIMIT);
    HttpRequest request = new HttpRequest(HttpMethod.GET, url());
    next(text("HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\n\r\nabcd"));
    one.sendSync(request, new Context(BlockingClient.ORDER, order));
    order.abandon();
    next(text("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"));
    assertThat(body(get(one, url()), 8)).isEqualTo(text("x"));
  }

  @Test
  void aRequestWithoutAnOrderIsADefect() {
    assertThatThrownBy(() -> client.sendSync(new HttpRequest(HttpMethod.GET, url()), Context.NONE))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static final byte[] CREATED = text("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4096, 64 << 10, (64 << 10) + 1, 3_000_001})
  void aBodyArrivesAsItIsAndIsLeftAsItIs(int length) {
    byte[] content = random(length);
    ByteBuffer direct = ByteBuffer.allocateDirect(length + 7).position(3);
    direct.put(content).flip().position(3);
    for (ByteBuffer body : List.of(ByteBuffer.wrap(content), direct)) {
      next(CREATED);
      assertThat(put(client, url(), body).getStatusCode()).isEqualTo(201);
      assertThat(body.remaining()).isEqualTo(length);
    }
    assertThat(bodies).hasSize(2).allSatisfy(body -> assertThat(body).isEqualTo(content));
    assertThat(requests.get(0)).startsWith("PUT /acct/cont/a%20b?");
    assertThat(connections).hasValue(1);
  }

  @Test
  void anAnswerToHeadHasNoBody() throws IOException {
    next(text("HTTP/1.1 200 OK\r\nContent-Length: 4711\r\n\r\n"));
    HttpRequest head = new HttpRequest(HttpMethod.HEAD, url());
    BlockingResponse answer =
        (BlockingResponse) client.sendSync(head, new Context(BlockingClient.ORDER, order(LIMIT)));
    assertThat(answer.getHeaderValue(com.azure.core.http.HttpHeaderName.CONTENT_LENGTH))
        .isEqualTo("4711");
    assertThat(answer.whole()).isEmpty();
    next(CREATED);
    put(random(10));
    assertThat(connections).hasValue(1);
  }

  /** It may have been carried out: only the caller knows how to find out. */
  @Test
  void aWriteWhoseAnswerDoesNotComeIsNotSentAgain() throws IOException {
    next(CREATED);
    put(random(10));
    next(true, new byte[0]); // closes in place of an answer
    next(CREATED);
    assertThatThrownBy(() -> put(random(10)))
        .satisfies(e -> assertThat(ConnectionTrouble.of(e)).contains(ConnectionTrouble.RESET));
    assertThat(bodies).hasSize(2);
  }

  @Test
  void aWriteGoesOverAConnectionThatIsStillOpen() {
    for (int i = 0; i < 3; i++) {
      int before = closed.get();
      next(true, CREATED);
      assertThat(put(random(10)).getStatusCode()).isEqualTo(201);
      org.awaitility.Awaitility.await().until(() -> closed.get() > before);
    }
    assertThat(connections).hasValue(3);
  }

  @Test
  void connectionsThatNobodyUsesAnyMoreAreClosed() throws IOException {
    BlockingClient shortLived =
        new BlockingClient(
            Duration.ofSeconds(5),
            4,
            () -> {
              throw new IllegalStateException("no TLS here");
            },
            Duration.ofMillis(200));
    for (int i = 1; i <= 2; i++) {
      int times = i;
      next(text("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"));
      assertThat(body(get(shortLived, url()), 4)).isEqualTo(text("a"));
      org.awaitility.Awaitility.await().until(() -> closed.get() == times);
    }
    assertThat(connections).hasValue(2);
  }

  /** A refusal comes before the body was sent, and the connection ends. */
  @Test
  void whatAServerSaysBeforeItClosesIsHeard() throws Exception {
    try (ServerSocket refusing = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread thread =
          new Thread(
              () -> {
                try (Socket connection = refusing.accept()) {
                  connection.getInputStream().read();
                  connection
                      .getOutputStream()
                      .write(text("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"));
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      thread.start();
      String url = "http://127.0.0.1:" + refusing.getLocalPort() + "/c/b";
      BlockingResponse answer = put(client, url, ByteBuffer.allocateDirect(64 << 20));
      assertThat(answer.getStatusCode()).isEqualTo(403);
      thread.join(LIMIT.toMillis());
    }
  }

  @Test
  void theDeadlineEndsABodyThatNobodyTakes() throws IOException {
    try (ServerSocket deaf = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      HttpRequest request =
          new HttpRequest(HttpMethod.PUT, "http://127.0.0.1:" + deaf.getLocalPort() + "/c/b");
      BlockingClient.Order order = order(Duration.ofMillis(300), ByteBuffer.allocate(64 << 20));
      assertThatThrownBy(() -> client.sendSync(request, new Context(BlockingClient.ORDER, order)))
          .satisfies(e -> assertThat(ConnectionTrouble.of(e)).contains(ConnectionTrouble.TIMEOUT));
    }
  }

  // ---- TLS

  private X509Certificate certificate;

  private void serveTls(String name) throws Exception {
    server.close();
    OwnCertificate own = OwnCertificate.make(work, name);
    certificate = own.certificate();
    serve(
        own.context()
            .getServerSocketFactory()
            .createServerSocket(0, 50, InetAddress.getLoopbackAddress()));
  }

  private BlockingClient trusting(SslProvider provider) {
    Supplier<SslContext> tls =
        () -> {
          try {
            return SslContextBuilder.forClient()
                .sslProvider(provider)
                .trustManager(certificate)
                .build();
          } catch (SSLException e) {
            throw new UncheckedIOException(e);
          }
        };
    return new BlockingClient(Duration.ofSeconds(5), 4, tls);
  }

  private String tlsUrl() {
    return "https://localhost:" + server.getLocalPort() + "/c/b";
  }

  @ParameterizedTest
  @ValueSource(strings = {"JDK", "OPENSSL"})
  void tlsMovesTheSameBytesWhateverTheRoom(String provider) throws Exception {
    org.junit.jupiter.api.Assumptions.assumeTrue(
        SslProvider.isAlpnSupported(SslProvider.valueOf(provider)),
        "skipped: no native TLS for this machine");
    serveTls("localhost");
    BlockingClient tls = trusting(SslProvider.valueOf(provider));
    for (Map.Entry<Integer, Integer> each :
        Map.of(0, 5000, 1, 300, 1000, 100_000, 20_000, 1_000_000, 1 << 20, 3_000_001).entrySet()) {
      byte[] content = random(each.getValue());
      next(
          text("HTTP/1.1 206 Partial Content\r\nContent-Length: " + content.length + "\r\n\r\n"),
          content);
      assertThat(body(get(tls, tlsUrl()), each.getKey())).isEqualTo(content);
    }
    assertThat(connections).hasValue(1);
    for (int length : new int[] {0, 1, 20_000, 3_000_001}) {
      byte[] content = random(length);
      next(CREATED);
      assertThat(put(tls, tlsUrl(), ByteBuffer.wrap(content)).getStatusCode()).isEqualTo(201);
      assertThat(bodies.get(bodies.size() - 1)).isEqualTo(content);
    }
    assertThat(connections).hasValue(1);
    int before = closed.get();
    next(true, CREATED);
    put(tls, tlsUrl(), ByteBuffer.allocate(1));
    org.awaitility.Awaitility.await().until(() -> closed.get() > before);
    next(CREATED);
    put(tls, tlsUrl(), ByteBuffer.allocate(1));
    assertThat(connections).hasValue(2);
    next(true, text("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabcd"));
    BlockingResponse cut = get(tls, tlsUrl());
    assertThatThrownBy(() -> body(cut, 100)).isInstanceOf(EOFException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"JDK", "OPENSSL"})
  void aCertificateForAnotherNameIsRefused(String provider) throws Exception {
    serveTls("elsewhere.example");
    assertThatThrownBy(() -> get(trusting(SslProvider.valueOf(provider)), tlsUrl()))
        .satisfies(
            e -> assertThat(ConnectionTrouble.of(e)).contains(ConnectionTrouble.CERTIFICATE));
    assertThat(requests).isEmpty();
  }

  @Test
  void aCertificateThatNobodyVouchesForIsRefused() throws Exception {
    serveTls("localhost");
    assertThatThrownBy(() -> get(client, tlsUrl()))
        .satisfies(
            e -> assertThat(ConnectionTrouble.of(e)).contains(ConnectionTrouble.CERTIFICATE));
    assertThat(requests).isEmpty();
  }
}
