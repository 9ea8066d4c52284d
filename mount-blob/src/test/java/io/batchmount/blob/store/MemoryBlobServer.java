package io.batchmount.blob.store;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;

/**
 * An in-memory container behind HTTP, with Put Block From URL, which Azurite lacks, a count of the
 * bytes that go over the wire, and faults of connections and servers. It knows the requests that
 * reading and writing of files need, and refuses all others with 501. Requests must be signed;
 * signatures are not verified (Azurite does that). Thread-safe.
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
  private final AtomicLong requests = new AtomicLong();
  private final AtomicLong failing = new AtomicLong(-1);
  private volatile Fault fault = Fault.BUSY;

  /** Where the service says that a blob was copied from. */
  private final Map<String, String> copies = new ConcurrentHashMap<>();

  private final String root = "/acct/cont/";

  public MemoryBlobServer(InMemoryBlobStore store) throws IOException {
    this(store, HttpServer.create(anyPort(), 0));
  }

  /** Behind HTTPS. */
  public MemoryBlobServer(InMemoryBlobStore store, SSLContext tls) throws IOException {
    this(store, https(tls));
  }

  private MemoryBlobServer(InMemoryBlobStore store, HttpServer server) {
    this.store = store;
    this.server = server;
    server.createContext("/", this::handle);
    server.setExecutor(threads);
    server.start();
  }

  private static InetSocketAddress anyPort() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  private static HttpServer https(SSLContext tls) throws IOException {
    HttpsServer made = HttpsServer.create(anyPort(), 0);
    made.setHttpsConfigurator(new HttpsConfigurator(tls));
    return made;
  }

  /** Where it listens, on this machine. */
  public int port() {
    return server.getAddress().getPort();
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

  /** What becomes of a request. */
  public enum Fault {
    /** The connection is cut before anything is done. */
    CUT_BEFORE,
    /** It is done, and the connection cut without an answer. */
    CUT_AFTER,
    /** 500, and nothing done. */
    ERROR_BEFORE,
    /** It is done, and answered with 500. */
    ERROR_AFTER,
    /** 503, with no time to wait. */
    BUSY
  }

  /** Fails the request with this number, counted from 0 from now on. */
  public void failNth(long number, Fault how) {
    failing.set(requests.get() + number);
    fault = how;
  }

  /** Requests so far. */
  public long requests() {
    return requests.get();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      wireBytes.addAndGet(body.length + size(exchange.getRequestHeaders()));
      Optional<Fault> now =
          requests.getAndIncrement() == failing.get() ? Optional.of(fault) : Optional.empty();
      if (now.filter(f -> f == Fault.CUT_BEFORE).isPresent()) {
        return;
      }
      if (now.filter(f -> f == Fault.ERROR_BEFORE).isPresent()) {
        send(exchange, refused(500, "InternalError"));
        return;
      }
      if (now.filter(f -> f == Fault.BUSY).isPresent()) {
        send(exchange, refused(503, "ServerBusy").with("Retry-After", "0"));
        return;
      }
      Answer answer;
      try {
        answer =
            exchange.getRequestHeaders().containsKey("Authorization")
                ? answer(exchange, body)
                : refused(401, "NoAuthenticationInformation");
      } catch (FsException e) {
        answer = refused(status(e), e.serviceCode().orElse("InternalError"));
      }
      if (now.filter(f -> f == Fault.CUT_AFTER).isPresent()) {
        return;
      }
      send(exchange, now.isPresent() ? refused(500, "InternalError") : answer);
    }
  }

  /**
   * An answer.
   *
   * @param headers as they are sent
   * @param body bytes of the body; what a HEAD tells of its length stands in the headers
   */
  private record Answer(int status, Map<String, String> headers, byte[] body) {
    Answer(int status) {
      this(status, new LinkedHashMap<>(), new byte[0]);
    }

    Answer with(String name, String value) {
      headers.put(name, value);
      return this;
    }

    Answer withBody(String text) {
      return new Answer(status, headers, text.getBytes(StandardCharsets.UTF_8))
          .with("Content-Type", "application/xml");
    }
  }

  private void send(HttpExchange exchange, Answer answer) throws IOException {
    answer.headers().forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
    wireBytes.addAndGet(answer.body().length);
    exchange.sendResponseHeaders(
        answer.status(), answer.body().length == 0 ? -1 : answer.body().length);
    if (answer.body().length > 0) {
      exchange.getResponseBody().write(answer.body());
    }
    wireBytes.addAndGet(size(exchange.getResponseHeaders()));
  }

  private static Answer refused(int status, String code) {
    return new Answer(status).with("x-ms-error-code", code);
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

  private Answer answer(HttpExchange exchange, byte[] body) throws IOException {
    Map<String, String> query = query(exchange.getRequestURI());
    String path = exchange.getRequestURI().getPath();
    String blob = path.startsWith(root) ? path.substring(root.length()) : "";
    String comp = query.getOrDefault("comp", "");
    String what = exchange.getRequestMethod() + (comp.isEmpty() ? "" : " " + comp);
    if (blob.isEmpty()) {
      return what.equals("GET list") ? list(query) : refused(501, "NotImplemented");
    }
    Headers sent = exchange.getRequestHeaders();
    return switch (what) {
      case "HEAD" -> {
        BlobProperties found = store.getProperties(blob);
        yield described(200, found).with("Content-Length", Long.toString(found.size()));
      }
      case "GET" -> range(sent, blob);
      case "GET blocklist" -> blockList(blob);
      case "PUT" -> put(sent, blob, body);
      case "PUT block" -> block(sent, blob, query.get("blockid"), body);
      case "PUT blocklist" -> commit(sent, blob, body);
      case "PUT metadata" ->
          written(store.setMetadata(blob, headers(sent).metadata(), condition(sent)), 200);
      case "PUT appendblock" ->
          written(
              store.appendBlock(
                  blob,
                  ByteBuffer.wrap(body),
                  Long.parseLong(sent.getFirst("x-ms-blob-condition-appendpos"))),
              201);
      case "DELETE" -> {
        store.delete(blob, condition(sent));
        yield new Answer(202);
      }
      default -> refused(501, "NotImplemented");
    };
  }

  private Answer list(Map<String, String> query) throws IOException {
    BlobListing page =
        store.listBlobs(
            query.getOrDefault("prefix", ""),
            query.containsKey("delimiter"),
            Optional.ofNullable(query.get("marker")),
            Integer.parseInt(query.getOrDefault("maxresults", "5000")));
    StringBuilder xml =
        new StringBuilder("<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults><Blobs>");
    for (BlobProperties blob : page.blobs()) {
      xml.append("<Blob><Name>").append(blob.name()).append("</Name><Properties>");
      xml.append("<Last-Modified>").append(HTTP_DATE.format(blob.lastModified()));
      xml.append("</Last-Modified><Etag>").append(blob.etag().replace("\"", ""));
      xml.append("</Etag><Content-Length>").append(blob.size()).append("</Content-Length>");
      xml.append("<BlobType>").append(type(blob)).append("</BlobType></Properties><Metadata>");
      blob.metadata()
          .forEach((name, value) -> xml.append('<' + name + '>' + value + "</" + name + '>'));
      xml.append("</Metadata></Blob>");
    }
    for (String prefix : page.prefixes()) {
      xml.append("<BlobPrefix><Name>").append(prefix).append("</Name></BlobPrefix>");
    }
    xml.append("</Blobs><NextMarker>").append(page.nextMarker().orElse(""));
    return new Answer(200).withBody(xml.append("</NextMarker></EnumerationResults>").toString());
  }

  private Answer put(Headers sent, String blob, byte[] body) throws IOException {
    String source = sent.getFirst("x-ms-copy-source");
    if (source != null) {
      BlobProperties copy =
          store.copy(
              URI.create(source).getPath().substring(root.length()),
              Optional.ofNullable(sent.getFirst("x-ms-source-if-match")),
              blob,
              condition(sent));
      copies.put(blob, source);
      return written(copy, 202).with("x-ms-copy-status", "success");
    }
    copies.remove(blob);
    return written(
        "AppendBlob".equals(sent.getFirst("x-ms-blob-type"))
            ? store.createAppendBlob(blob, headers(sent), condition(sent))
            : store.putBlob(blob, ByteBuffer.wrap(body), headers(sent), condition(sent)),
        201);
  }

  private Answer commit(Headers sent, String blob, byte[] body) throws IOException {
    List<BlockRef> blocks = new ArrayList<>();
    Matcher found = BLOCK.matcher(new String(body, StandardCharsets.UTF_8));
    while (found.find()) {
      blocks.add(
          found.group(1).equals("Committed")
              ? BlockRef.committed(found.group(2), 0)
              : new BlockRef(found.group(2), 0));
    }
    copies.remove(blob);
    return written(store.commitBlockList(blob, blocks, headers(sent), condition(sent)), 201);
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

  private static BlobHeaders headers(Headers sent) {
    Map<String, String> metadata = new HashMap<>();
    sent.forEach(
        (name, values) -> {
          if (name.toLowerCase(Locale.ROOT).startsWith(METADATA)) {
            metadata.put(name.substring(METADATA.length()).toLowerCase(Locale.ROOT), values.get(0));
          }
        });
    return new BlobHeaders(Optional.ofNullable(sent.getFirst("x-ms-blob-content-type")), metadata);
  }

  private static WriteCondition condition(Headers sent) {
    String match = sent.getFirst("If-Match");
    return match != null
        ? WriteCondition.match(match)
        : sent.containsKey("If-None-Match") ? WriteCondition.ABSENT : WriteCondition.ANY;
  }

  private Answer block(Headers sent, String blob, String id, byte[] body) throws IOException {
    String source = sent.getFirst("x-ms-copy-source");
    if (source == null) {
      store.stageBlock(blob, id, ByteBuffer.wrap(body));
      return new Answer(201);
    }
    URI uri = URI.create(source);
    Map<String, String> query = query(uri);
    if (!query.containsKey("sig") || !query.getOrDefault("sp", "").contains("r")) {
      return refused(403, "CannotVerifyCopySource");
    }
    Matcher range = RANGE.matcher(sent.getFirst("x-ms-source-range"));
    if (!range.matches()) {
      return refused(400, "InvalidHeaderValue");
    }
    long from = Long.parseLong(range.group(1));
    long length = Long.parseLong(range.group(2)) - from + 1;
    store.stageBlockFromUrl(
        blob,
        id,
        uri.getPath().substring(root.length()),
        from,
        length,
        Optional.ofNullable(sent.getFirst("x-ms-source-if-match")));
    sourceBytes.addAndGet(length);
    return new Answer(201);
  }

  private static Answer written(BlobProperties made, int status) {
    return new Answer(status)
        .with("ETag", made.etag())
        .with("Last-Modified", HTTP_DATE.format(made.lastModified()));
  }

  private static String type(BlobProperties blob) {
    return blob.type() == BlobType.APPEND ? "AppendBlob" : "BlockBlob";
  }

  private Answer described(int status, BlobProperties blob) {
    Answer answer = written(blob, status).with("x-ms-blob-type", type(blob));
    blob.contentType().ifPresent(type -> answer.with("Content-Type", type));
    blob.contentMd5().ifPresent(md5 -> answer.with("x-ms-blob-content-md5", md5));
    blob.metadata().forEach((name, value) -> answer.with(METADATA + name, value));
    Optional.ofNullable(copies.get(blob.name()))
        .ifPresent(source -> answer.with("x-ms-copy-source", source));
    return answer;
  }

  private Answer range(Headers sent, String blob) throws IOException {
    BlobProperties properties = store.getProperties(blob);
    String header = sent.getFirst("x-ms-range");
    Matcher range = RANGE.matcher(header == null ? String.valueOf(sent.getFirst("Range")) : header);
    if (!range.matches()) {
      return refused(501, "NotImplemented");
    }
    long from = Long.parseLong(range.group(1));
    long end = range.group(2).isEmpty() ? Long.MAX_VALUE : Long.parseLong(range.group(2)) + 1;
    long to = Math.min(properties.size(), end);
    if (from >= to) {
      return refused(416, "InvalidRange");
    }
    ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(to - from));
    store.download(blob, from, bytes, Optional.ofNullable(sent.getFirst("If-Match")));
    Answer part = described(206, properties);
    return new Answer(206, part.headers(), bytes.array())
        .with("Content-Range", "bytes " + from + "-" + (to - 1) + "/" + properties.size());
  }

  private Answer blockList(String blob) throws IOException {
    BlockList list = store.getBlockList(blob);
    StringBuilder xml =
        new StringBuilder("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList><CommittedBlocks>");
    for (BlockRef block : list.blocks()) {
      xml.append("<Block><Name>").append(block.id()).append("</Name><Size>");
      xml.append(block.size()).append("</Size></Block>");
    }
    return new Answer(200)
        .with("ETag", list.etag())
        .withBody(xml.append("</CommittedBlocks></BlockList>").toString());
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
