package io.batchmount.launcher.mount;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers other processes of the same user: one JSON request a line, JSON lines back, the last of
 * an answer marked {@code "done": true}. A thread for each caller; callers are few.
 */
public final class ControlServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ServerSocketChannel server;
  private final Path socket;
  private final Handler handler;

  /** What can be asked. */
  public interface Handler {
    /**
     * Answers a request.
     *
     * @param request the JSON object, member {@code command} tells what
     * @param reply takes lines on the way and, as the returned one, the last
     */
    ObjectNode handle(JsonNode request, Reply reply) throws IOException;
  }

  /** Takes a line of an answer. */
  public interface Reply {
    void line(ObjectNode line) throws IOException;
  }

  private ControlServer(ServerSocketChannel server, Path socket, Handler handler) {
    this.server = server;
    this.socket = socket;
    this.handler = handler;
  }

  /** Begins to answer; the socket gets mode 0600. */
  public static ControlServer start(Path socket, Handler handler) throws IOException {
    Files.deleteIfExists(socket);
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
    ControlServer control = new ControlServer(server, socket, handler);
    Thread acceptor = new Thread(control::accept, "control");
    acceptor.setDaemon(true);
    acceptor.start();
    return control;
  }

  private void accept() {
    while (true) {
      try {
        SocketChannel caller = server.accept();
        Thread thread = new Thread(() -> serve(caller), "control-call");
        thread.setDaemon(true);
        thread.start();
      } catch (ClosedChannelException e) {
        return; // the regular end
      } catch (IOException e) {
        LOG.error("the control socket {} failed: {}", socket, e.getMessage());
        return;
      }
    }
  }

  private void serve(SocketChannel caller) {
    try (caller) {
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(Channels.newInputStream(caller), StandardCharsets.UTF_8));
      OutputStream out = Channels.newOutputStream(caller);
      String line = in.readLine();
      if (line == null) {
        return;
      }
      ObjectNode last;
      try {
        last = handler.handle(JSON.readTree(line), node -> write(out, node));
      } catch (RuntimeException e) {
        LOG.error("a control request failed", e);
        last = JSON.createObjectNode().put("error", String.valueOf(e.getMessage()));
      }
      last.put("done", true);
      write(out, last);
    } catch (IOException e) {
      LOG.debug("a caller of the control socket went away: {}", e.getMessage());
    }
  }

  private static void write(OutputStream out, ObjectNode node) throws IOException {
    out.write((JSON.writeValueAsString(node) + "\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  @Override
  public void close() throws IOException {
    server.close();
    Files.deleteIfExists(socket);
  }
}
