package io.batchmount.blob.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.azure.core.credential.AzureNamedKeyCredential;
import io.batchmount.blob.AzuriteContainers;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.testkit.Azurite;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the user is told when a service cannot be reached or refuses: one real cause for each. */
class ConnectionTroubleTest {
  /** Long enough for two attempts on a loaded machine, short enough to wait for. */
  private static final Duration LIMIT = Duration.ofSeconds(2);

  @TempDir Path directory;

  /** What a connection of a test server does. */
  @FunctionalInterface
  private interface Talk {
    void with(Socket socket) throws IOException;
  }

  private static FsException check(String endpoint, String account, String key, String container) {
    try (SdkBlobStore store =
        SdkBlobStore.open(
            SdkBlobStore.Options.of(
                    new BlobLocation(endpoint, account, container),
                    new BlobCredential.Key(new AzureNamedKeyCredential(account, key)),
                    new SimpleMeterRegistry(),
                    "test")
                .withTimeouts(LIMIT, LIMIT))) {
      FsException told = catchThrowableOfType(FsException.class, store::checkAccess);
      assertThat(told.toLogLine()).doesNotContain(key).doesNotContain("SharedKey");
      return told;
    }
  }

  /** An account of its own: throttling is remembered for the account. */
  private static FsException check(String server) {
    String account = "a" + UUID.randomUUID().toString().substring(0, 8);
    return check(server + "/" + account, account, "a2V5", "cont");
  }

  private static FsException served(ServerSocket server, String scheme, Talk talk)
      throws IOException {
    Thread thread =
        new Thread(
            () -> {
              while (!server.isClosed()) {
                try {
                  talk.with(server.accept());
                } catch (IOException e) {
                  continue; // the client or the test has closed
                }
              }
            },
            "trouble-server");
    thread.setDaemon(true);
    thread.start();
    try (server) {
      return check(scheme + "://127.0.0.1:" + server.getLocalPort());
    }
  }

  private static ServerSocket listen() throws IOException {
    return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  }

  @Test
  void refused() throws Exception {
    int port;
    try (ServerSocket server = listen()) {
      port = server.getLocalPort();
    }
    FsException told = check("http://127.0.0.1:" + port);
    assertThat(told.errno()).isEqualTo(Errno.ETIMEDOUT);
    assertThat(told)
        .hasMessageContaining("connection refused")
        .hasMessageContaining("127.0.0.1:" + port);
  }

  @Test
  void unknownHost() {
    FsException told = check("http://no-such-host.invalid");
    assertThat(told.errno()).isEqualTo(Errno.ETIMEDOUT);
    assertThat(told).hasMessageContaining("host name cannot be resolved");
  }

  @Test
  void reset() throws Exception {
    FsException told =
        served(
            listen(),
            "http",
            socket -> {
              socket.getInputStream().read();
              socket.setSoLinger(true, 0);
              socket.close();
            });
    assertThat(told.errno()).isEqualTo(Errno.ETIMEDOUT);
    assertThat(told).hasMessageContaining("connection was broken off");
  }

  @Test
  void silence() throws Exception {
    FsException told =
        served(
            listen(),
            "http",
            socket -> {
              InputStream in = socket.getInputStream();
              while (in.read() >= 0) {
                continue; // never answers
              }
            });
    assertThat(told.errno()).isEqualTo(Errno.ETIMEDOUT);
    assertThat(told).hasMessageContaining("did not answer in time");
  }

  @Test
  void noTls() throws Exception {
    FsException told =
        served(
            listen(),
            "https",
            socket -> {
              socket
                  .getOutputStream()
                  .write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
              socket.close();
            });
    assertThat(told).hasMessageContaining("TLS cannot be agreed on");
  }

  /** Waiting mends no certificate: told at once. */
  @Test
  void untrustedCertificate() throws Exception {
    Path keys = directory.resolve("keys.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "test",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-storetype",
                "PKCS12",
                "-keystore",
                keys.toString(),
                "-storepass",
                "changeit")
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("keytool.txt").toFile())
            .start();
    assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(keys)) {
      store.load(in, "changeit".toCharArray());
    }
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(store, "changeit".toCharArray());
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(managers.getKeyManagers(), null, null);
    FsException told =
        served(
            tls.getServerSocketFactory()
                .createServerSocket(0, 50, InetAddress.getLoopbackAddress()),
            "https",
            socket -> {
              try (socket) {
                socket.getInputStream().read();
              }
            });
    assertThat(told.errno()).isEqualTo(Errno.EIO);
    assertThat(told).hasMessageContaining("certificate is not trusted");
  }

  @Test
  void wrongKey() {
    String container = AzuriteContainers.create().getBlobContainerName();
    FsException told =
        check(
            Azurite.shared().endpoint().toString(),
            Azurite.ACCOUNT,
            "d3Jvbmcga2V5IG9mIHRoZSB0ZXN0",
            container);
    assertThat(told.errno()).isEqualTo(Errno.EACCES);
    assertThat(told).hasMessageContaining("refuses these credentials");
    assertThat(told).hasMessageNotContaining("clock of this machine");
  }

  @Test
  void wrongClock() throws Exception {
    String date =
        DateTimeFormatter.RFC_1123_DATE_TIME.format(
            Instant.now().plus(Duration.ofMinutes(42)).atOffset(ZoneOffset.UTC));
    FsException told =
        served(
            listen(),
            "http",
            socket -> {
              socket.getInputStream().read();
              socket
                  .getOutputStream()
                  .write(
                      ("HTTP/1.1 403 Forbidden\r\nx-ms-error-code: AuthenticationFailed\r\nDate: "
                              + date
                              + "\r\nContent-Length: 0\r\n\r\n")
                          .getBytes(StandardCharsets.US_ASCII));
              socket.getOutputStream().flush();
            });
    assertThat(told.errno()).isEqualTo(Errno.EACCES);
    assertThat(told.getMessage())
        .containsPattern(
            "the clock of this machine is 4[123] minutes behind the service's; set it");
  }

  @Test
  void absentContainer() {
    FsException told =
        check(
            Azurite.shared().endpoint().toString(),
            Azurite.ACCOUNT,
            Azurite.KEY,
            "absent" + UUID.randomUUID().toString().substring(0, 8));
    assertThat(told.errno()).isEqualTo(Errno.ENOENT);
    assertThat(told.serviceCode()).contains("ContainerNotFound");
    assertThat(told).hasMessageContaining("does not exist; create it or check its name");
  }
}
