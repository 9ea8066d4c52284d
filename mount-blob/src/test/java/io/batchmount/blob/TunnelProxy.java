package io.batchmount.blob;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;

/**
 * An HTTP proxy that makes tunnels (CONNECT), all of them to one server of this machine, whatever
 * the client asks for: what nobody else can resolve is reached through it only.
 */
public final class TunnelProxy implements AutoCloseable {
  private final ServerSocket listener;
  private final int target;
  private final Optional<SSLContext> inside;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final List<String> asked = new CopyOnWriteArrayList<>();

  /**
   * @param target port of the server
   */
  public TunnelProxy(int target) throws IOException {
    this(target, Optional.empty());
  }

  /**
   * As above, for a server that does not speak TLS: the proxy does in its place.
   *
   * @param inside who the client finds at the end of the tunnel
   */
  public TunnelProxy(int target, SSLContext inside) throws IOException {
    this(target, Optional.of(inside));
  }

  private TunnelProxy(int target, Optional<SSLContext> inside) throws IOException {
    this.target = target;
    this.inside = inside;
    listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    start(
        () -> {
          while (true) {
            Socket client = listener.accept();
            open.add(client);
            start(() -> serve(client));
          }
        });
  }

  /** {@code HOST:PORT} of the proxy. */
  public String address() {
    return "localhost:" + listener.getLocalPort();
  }

  /** What tunnels were asked for: {@code HOST:PORT}. */
  public List<String> asked() {
    return List.copyOf(asked);
  }

  private interface Task {
    void run() throws IOException;
  }

  private static void start(Task task) {
    Thread thread =
        new Thread(
            () -> {
              try {
                task.run();
              } catch (IOException e) {
                return; // closed by one side or the test
              }
            },
            "tunnel-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  private void serve(Socket client) throws IOException {
    InputStream in = client.getInputStream();
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        return;
      }
      head.append((char) next);
    }
    String[] words = head.toString().split(" ");
    if (!words[0].equals("CONNECT")) {
      answer(client, "HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n");
      client.close();
      return;
    }
    asked.add(words[1]);
    Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
    open.add(server);
    answer(client, "HTTP/1.1 200 Connection Established\r\n\r\n");
    Socket end =
        inside.isPresent()
            ? inside
                .get()
                .getSocketFactory()
                .createSocket(client, InputStream.nullInputStream(), true)
            : client;
    start(() -> pump(server, end));
    pump(end, server);
  }

  private static void answer(Socket client, String text) throws IOException {
    OutputStream out = client.getOutputStream();
    out.write(text.getBytes(StandardCharsets.US_ASCII));
    out.flush();
  }

  private static void pump(Socket from, Socket to) throws IOException {
    try (from;
        to) {
      from.getInputStream().transferTo(to.getOutputStream());
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
