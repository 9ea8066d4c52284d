package io.batchmount.it.bench;

import io.batchmount.emulator.files.FilesEmulator;
import io.batchmount.it.support.Signatures;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Requests and bytes a second of the Files emulator, in memory and on disk, by 8 connections that
 * send prepared requests; against the limit: a server that reads the same requests and answers with
 * prepared bytes. Client and server share the machine in both cases.
 *
 * <p>Arguments: seconds for each figure (3).
 */
public final class EmulatorBench {
  private static final int CONNECTIONS = 8;
  private static final int SMALL = 4 << 10;
  private static final int LARGE = 4 << 20;
  private static final String SHARE = "bench";
  private static final int BUFFER = 256 << 10;

  private EmulatorBench() {}

  /**
   * One kind of request, to the file of each connection.
   *
   * @param bytes that move in one of them
   */
  private record Kind(String name, String method, String query, String headers, int sent, int got) {
    int bytes() {
      return Math.max(sent, got);
    }
  }

  private static final List<Kind> KINDS =
      List.of(
          new Kind("HEAD of a file", "HEAD", "", "", 0, 0),
          put("Put Range of 4 KiB", SMALL),
          put("Put Range of 4 MiB", LARGE),
          new Kind(
              "GET of 4 MiB", "GET", "", "x-ms-range: bytes=0-" + (LARGE - 1) + "\r\n", 0, LARGE));

  private static Kind put(String name, int bytes) {
    String headers = "x-ms-write: update\r\nx-ms-range: bytes=0-" + (bytes - 1) + "\r\n";
    return new Kind(name, "PUT", "comp=range&", headers, bytes, 0);
  }

  /** Prints the table. */
  public static void main(String[] arguments) throws Exception {
    Duration time = Duration.ofSeconds(arguments.length > 0 ? Long.parseLong(arguments[0]) : 3);
    System.out.println("| request | limit | in memory | on disk |");
    System.out.println("| --- | --- | --- | --- |");
    Path location = Files.createTempDirectory("emulator-bench");
    try (Limit limit = new Limit();
        FilesEmulator memory = FilesEmulator.builder().port(0).inMemory().start();
        FilesEmulator disk = FilesEmulator.builder().port(0).location(location).start()) {
      int[] ports = {limit.port(), memory.port(), disk.port()};
      for (int i = 1; i < ports.length; i++) {
        prepare(ports[i]);
      }
      for (Kind kind : KINDS) {
        StringBuilder row = new StringBuilder("| " + kind.name + " |");
        for (int port : ports) {
          limit.answersWith(kind.got);
          run(port, kind, Duration.ofSeconds(1)); // warm
          double rate = run(port, kind, time);
          row.append(
              kind.bytes() >= LARGE
                  ? String.format(Locale.ROOT, " %.0f MB/s |", rate * kind.bytes() / 1e6)
                  : String.format(Locale.ROOT, " %.0f/s |", rate));
        }
        System.out.println(row);
      }
    }
  }

  /** A share with a file of 4 MiB for each connection. */
  private static void prepare(int port) throws IOException {
    try (Connection connection = new Connection(port)) {
      connection.send(
          request("PUT", "/" + SHARE + "?restype=share&", "", 0).getBytes(StandardCharsets.UTF_8));
      for (int i = 0; i < CONNECTIONS; i++) {
        String headers = "x-ms-type: file\r\nx-ms-content-length: " + LARGE + "\r\n";
        connection.send(
            request("PUT", "/" + SHARE + "/f" + i + "?", headers, 0)
                .getBytes(StandardCharsets.UTF_8));
        Kind fill = put("", LARGE);
        connection.send(message(fill, i));
      }
    }
  }

  private static String request(String method, String pathAndQuery, String headers, int length) {
    String body = method.equals("PUT") ? "Content-Length: " + length + "\r\n" : "";
    return method
        + " /"
        + FilesEmulator.DEVELOPMENT_ACCOUNT
        + pathAndQuery
        + Signatures.account("rwdlc")
        + " HTTP/1.1\r\nHost: 127.0.0.1\r\nx-ms-version: 2025-05-05\r\n"
        + headers
        + body
        + "\r\n";
  }

