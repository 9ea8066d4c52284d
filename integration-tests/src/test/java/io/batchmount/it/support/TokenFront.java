package io.batchmount.it.support;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * What the service does with bearer tokens, in front of an emulator that knows none: HTTPS, exactly
 * one good token, the file request intent that REST asks for; anything else is refused with the
 * service's codes. What passes goes on with a shared access signature. Its certificate is made for
 * the test and is trusted by whoever uses {@link #trustStore()}. Thread-safe.
 */
public final class TokenFront implements AutoCloseable {
  /** Of the two stores of the test: they hold nothing worth protecting. */
  public static final String PASSWORD = "changeit";

  private static final Set<String> NOT_PASSED_ON =
      Set.of(
          "authorization",
          "connection",
          "content-length",
          "expect",
          "host",
          "transfer-encoding",
          "upgrade",
          "x-ms-file-request-intent");

  private final HttpsServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final URI target;
  private final String token;
  private final String signature;
  private final Path trustStore;
  private final Set<String> refused = new ConcurrentSkipListSet<>();
  private final Set<String> passed = new ConcurrentSkipListSet<>();

  private TokenFront(HttpsServer server, URI target, String token, String signature, Path trust) {
    this.server = server;
    this.target = target;
    this.token = token;
    this.signature = signature;
    this.trustStore = trust;
  }

  /**
   * Starts at a free port.
   *
   * @param target path-style endpoint of the emulator
   * @param token the good one
   * @param signature query of a shared access signature that may do everything
   */
  public static TokenFront start(Path directory, URI target, String token, String signature)
      throws Exception {
    Path store = directory.resolve("front.p12");
    keytool(
        "-genkeypair",
        "-alias",
        "front",
        "-keyalg",
        "RSA",
        "-keysize",
        "2048",
        "-validity",
        "2",
        "-dname",
        "CN=127.0.0.1",
        "-ext",
        "SAN=ip:127.0.0.1",
        "-storetype",
        "PKCS12",
        "-keystore",
        store.toString(),
        "-storepass",
        PASSWORD);
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("front", keys.getCertificate("front"));
    Path trust = directory.resolve("trust.p12");
    try (var out = Files.newOutputStream(trust)) {
      trusted.store(out, PASSWORD.toCharArray());
    }
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD.toCharArray());
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(managers.getKeyManagers(), null, null);
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 64);
    server.setHttpsConfigurator(new HttpsConfigurator(tls));
    TokenFront front = new TokenFront(server, target, token, signature, trust);
    server.setExecutor(front.threads);
    server.createContext("/", front::answer);
    server.start();
    return front;
  }

  private static void keytool(String... arguments) throws IOException, InterruptedException {
    var command = new java.util.ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(java.util.List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes());
    if (process.waitFor() != 0) {
      throw new IOException("keytool: " + said);
    }
  }

  /** Path-style address with HTTPS. */
  public URI endpoint() {
    return URI.create("https://127.0.0.1:" + server.getAddress().getPort() + target.getRawPath());
  }

  /** Store with the certificate of this server, in the form of PKCS #12. */
  public Path trustStore() {
    return trustStore;
  }

  /** Why requests were refused, each reason once. */
  public Set<String> refused() {
    return new TreeSet<>(refused);
  }

  /** Methods of the requests that were let through. */
  public Set<String> passed() {
    return new TreeSet<>(passed);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      Headers headers = exchange.getRequestHeaders();
      String problem = "";
      if (!("Bearer " + token).equals(headers.getFirst("Authorization"))) {
        problem = "AuthenticationFailed";
      } else if (!"backup".equals(headers.getFirst("x-ms-file-request-intent"))) {
        problem = "MissingRequiredHeader";
      }
      if (!problem.isEmpty()) {
        refused.add(problem);
        exchange.getResponseHeaders().set("x-ms-error-code", problem);
        exchange.sendResponseHeaders(problem.equals("AuthenticationFailed") ? 403 : 400, -1);
        return;
      }
      passed.add(exchange.getRequestMethod());
      forward(exchange, body);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void forward(HttpExchange exchange, byte[] body)
      throws IOException, InterruptedException {
    URI asked = exchange.getRequestURI();
    String query = asked.getRawQuery() == null ? "" : asked.getRawQuery() + "&";
    URI to =
        URI.create(
            "http://" + target.getAuthority() + asked.getRawPath() + "?" + query + signature);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(to)
            .method(
                exchange.getRequestMethod(),
                exchange.getRequestMethod().equals("PUT")
                    ? HttpRequest.BodyPublishers.ofByteArray(body)
                    : HttpRequest.BodyPublishers.noBody());
    exchange
        .getRequestHeaders()
        .forEach(
            (name, values) -> {
              if (!NOT_PASSED_ON.contains(name.toLowerCase(java.util.Locale.ROOT))) {
                values.forEach(value -> request.header(name, value));
              }
            });
    HttpResponse<byte[]> answer =
        client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    boolean head = exchange.getRequestMethod().equals("HEAD");
    answer
        .headers()
        .map()
        .forEach(
            (name, values) -> {
              boolean length = name.equalsIgnoreCase("content-length");
              if (!name.equalsIgnoreCase("transfer-encoding") && (head || !length)) {
                values.forEach(value -> exchange.getResponseHeaders().add(name, value));
              }
            });
    byte[] bytes = answer.body();
    exchange.sendResponseHeaders(answer.statusCode(), bytes.length == 0 ? -1 : bytes.length);
    if (bytes.length > 0) {
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
