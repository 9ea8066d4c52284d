package io.batchmount.it.bench;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * The reading half of a Blob service that is no bottleneck: List Blobs, Get Blob, Get Blob
 * Properties, from files on disk by {@code sendfile}, without looking at signatures. It can be
 * shaped as a distant link: a wait before each answer and a rate for each connection. One thread a
 * connection.
 */
final class RangeServer implements Closeable {
  static final String ACCOUNT = "bench";
  static final String CONTAINER = "data";

  /** Bytes between two looks at the clock while a connection is held to its rate. */
  private static final int PACE_STEP = 256 << 10;

  private static final DateTimeFormatter HTTP_DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final TreeMap<String, Path> blobs = new TreeMap<>();
  private final Map<String, Long> sizes = new HashMap<>();
  private final ServerSocketChannel server;
  private final Set<SocketChannel> open = new HashSet<>(); // guarded by itself
  private final String modified = HTTP_DATE.format(Instant.parse("2026-01-01T00:00:00Z"));
  private volatile long latencyNanos;
  private volatile long bytesPerSecond;
  private final AtomicLong gets = new AtomicLong();
  private final AtomicLong heads = new AtomicLong();
  private final AtomicLong lists = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();

  RangeServer(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = root.relativize(file).toString();
        blobs.put(name, file);
        sizes.put(name, Files.size(file));
      }
    }
    server = ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", 0), 512);
    Thread acceptor = new Thread(this::accept, "range-server");
    acceptor.setDaemon(true);
    acceptor.start();
  }

  String endpoint() {
    try {
      return "http://127.0.0.1:"
          + ((InetSocketAddress) server.getLocalAddress()).getPort()
          + "/"
          + ACCOUNT;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** From the next answer on; zero for a plain link. */
  void shape(long latencyMillis, long newBytesPerSecond) {
    latencyNanos = TimeUnit.MILLISECONDS.toNanos(latencyMillis);
    bytesPerSecond = newBytesPerSecond;
  }

  void reset() {
    gets.set(0);
    heads.set(0);
    lists.set(0);
    bytes.set(0);
  }

  long gets() {
    return gets.get();
  }

  long heads() {
    return heads.get();
  }

  long lists() {
    return lists.get();
  }

  long bytes() {
    return bytes.get();
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        SocketChannel channel = server.accept();
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true); // as storage services do
        synchronized (open) {
          open.add(channel);
        }
        Thread thread = new Thread(() -> serve(channel), "range-connection");
        thread.setDaemon(true);
        thread.start();
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void serve(SocketChannel channel) {
    try (channel) {
      InputStream in = new BufferedInputStream(channel.socket().getInputStream(), 16 << 10);
      while (true) {
        String request = line(in);
        if (request.isEmpty()) {
          return;
        }
        Map<String, String> headers = new HashMap<>();
        String header;
        while (!(header = line(in)).isEmpty()) {
          int colon = header.indexOf(':');
          headers.put(
              header.substring(0, colon).toLowerCase(Locale.ROOT),
              header.substring(colon + 1).strip());
        }
        answer(channel, request, headers);
      }
    } catch (IOException | InterruptedException e) {
      return; // the client went away: reads that are given up end so
    } finally {
      synchronized (open) {
        open.remove(channel);
      }
    }
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder text = new StringBuilder();
    int c;
    while ((c = in.read()) >= 0 && c != '\n') {
      if (c != '\r') {
        text.append((char) c);
      }
    }
    return text.toString();
  }

  private void answer(SocketChannel channel, String request, Map<String, String> headers)
      throws IOException, InterruptedException {
    if (latencyNanos > 0) {
      TimeUnit.NANOSECONDS.sleep(latencyNanos);
    }
    String[] parts = request.split(" ");
    int mark = parts[1].indexOf('?');
    String path = mark < 0 ? parts[1] : parts[1].substring(0, mark);
    String query = mark < 0 ? "" : parts[1].substring(mark + 1);
    String container = "/" + ACCOUNT + "/" + CONTAINER;
    String name =
        path.length() > container.length() + 1
            ? URLDecoder.decode(
                path.substring(container.length() + 1).replace("+", "%2B"), StandardCharsets.UTF_8)
            : "";
    if (name.isEmpty()) {
      if (query.contains("comp=list")) {
        lists.incrementAndGet();
        list(channel, query);
      } else {
        heads.incrementAndGet();
        send(channel, "200 OK", "Content-Length: 0\r\n", new byte[0]);
      }
      return;
    }
    Path file = blobs.get(name);
    boolean head = parts[0].equals("HEAD");
    (head ? heads : gets).incrementAndGet();
    if (file == null) {
      send(
          channel,
          "404 Not Found",
          "x-ms-error-code: BlobNotFound\r\nContent-Length: 0\r\n",
          new byte[0]);
      return;
    }
    long size = sizes.get(name);
    String common =
        "ETag: \"0x8DC0000000000001\"\r\nLast-Modified: "
            + modified
            + "\r\nx-ms-blob-type: BlockBlob\r\nAccept-Ranges: bytes\r\n"
            + "Content-Type: application/octet-stream\r\n";
    String range = headers.getOrDefault("x-ms-range", headers.get("range"));
    if (head || range == null) {
      send(channel, "200 OK", common + "Content-Length: " + size + "\r\n", new byte[0]);
      if (!head) {
        transfer(channel, file, 0, size);
      }
      return;
    }
    String[] ends = range.substring("bytes=".length()).split("-", -1);
    long from = Long.parseLong(ends[0]);
    long to = ends[1].isEmpty() ? size - 1 : Math.min(size - 1, Long.parseLong(ends[1]));
    if (from >= size) {
      send(
          channel,
          "416 Range Not Satisfiable",
          "x-ms-error-code: InvalidRange\r\nContent-Length: 0\r\n",
          new byte[0]);
      return;
    }
    send(
        channel,
        "206 Partial Content",
        common
            + "Content-Length: "
            + (to - from + 1)
            + "\r\nContent-Range: bytes "
            + from
            + "-"
            + to
            + "/"
            + size
            + "\r\n",
        new byte[0]);
    transfer(channel, file, from, to - from + 1);
  }

  private void transfer(SocketChannel channel, Path file, long from, long count)
      throws IOException, InterruptedException {
    long rate = bytesPerSecond;
    long begun = System.nanoTime();
    try (FileChannel source = FileChannel.open(file, StandardOpenOption.READ)) {
      long done = 0;
      while (done < count) {
        long step = rate > 0 ? Math.min(PACE_STEP, count - done) : count - done;
        long sent = source.transferTo(from + done, step, channel);
        done += sent;
        bytes.addAndGet(sent);
        if (rate > 0) {
          long due = begun + done * TimeUnit.SECONDS.toNanos(1) / rate;
          long early = due - System.nanoTime();
          if (early > 0) {
            TimeUnit.NANOSECONDS.sleep(early);
          }
        }
      }
    }
  }

  private static void send(SocketChannel channel, String status, String headers, byte[] body)
      throws IOException {
    byte[] head =
        ("HTTP/1.1 "
                + status
                + "\r\nx-ms-version: 2025-11-05\r\nx-ms-request-id: bench\r\n"
                + headers
                + "\r\n")
            .getBytes(StandardCharsets.UTF_8);
    ByteBuffer buffer = ByteBuffer.allocate(head.length + body.length);
    buffer.put(head).put(body).flip();
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  private void list(SocketChannel channel, String query) throws IOException {
    Map<String, String> parameters = new HashMap<>();
    for (String pair : query.split("&")) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        parameters.put(
            pair.substring(0, equals),
            URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
      }
    }
    String prefix = parameters.getOrDefault("prefix", "");
    String delimiter = parameters.getOrDefault("delimiter", "");
    int max = Integer.parseInt(parameters.getOrDefault("maxresults", "5000"));
    String from = parameters.getOrDefault("marker", prefix);
    StringBuilder xml =
        new StringBuilder("<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults><Blobs>");
    int count = 0;
    String next = "";
    String name = blobs.ceilingKey(from);
    while (name != null && name.startsWith(prefix)) {
      if (count == max) {
        next = name;
        break;
      }
      int slash = delimiter.isEmpty() ? -1 : name.indexOf('/', prefix.length());
      if (slash >= 0) {
        xml.append("<BlobPrefix><Name>").append(name, 0, slash + 1).append("</Name></BlobPrefix>");
        name = blobs.ceilingKey(name.substring(0, slash) + (char) ('/' + 1));
      } else {
        xml.append("<Blob><Name>")
            .append(name)
            .append("</Name><Properties><Last-Modified>")
            .append(modified)
            .append("</Last-Modified><Etag>0x8DC0000000000001</Etag><Content-Length>")
            .append(sizes.get(name))
            .append(
                "</Content-Length><Content-Type>application/octet-stream</Content-Type>"
                    + "<BlobType>BlockBlob</BlobType></Properties></Blob>");
        name = blobs.higherKey(name);
      }
      count++;
    }
    xml.append("</Blobs><NextMarker>").append(next).append("</NextMarker></EnumerationResults>");
    byte[] body = xml.toString().getBytes(StandardCharsets.UTF_8);
    send(
        channel,
        "200 OK",
        "Content-Type: application/xml\r\nContent-Length: " + body.length + "\r\n",
        body);
  }

  @Override
  public void close() throws IOException {
    server.close();
    synchronized (open) {
      for (SocketChannel channel : open) {
        channel.close();
      }
    }
  }
}