  private static byte[] message(Kind kind, int number) {
    byte[] head =
        request(
                kind.method,
                "/" + SHARE + "/f" + number + "?" + kind.query,
                kind.headers,
                kind.sent)
            .getBytes(StandardCharsets.UTF_8);
    byte[] all = java.util.Arrays.copyOf(head, head.length + kind.sent);
    java.util.Arrays.fill(all, head.length, all.length, (byte) 'x');
    return all;
  }

  /** Requests a second of all connections. */
  private static double run(int port, Kind kind, Duration time) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(CONNECTIONS);
    try {
      long begin = System.nanoTime();
      List<Future<Long>> counts = new ArrayList<>();
      for (int i = 0; i < CONNECTIONS; i++) {
        byte[] message = message(kind, i);
        counts.add(
            threads.submit(
                () -> {
                  long done = 0;
                  try (Connection connection = new Connection(port)) {
                    while (System.nanoTime() - begin < time.toNanos()) {
                      connection.send(message);
                      done++;
                    }
                  }
                  return done;
                }));
      }
      long all = 0;
      for (Future<Long> count : counts) {
        all += count.get();
      }
      return all / ((System.nanoTime() - begin) / 1e9);
    } finally {
      threads.shutdownNow();
    }
  }

  /** A client that sends prepared bytes and passes over what is answered. */
  private static final class Connection implements AutoCloseable {
    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final byte[] scrap = new byte[BUFFER];

    Connection(int port) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setTcpNoDelay(true);
      in = new BufferedInputStream(socket.getInputStream(), BUFFER);
      out = socket.getOutputStream();
    }

    void send(byte[] message) throws IOException {
      out.write(message);
      String status = line(in);
      if (!status.startsWith("HTTP/1.1 2")) {
        throw new IOException("answered " + status);
      }
      long length = bodyLength(in);
      if (message[0] != 'H') {
        skip(in, length, scrap);
      }
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new EOFException("the connection ended");
      }
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }

  /** Reads a head to its end. */
  private static long bodyLength(InputStream in) throws IOException {
    long length = 0;
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      if (line.regionMatches(true, 0, "content-length:", 0, 15)) {
        length = Long.parseLong(line.substring(15).strip());
      }
    }
    return length;
  }

  private static void skip(InputStream in, long length, byte[] scrap) throws IOException {
    for (long left = length; left > 0; ) {
      int n = in.read(scrap, 0, (int) Math.min(left, scrap.length));
      if (n < 0) {
        throw new EOFException("the connection ended");
      }
      left -= n;
    }
  }

  /** Answers every request with the same bytes. */
  private static final class Limit implements AutoCloseable {
    private final ServerSocket server = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
    private volatile byte[] answer = new byte[0];

    Limit() throws IOException {
      answersWith(0);
      daemon(this::accept);
    }

    int port() {
      return server.getLocalPort();
    }

    void answersWith(int bytes) {
      byte[] head =
          ("HTTP/1.1 200 OK\r\nContent-Length: " + bytes + "\r\n\r\n")
              .getBytes(StandardCharsets.UTF_8);
      answer = java.util.Arrays.copyOf(head, head.length + bytes);
    }

    private static void daemon(Runnable work) {
      Thread thread = new Thread(work);
      thread.setDaemon(true);
      thread.start();
    }

    private void accept() {
      while (!server.isClosed()) {
        try {
          Socket socket = server.accept();
          socket.setTcpNoDelay(true);
          daemon(() -> serve(socket));
        } catch (IOException e) {
          return; // closed
        }
      }
    }

    private void serve(Socket socket) {
      byte[] scrap = new byte[BUFFER];
      try (socket) {
        InputStream in = new BufferedInputStream(socket.getInputStream(), BUFFER);
        OutputStream out = socket.getOutputStream();
        while (true) {
          line(in);
          skip(in, bodyLength(in), scrap);
          out.write(answer);
        }
      } catch (IOException e) {
        return; // the client is done
      }
    }

    @Override
    public void close() throws IOException {
      server.close();
    }
  }
}
