package io.batchmount.launcher.outputs;

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
import java.util.concurrent.atomic.AtomicLong;

/**
 * A network between client and server that can be cut: forwards bytes, and on command closes all
 * connections after so many bytes of requests, stays down, or swallows answers.
 */
public final class FaultyProxy implements AutoCloseable {
  private final ServerSocket listener;
  private final URI target;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicLong requestBytes = new AtomicLong();
  private final AtomicLong cutAt = new AtomicLong(Long.MAX_VALUE);
  private final AtomicBoolean down = new AtomicBoolean();
  private final AtomicBoolean stayDown = new AtomicBoolean();
  private final AtomicBoolean swallowAnswer = new AtomicBoolean();
  private final AtomicBoolean silent = new AtomicBoolean();

  /** In front of the server of that address. */
  public FaultyProxy(URI target) throws IOException {
    this.target = target;
    listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    start(this::accept, "proxy-accept");
  }

  /** An address of the server as it is reached through this network. */
  public String through(String url) {
    return url.replace(
        target.getHost() + ":" + target.getPort(), "127.0.0.1:" + listener.getLocalPort());
  }

  /** Bytes that clients sent through. */
  public long requestBytes() {
    return requestBytes.get();
  }

  /** Cuts all connections when so many bytes more have been sent by clients. */
  public void cutAfter(long bytes, boolean thenStayDown) {
    stayDown.set(thenStayDown);
    cutAt.set(requestBytes.get() + bytes);
  }

  /** The server gets the next request, the client never gets the answer. */
  public void swallowNextAnswer() {
    swallowAnswer.set(true);
  }

  /** Requests get through, no answer comes back, and no connection is closed. */
  public void holdAnswers() {
    silent.set(true);
  }

  /** The network is up again. */
  public void heal() {
    silent.set(false);
    cutAt.set(Long.MAX_VALUE);
    down.set(false);
  }

  @Override
  public void close() throws IOException {
    listener.close();
    cutAll();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        if (down.get()) {
          client.close();
          continue;
        }
        Socket server = new Socket();
        server.connect(new InetSocketAddress(target.getHost(), target.getPort()));
        open.add(client);
        open.add(server);
        start(() -> pump(client, server, true), "proxy-up");
        start(() -> pump(server, client, false), "proxy-down");
      } catch (IOException e) {
        if (!listener.isClosed()) {
          throw new java.io.UncheckedIOException(e);
        }
      }
    }
  }

  private void pump(Socket from, Socket to, boolean request) {
    byte[] buffer = new byte[16 << 10];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      int read;
      while ((read = in.read(buffer)) >= 0) {
        if (request && requestBytes.addAndGet(read) >= cutAt.get()) {
          cutAt.set(Long.MAX_VALUE);
          down.set(stayDown.get());
          cutAll();
          return;
        }
        if (!request && swallowAnswer.compareAndSet(true, false)) {
          return;
        }
        if (request || !silent.get()) {
          out.write(buffer, 0, read);
          out.flush();
        }
      }
    } catch (IOException e) {
      // a cut connection: what this class is for
    } finally {
      open.remove(from);
      open.remove(to);
    }
  }

  private void cutAll() {
    for (Socket socket : open) {
      try {
        socket.close();
      } catch (IOException e) {
        // gone already
      }
    }
  }

  private static void start(Runnable body, String name) {
    Thread thread = new Thread(body, name);
    thread.setDaemon(true);
    thread.start();
  }
}
