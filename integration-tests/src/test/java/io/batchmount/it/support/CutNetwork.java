package io.batchmount.it.support;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** A network between the program and a server that can be cut and mended. */
public final class CutNetwork implements AutoCloseable {
  private final ServerSocket listener;
  private final URI target;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean cut = new AtomicBoolean();
  private final AtomicInteger refused = new AtomicInteger();

  /** In front of the server of that address. */
  public CutNetwork(URI target) throws IOException {
    this.target = target;
    this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    start(this::accept);
  }

  /** The server's address through this network. */
  public String endpoint() {
    return "http://127.0.0.1:" + listener.getLocalPort() + target.getPath();
  }

  /** Ends all connections and refuses new ones. */
  public void cut() {
    refused.set(0);
    cut.set(true);
    open.forEach(CutNetwork::close);
  }

  /** Tries to connect since the cut. */
  public int refused() {
    return refused.get();
  }

  /** All is as before. */
  public void mend() {
    cut.set(false);
  }

  private static void start(Runnable action) {
    Thread thread = new Thread(action, "cut-network");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        if (cut.get()) {
          refused.incrementAndGet();
          close(client);
          continue;
        }
        Socket server = new Socket();
        open.add(client);
        open.add(server);
        server.connect(new InetSocketAddress(target.getHost(), target.getPort()));
        start(() -> copy(client, server));
        start(() -> copy(server, client));
      } catch (IOException e) {
        if (!listener.isClosed()) {
          open.forEach(CutNetwork::close);
        }
      }
    }
  }

  private void copy(Socket from, Socket to) {
    byte[] buffer = new byte[1 << 16];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        out.write(buffer, 0, n);
        out.flush();
      }
    } catch (IOException e) {
      close(to); // cut, or one side is done
    } finally {
      open.remove(from);
      open.remove(to);
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    open.forEach(CutNetwork::close);
  }
}
