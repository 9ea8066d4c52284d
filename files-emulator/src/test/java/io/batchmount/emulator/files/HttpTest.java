package io.batchmount.emulator.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** HTTP itself, over a plain socket: what clients of the JDK do not send. */
class HttpTest extends Emulated {

  /** A connection whose answers are read one after the other. */
  private final class Raw implements AutoCloseable {
    private final Socket socket;
    private final InputStream in;

    Raw() throws IOException {
      socket = new Socket("127.0.0.1", emulator.port());
      socket.setSoTimeout(30_000);
      in = new java.io.BufferedInputStream(socket.getInputStream());
    }

    void write(byte[] bytes) throws IOException {
      OutputStream out = socket.getOutputStream();
      out.write(bytes);
      out.flush();
    }

    String line() throws IOException {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      int c;
      while ((c = in.read()) >= 0 && c != '\n') {
        line.write(c);
      }
      return line.toString(StandardCharsets.ISO_8859_1).strip();
    }

    /** The head of the next answer; its body of a known length is read and left out. */
    List<String> answer() throws IOException {
      List<String> lines = new ArrayList<>();
      int length = 0;
      for (String line = line(); !line.isEmpty(); line = line()) {
        lines.add(line);
        if (line.toLowerCase(java.util.Locale.ROOT).startsWith("content-length:")) {
          length = Integer.parseInt(line.substring(15).strip());
        }
      }
      in.readNBytes(length);
      return lines;
    }

