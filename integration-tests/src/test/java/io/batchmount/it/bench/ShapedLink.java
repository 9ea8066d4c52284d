package io.batchmount.it.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A distant link to a server: each connection carries so many bytes a second towards it, and what
 * the server answers arrives later by a fixed time. Every client pays the same, whatever it is made
 * of. Two threads a connection; bytes in both directions are counted, headers included.
 */
final class ShapedLink implements AutoCloseable {
  /** Bytes that may be under way on a connection: 4 ms at 60 MB/s. */
  private static final int WINDOW = 256 << 10;

  private final URI target;
  private final long latencyNanos;
  private final long bytesPerSecond;
  private final ServerSocket listener;
  private final AtomicLong bytes = new AtomicLong();

  /**
   * @param latencyMillis before each answer
   * @param bytesPerSecond of a connection towards the server, 0 for no limit
   */
  ShapedLink(URI target, long latencyMillis, long bytesPerSecond) throws IOException {
    this.target = target;
    this.latencyNanos = TimeUnit.MILLISECONDS.toNanos(latencyMillis);
    this.bytesPerSecond = bytesPerSecond;
    listener = new ServerSocket();
    listener.setReceiveBufferSize(WINDOW); // of the accepted connections
    listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 512);
    start(this::accept);
  }

  /** The server's address as it is reached through the link. */
  URI endpoint() {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort() + target.getPath());
  }

  /** Bytes carried in both directions. */
  long bytes() {
    return bytes.get();
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        Socket server = new Socket();
        server.connect(new InetSocketAddress(target.getHost(), target.getPort()));
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
        start(() -> carry(client, server, bytesPerSecond, 0));
        start(() -> carry(server, client, 0, latencyNanos));
      } catch (IOException e) {
        if (!listener.isClosed()) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }

  private void carry(Socket from, Socket to, long rate, long delayNanos) {
    byte[] buffer = new byte[WINDOW];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      long free = System.nanoTime(); // when the link is free again
      int got;
      while ((got = in.read(buffer)) >= 0) {
        bytes.addAndGet(got);
        long now = System.nanoTime();
        long due = now + delayNanos;
        if (rate > 0) {
          free = Math.max(free, now) + got * TimeUnit.SECONDS.toNanos(1) / rate;
          due = Math.max(due, free);
        }
        TimeUnit.NANOSECONDS.sleep(due - now);
        out.write(buffer, 0, got);
      }
    } catch (IOException e) {
      // one side closed its connection: the other one is closed, too
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void start(Runnable body) {
    Thread thread = new Thread(body, "shaped-link");
    thread.setDaemon(true);
    thread.start();
  }
}
