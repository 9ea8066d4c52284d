package io.batchmount.it.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.azure.core.util.BinaryData;
import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobServiceClientBuilder;
import com.azure.storage.blob.BlobServiceVersion;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.batchmount.core.testkit.Azurite;
import io.batchmount.it.support.Batchmount;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The service goes away while files of a mount are read, and comes back or does not. A process of
 * Azurite is killed and started again on its port.
 */
class BlobOutageTest extends LauncherFixture {
  private static final int SIZE = 48 << 20;
  private static final Duration LONG_OUTAGE = Duration.ofSeconds(30);

  private final byte[] content = new byte[SIZE];
  private Path data;
  private Path mountPoint;
  private Azurite server;
  private int port;
  private Batchmount command;

  @BeforeEach
  void startServer() throws Exception {
    new Random(7).nextBytes(content);
    data = Files.createDirectory(work.resolve("azurite"));
    mountPoint = Files.createDirectory(work.resolve("m"));
    server = Azurite.start(0, data);
    URI endpoint = server.endpoint();
    port = endpoint.getPort();
    BlobContainerClient blobs =
        new BlobServiceClientBuilder()
            .connectionString(server.connectionString())
            .serviceVersion(BlobServiceVersion.V2025_05_05)
            .buildClient()
            .getBlobContainerClient("outage");
    blobs.create();
    blobs.getBlobClient("kept.bin").upload(BinaryData.fromBytes(content));
    // a killed Azurite forgets what it has not written to its data base yet
    Awaitility.await().atMost(Batchmount.LIMIT).until(() -> isInDataBase("kept.bin"));
    command = batchmount.with(Map.of("AZURE_STORAGE_BLOB_ENDPOINT", endpoint.toString()));
  }

  @AfterEach
  void stopServer() {
    server.close();
  }

  private boolean isInDataBase(String blob) throws IOException {
    Path file = data.resolve("__azurite_db_blob__.json");
    return Files.exists(file) && Files.readString(file, StandardCharsets.UTF_8).contains(blob);
  }

  private long retries() throws IOException {
    JsonNode status =
        new ObjectMapper().readTree(command.run("status", "--json").expect(0).stdout());
    return status.path("mounts").get(0).path("requests").path("retries").asLong();
  }

  private String log() throws IOException {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> logs = Files.list(work.resolve("state/logs"))) {
      for (Path log : logs.toList()) {
        all.append(Files.readString(log, StandardCharsets.UTF_8));
      }
    }
    return all.toString();
  }

  private void mount(String timeout) {
    command
        .run(
            "mount",
            "blob",
            "outage",
            mountPoint.toString(),
            "--read-only",
            "--cache-size",
            "0",
            "--timeout",
            timeout)
        .expect(0);
  }

  /** A reader that was in the middle of a file goes on when the service is back. */
  private void ridesOut(Duration outage) throws Exception {
    mount("120s");
    try (InputStream in = Files.newInputStream(mountPoint.resolve("kept.bin"))) {
      byte[] got = new byte[SIZE];
      assertThat(in.readNBytes(got, 0, 1 << 20)).isEqualTo(1 << 20);
      server.close();
      long begun = System.nanoTime();
      CompletableFuture<Integer> rest =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return in.readNBytes(got, 1 << 20, SIZE - (1 << 20));
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });
      Awaitility.await()
          .atMost(Batchmount.LIMIT)
          .pollDelay(Duration.ZERO)
          .until(() -> retries() >= 2 && System.nanoTime() - begun >= outage.toNanos());
      assertThat(rest).isNotDone();
      server = Azurite.start(port, data);
      assertThat(rest.get(Batchmount.LIMIT.toSeconds(), TimeUnit.SECONDS))
          .isEqualTo(SIZE - (1 << 20));
      assertThat(got).isEqualTo(content);
    }
    command.run("unmount", mountPoint.toString()).expect(0);
  }

  @Test
  @Timeout(400)
  void outageIsRiddenOut() throws Exception {
    ridesOut(Duration.ZERO);
  }

  @Test
  @Tag("long")
  @Timeout(400)
  void outageOfHalfAMinuteIsRiddenOut() throws Exception {
    ridesOut(LONG_OUTAGE);
  }

  @Test
  @Timeout(400)
  void longerOutageIsAnErrorWithItsCauseInTheLog() throws Exception {
    mount("5s");
    try (RandomAccessFile file =
        new RandomAccessFile(mountPoint.resolve("kept.bin").toFile(), "r")) {
      assertThat(file.read()).isEqualTo(content[0] & 0xff);
      server.close();
      file.seek(SIZE - 4096);
      assertThatThrownBy(file::read)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("Connection timed out");
      assertThat(log())
          .contains("kept.bin: no success before the deadline")
          .contains("connection refused");
      server = Azurite.start(port, data);
      // the mount is as good as before
      file.seek(SIZE - 4096);
      assertThat(file.read()).isEqualTo(content[SIZE - 4096] & 0xff);
    }
    command.run("unmount", mountPoint.toString()).expect(0);
  }
}