    boolean closed() throws IOException {
      return in.read() < 0;
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private byte[] request(String method, String path, byte[] body, String... headers)
      throws IOException {
    List<String> all =
        new ArrayList<>(List.of("x-ms-version", Wire.VERSION, "x-ms-date", Wire.now()));
    String full = "/devstoreaccount1/" + path;
    int length = body.length;
    List<String> transport = new ArrayList<>();
    for (int i = 0; i < headers.length; i += 2) {
      (headers[i].startsWith("x-ms-") ? all : transport)
          .addAll(List.of(headers[i], headers[i + 1]));
    }
    if (transport.contains("Content-Length")) {
      length = Integer.parseInt(transport.get(transport.indexOf("Content-Length") + 1));
    } else if (!transport.contains("Transfer-Encoding")) {
      transport.addAll(List.of("Content-Length", "" + length));
    }
    String signature =
        wire.sign(method, full, transport.contains("Transfer-Encoding") ? 0 : length, all);
    StringBuilder head =
        new StringBuilder(method + " " + full + " HTTP/1.1\r\nHost: localhost\r\n");
    all.addAll(transport);
    all.addAll(List.of("Authorization", signature));
    for (int i = 0; i < all.size(); i += 2) {
      head.append(all.get(i)).append(": ").append(all.get(i + 1)).append("\r\n");
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(head.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
    out.write(body);
    return out.toByteArray();
  }

  @Test
  void pipelinedLargeBodiesAreAnsweredInOrder() throws IOException {
    int size = 1 << 20;
    wire.file(share + "/f", 8L * size);
    byte[] body = new byte[size];
    new Random(1).nextBytes(body);
    try (Raw raw = new Raw()) {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      for (int i = 0; i < 8; i++) {
        String range = "bytes=" + (long) i * size + "-" + ((i + 1L) * size - 1);
        all.write(
            request(
                "PUT", share + "/f?comp=range", body, "x-ms-write", "update", "x-ms-range", range));
      }
      all.write(request("GET", share + "/nothing", new byte[0]));
      Thread sender =
          new Thread(
              () -> {
                try {
                  raw.write(all.toByteArray());
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });
      sender.start();
      for (int i = 0; i < 8; i++) {
        assertThat(raw.answer().get(0)).isEqualTo("HTTP/1.1 201 Created");
      }
      assertThat(raw.answer().get(0)).startsWith("HTTP/1.1 404 ");
    }
    assertThat(wire.get(share + "/f", "x-ms-range", "bytes=" + 7L * size + "-").body())
        .isEqualTo(body);
  }

  @Test
  void expectContinue() throws IOException {
    wire.file(share + "/f", 5);
    try (Raw raw = new Raw()) {
      byte[] all =
          request(
              "PUT",
              share + "/f?comp=range",
              "hello".getBytes(StandardCharsets.UTF_8),
              "x-ms-write",
              "update",
              "x-ms-range",
              "bytes=0-4",
              "Expect",
              "100-continue");
      raw.write(java.util.Arrays.copyOf(all, all.length - 5));
      assertThat(raw.answer()).containsExactly("HTTP/1.1 100 Continue");
      raw.write("hello".getBytes(StandardCharsets.UTF_8));
      assertThat(raw.answer().get(0)).isEqualTo("HTTP/1.1 201 Created");
    }
    try (Raw raw = new Raw()) {
      int length = 5 << 20;
      raw.write(
          request(
              "PUT",
              share + "/f?comp=range",
              new byte[0],
              "x-ms-write",
              "update",
              "x-ms-range",
              "bytes=0-" + (length - 1),
              "Expect",
              "100-continue",
              "Content-Length",
              "" + length));
      List<String> answer = raw.answer();
      assertThat(answer.get(0)).startsWith("HTTP/1.1 413 ");
      assertThat(answer).anyMatch(l -> l.equalsIgnoreCase("x-ms-error-code: RequestBodyTooLarge"));
      assertThat(raw.closed()).isTrue();
    }
  }

  @Test
  void chunkedBodiesNeedALength() throws IOException {
    wire.file(share + "/f", 5);
    try (Raw raw = new Raw()) {
      raw.write(
          request(
              "PUT",
              share + "/f?comp=range",
              "5\r\nhello\r\n0\r\n\r\n".getBytes(StandardCharsets.UTF_8),
              "x-ms-write",
              "update",
              "x-ms-range",
              "bytes=0-4",
              "Transfer-Encoding",
              "chunked"));
      List<String> answer = raw.answer();
      assertThat(answer.get(0)).startsWith("HTTP/1.1 411 ");
      assertThat(answer)
          .anyMatch(l -> l.equalsIgnoreCase("x-ms-error-code: MissingContentLengthHeader"));
    }
  }

  @Test
  void garbageIsRefused() throws IOException {
    try (Raw raw = new Raw()) {
      raw.write("nonsense\r\n\r\n".getBytes(StandardCharsets.UTF_8));
      assertThat(raw.answer().get(0)).startsWith("HTTP/1.1 400 ");
      assertThat(raw.closed()).isTrue();
    }
    try (Raw raw = new Raw()) {
      raw.write(
          "GET /devstoreaccount1/a%ZZ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
              .getBytes(StandardCharsets.UTF_8));
      List<String> answer = raw.answer();
      assertThat(answer.get(0)).startsWith("HTTP/1.1 400 ");
      assertThat(answer).anyMatch(l -> l.equalsIgnoreCase("x-ms-error-code: InvalidUri"));
      assertThat(raw.closed()).isTrue();
    }
  }

  @Test
  void metadataOutsideAsciiComesBackAsUtf8() throws IOException {
    try (Raw raw = new Raw()) {
      raw.write(
          request(
              "PUT",
              share + "/f",
              new byte[0],
              "x-ms-type",
              "file",
              "x-ms-content-length",
              "1",
              "x-ms-meta-Name",
              "gr\u00fc\u00df \u6c49"));
      assertThat(raw.answer().get(0)).isEqualTo("HTTP/1.1 201 Created");
      raw.write(request("HEAD", share + "/f", new byte[0]));
      String expected =
          new String(
              "x-ms-meta-Name: gr\u00fc\u00df \u6c49".getBytes(StandardCharsets.UTF_8),
              StandardCharsets.ISO_8859_1);
      List<String> lines = new ArrayList<>();
      for (String line = raw.line(); !line.isEmpty(); line = raw.line()) {
        lines.add(line);
      }
      assertThat(lines).contains(expected);
    }
  }
}
