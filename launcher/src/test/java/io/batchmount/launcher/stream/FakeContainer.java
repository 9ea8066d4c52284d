package io.batchmount.launcher.stream;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.batchmount.launcher.account.LiveCredential;
import io.batchmount.launcher.account.SecretSource;
import io.batchmount.launcher.account.StorageAccount;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One container of small blobs in memory, behind HTTP; refuses what it is told to refuse. */
final class FakeContainer implements AutoCloseable {
  private static final String METADATA = "x-ms-meta-";
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d*)");
  private static final DateTimeFormatter HTTP_DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);
  private static final Instant MODIFIED = Instant.parse("2026-01-01T00:00:00Z");

  private record Blob(byte[] content, Map<String, String> metadata) {}

  private record Refusal(int status, String code) {}

  private final String root;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Map<String, Blob> blobs = new ConcurrentSkipListMap<>();
  private final Map<String, Refusal> refusals = new ConcurrentHashMap<>();

  FakeContainer(String name) throws IOException {
    root = "/acct/" + name;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::handle);
    server.setExecutor(threads);
    server.start();
  }

  StorageAccount account() {
    URI endpoint = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/acct");
    return new StorageAccount(
        "acct",
        endpoint,
        endpoint,
        LiveCredential.key("acct", SecretSource.fixed("a2V5", "the test")));
  }

  void put(String name, String text) {
    put(name, text, Map.of());
  }

  void put(String name, String text, Map<String, String> metadata) {
    blobs.put(name, new Blob(text.getBytes(StandardCharsets.UTF_8), metadata));
  }

  List<String> names() {
    return List.copyOf(blobs.keySet());
  }

  String text(String name) {
    return new String(blobs.get(name).content(), StandardCharsets.UTF_8);
  }

  /** Answers every request for a blob so. */
  void refuse(String name, int status, String code) {
    refusals.put(name, new Refusal(status, code));
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      String path = exchange.getRequestURI().getPath();
      String query = String.valueOf(exchange.getRequestURI().getQuery());
      if (path.equals(root) && query.contains("comp=list")) {
        list(exchange, query);
      } else if (!path.startsWith(root + "/")) {
        refuse(exchange, new Refusal(404, "ContainerNotFound"));
      } else {
        blob(exchange, path.substring(root.length() + 1), body);
      }
    }
  }

  private void blob(HttpExchange exchange, String name, byte[] body) throws IOException {
    if (refusals.containsKey(name)) {
      refuse(exchange, refusals.get(name));
    } else if (exchange.getRequestMethod().equals("PUT")) {
      Map<String, String> metadata = new HashMap<>();
      exchange
          .getRequestHeaders()
          .forEach(
              (header, values) -> {
                if (header.toLowerCase(Locale.ROOT).startsWith(METADATA)) {
                  metadata.put(
                      header.substring(METADATA.length()).toLowerCase(Locale.ROOT), values.get(0));
                }
              });
      blobs.put(name, new Blob(body, metadata));
      exchange.getResponseHeaders().set("ETag", "\"1\"");
      exchange.getResponseHeaders().set("Last-Modified", HTTP_DATE.format(MODIFIED));
      exchange.sendResponseHeaders(201, -1);
    } else if (blobs.containsKey(name)) {
      get(exchange, blobs.get(name).content());
    } else {
      refuse(exchange, new Refusal(404, "BlobNotFound"));
    }
  }

  private static void get(HttpExchange exchange, byte[] content) throws IOException {
    var headers = exchange.getResponseHeaders();
    headers.set("ETag", "\"1\"");
    headers.set("Last-Modified", HTTP_DATE.format(MODIFIED));
    headers.set("x-ms-blob-type", "BlockBlob");
    Matcher range =
        RANGE.matcher(String.valueOf(exchange.getRequestHeaders().getFirst("x-ms-range")));
    if (content.length == 0 || !range.matches()) {
      exchange.sendResponseHeaders(200, content.length == 0 ? -1 : content.length);
      exchange.getResponseBody().write(content);
      return;
    }
    int from = Integer.parseInt(range.group(1));
    int to =
        range.group(2).isEmpty()
            ? content.length
            : (int) Math.min(content.length, Long.parseLong(range.group(2)) + 1);
    headers.set("Content-Range", "bytes " + from + "-" + (to - 1) + "/" + content.length);
    exchange.sendResponseHeaders(206, to - from);
    exchange.getResponseBody().write(Arrays.copyOfRange(content, from, to));
  }

  private void list(HttpExchange exchange, String query) throws IOException {
    Matcher wanted = Pattern.compile("(?:^|&)prefix=([^&]*)").matcher(query);
    String prefix = wanted.find() ? wanted.group(1) : "";
    StringBuilder xml =
        new StringBuilder("<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults><Blobs>");
    blobs.forEach(
        (name, blob) -> {
          if (name.startsWith(prefix)) {
            xml.append("<Blob><Name>").append(name).append("</Name><Properties><Last-Modified>");
            xml.append(HTTP_DATE.format(MODIFIED)).append("</Last-Modified><Content-Length>");
            xml.append(blob.content().length).append("</Content-Length></Properties><Metadata>");
            blob.metadata()
                .forEach(
                    (key, value) ->
                        xml.append('<' + key + '>').append(value).append("</" + key + '>'));
            xml.append("</Metadata></Blob>");
          }
        });
    byte[] answer =
        xml.append("</Blobs><NextMarker/></EnumerationResults>")
            .toString()
            .getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/xml");
    exchange.sendResponseHeaders(200, answer.length);
    exchange.getResponseBody().write(answer);
  }

  private static void refuse(HttpExchange exchange, Refusal refusal) throws IOException {
    exchange.getResponseHeaders().set("x-ms-error-code", refusal.code());
    exchange.sendResponseHeaders(refusal.status(), -1);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
