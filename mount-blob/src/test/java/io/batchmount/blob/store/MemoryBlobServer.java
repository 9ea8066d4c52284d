package io.batchmount.blob.store;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.batchmount.core.FsException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An in-memory container behind HTTP, with Put Block From URL, which Azurite lacks, and a count of
 * the bytes that go over the wire. It knows the requests that reading and writing of files need,
 * and refuses all others with 501. Requests must be signed; signatures are not verified (Azurite
 * does that). Thread-safe.
 */
public final class MemoryBlobServer implements AutoCloseable {
  private static final Pattern BLOCK = Pattern.compile("<(Committed|Uncommitted)>([^<]+)</");
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d*)");
  private static final DateTimeFormatter HTTP_DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);
  private static final String METADATA = "x-ms-meta-";

  private final InMemoryBlobStore store;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final AtomicLong wireBytes = new AtomicLong();
  private final AtomicLong sourceBytes = new AtomicLong();
  private final String root = "/acct/cont/";

  public MemoryBlobServer(InMemoryBlobStore store) throws IOException {
    this.store = store;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::handle);
    server.setExecutor(threads);
    server.start();
  }

  /** Where a client finds the container. */
  public BlobLocation location() {
    return new BlobLocation(
        "http://127.0.0.1:" + server.getAddress().getPort() + "/acct", "acct", "cont");
  }

  /** Bytes of headers and bodies in both directions so far. */
  public long wireBytes() {
    return wireBytes.get();
  }

  /** Bytes that the service copied by itself. */
  public long sourceBytes() {
    return sourceBytes.get();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      wireBytes.addAndGet(body.length + size(exchange.getRequestHeaders()));
      try {
        if (!exchange.getRequestHeaders().containsKey("Authorization")) {
          refuse(exchange, 401, "NoAuthenticationInformation");
        } else {
          answer(exchange, body);
        }
      } catch (FsException e) {
        refuse(exchange, status(e), e.serviceCode().orElse("InternalError"));
      }
      wireBytes.addAndGet(size(exchange.getResponseHeaders()));
    }
  }

  private static long size(Headers headers) {
    return headers.entrySet().stream()
        .flatMapToLong(
            e -> e.getValue().stream().mapToLong(v -> e.getKey().length() + v.length() + 4))
        .sum();
  }

  private static int status(FsException e) {
    return switch (e.errno()) {
      case ENOENT -> 404;
      case ESTALE, EBUSY -> 412;
      case EEXIST -> 409;
      default -> 400;
    };
  }

  private void answer(HttpExchange exchange, byte[] body) throws IOException {
    Map<String, String> query = query(exchange.getRequestURI());
    String path = exchange.getRequestURI().getPath();
    String blob = path.startsWith(root) ? path.substring(root.length()) : "";
    String comp = query.getOrDefault("comp", "");
    String what = exchange.getRequestMethod() + (comp.isEmpty() ? "" : " " + comp);
    if (blob.isEmpty()) {
      refuse(exchange, 501, "NotImplemented");
      return;
    }
    switch (what) {
      case "HEAD" -> properties(exchange, store.getProperties(blob));
      case "GET" -> range(exchange, blob);
      case "GET blocklist" -> blockList(exchange, blob);
      case "PUT" ->
          written(
              exchange,
              store.putBlob(blob, ByteBuffer.wrap(body), headers(exchange), condition(exchange)));
      case "PUT block" -> block(exchange, blob, query.get("blockid"), body);
      case "PUT blocklist" -> {
        List<BlockRef> blocks = new ArrayList<>();
        Matcher found = BLOCK.matcher(new String(body, StandardCharsets.UTF_8));
        while (found.find()) {
          blocks.add(
              found.group(1).equals("Committed")
                  ? BlockRef.committed(found.group(2), 0)
                  : new BlockRef(found.group(2), 0));
        }
        written(
            exchange, store.commitBlockList(blob, blocks, headers(exchange), condition(exchange)));
      }
      default -> refuse(exchange, 501, "NotImplemented");
    }
  }

  private static Map<String, String> query(URI uri) {
    Map<String, String> query = new HashMap<>();
    if (uri.getRawQuery() != null) {
      for (String part : uri.getRawQuery().split("&")) {
        int equals = part.indexOf('=');
        query.put(
            part.substring(0, equals),
            URLDecoder.decode(part.substring(equals + 1), StandardCharsets.UTF_8));
      }
    }
    return query;
  }

  private static BlobHeaders headers(HttpExchange exchange) {
    Map<String, String> metadata = new HashMap<>();
    exchange
        .getRequestHeaders()
        .forEach(
            (name, values) -> {
              if (name.toLowerCase(Locale.ROOT).startsWith(METADATA)) {
                metadata.put(
                    name.substring(METADATA.length()).toLowerCase(Locale.ROOT), values.get(0));
              }
            });
    return new BlobHeaders(
        Optional.ofNullable(exchange.getRequestHeaders().getFirst("x-ms-blob-content-type")),
        metadata);
  }

  private static WriteCondition condition(HttpExchange exchange) {
    String match = exchange.getRequestHeaders().getFirst("If-Match");
    return match != null
        ? WriteCondition.match(match)
        : exchange.getRequestHeaders().containsKey("If-None-Match")
            ? WriteCondition.ABSENT
            : WriteCondition.ANY;
  }

  private void block(HttpExchange exchange, String blob, String id, byte[] body)
      throws IOException {
    String source = exchange.getRequestHeaders().getFirst("x-ms-copy-source");
    if (source == null) {
      store.stageBlock(blob, id, ByteBuffer.wrap(body));
    } else {
      URI uri = URI.create(source);
      Map<String, String> query = uri.getRawQuery() == null ? Map.of() : query(uri);
      if (!query.containsKey("sig") || !query.getOrDefault("sp", "").contains("r")) {
        refuse(exchange, 403, "CannotVerifyCopySource");
        return;
      }
      Matcher range = RANGE.matcher(exchange.getRequestHeaders().getFirst("x-ms-source-range"));
      if (!range.matches()) {
        refuse(exchange, 400, "InvalidHeaderValue");
        return;
      }
      long from = Long.parseLong(range.group(1));
      long length = Long.parseLong(range.group(2)) - from + 1;
      store.stageBlockFromUrl(
          blob,
          id,
          uri.getPath().substring(root.length()),
          from,
          length,
          Optional.ofNullable(exchange.getRequestHeaders().getFirst("x-ms-source-if-match")));
      sourceBytes.addAndGet(length);
    }
    exchange.sendResponseHeaders(201, -1);
  }

  private static void written(HttpExchange exchange, BlobProperties made) throws IOException {
    exchange.getResponseHeaders().set("ETag", made.etag());
    exchange.getResponseHeaders().set("Last-Modified", HTTP_DATE.format(made.lastModified()));
    exchange.sendResponseHeaders(201, -1);
  }

  private static void describe(HttpExchange exchange, BlobProperties blob) {
    Headers headers = exchange.getResponseHeaders();
    headers.set("ETag", blob.etag());
    headers.set("Last-Modified", HTTP_DATE.format(blob.lastModified()));
    headers.set("x-ms-blob-type", blob.type() == BlobType.APPEND ? "AppendBlob" : "BlockBlob");
    blob.contentType().ifPresent(type -> headers.set("Content-Type", type));
    blob.metadata().forEach((name, value) -> headers.set(METADATA + name, value));
  }

  private static void properties(HttpExchange exchange, BlobProperties blob) throws IOException {
    describe(exchange, blob);
    exchange.getResponseHeaders().set("Content-Length", Long.toString(blob.size()));
    exchange.sendResponseHeaders(200, -1);
  }

  private void range(HttpExchange exchange, String blob) throws IOException {
    BlobProperties properties = store.getProperties(blob);
    String header = exchange.getRequestHeaders().getFirst("x-ms-range");
    Matcher range =
        RANGE.matcher(
            header == null
                ? String.valueOf(exchange.getRequestHeaders().getFirst("Range"))
                : header);
    if (!range.matches()) {
      refuse(exchange, 501, "NotImplemented");
      return;
    }
    long from = Long.parseLong(range.group(1));
    long end = range.group(2).isEmpty() ? Long.MAX_VALUE : Long.parseLong(range.group(2)) + 1;
    long to = Math.min(properties.size(), end);
    if (from >= to) {
      refuse(exchange, 416, "InvalidRange");
      return;
    }
    ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(to - from));
    store.download(
        blob, from, bytes, Optional.ofNullable(exchange.getRequestHeaders().getFirst("If-Match")));
    describe(exchange, properties);
    exchange
        .getResponseHeaders()
        .set("Content-Range", "bytes " + from + "-" + (to - 1) + "/" + properties.size());
    send(exchange, 206, bytes.array());
  }

  private void blockList(HttpExchange exchange, String blob) throws IOException {
    BlockList list = store.getBlockList(blob);
    StringBuilder xml =
        new StringBuilder("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList><CommittedBlocks>");
    for (BlockRef block : list.blocks()) {
      xml.append("<Block><Name>").append(block.id()).append("</Name><Size>");
      xml.append(block.size()).append("</Size></Block>");
    }
    xml.append("</CommittedBlocks></BlockList>");
    exchange.getResponseHeaders().set("ETag", list.etag());
    exchange.getResponseHeaders().set("Content-Type", "application/xml");
    send(exchange, 200, xml.toString().getBytes(StandardCharsets.UTF_8));
  }

  private void send(HttpExchange exchange, int status, byte[] body) throws IOException {
    wireBytes.addAndGet(body.length);
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
  }

  private static void refuse(HttpExchange exchange, int status, String code) throws IOException {
    exchange.getResponseHeaders().set("x-ms-error-code", code);
    exchange.sendResponseHeaders(status, -1);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
