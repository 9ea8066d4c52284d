package io.batchmount.launcher.conventions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobContainerClientBuilder;
import com.azure.storage.blob.BlobServiceVersion;
import com.azure.storage.blob.sas.BlobContainerSasPermission;
import com.azure.storage.blob.sas.BlobServiceSasSignatureValues;
import com.azure.storage.common.policy.RequestRetryOptions;
import com.azure.storage.common.policy.RetryPolicyType;
import com.sun.net.httpserver.HttpServer;
import io.batchmount.core.testkit.Azurite;
import io.batchmount.launcher.outputs.FaultyProxy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tracked saves (4.4, D14). */
class TrackedSaveTest {
  private static final Duration NEVER = Duration.ofDays(1);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path wd;
  private Path log;
  private BlobContainerClient container;
  private FaultyProxy network;
  private TaskOutputStorage task;

  @BeforeEach
  void prepare() throws IOException {
    log = wd.resolve("out.log");
    container =
        new BlobContainerClientBuilder()
            .connectionString(Azurite.shared().connectionString())
            .containerName("tracked-" + UUID.randomUUID())
            .serviceVersion(BlobServiceVersion.V2025_11_05)
            .buildClient();
    container.create();
    network = new FaultyProxy(Azurite.shared().endpoint());
    task = through("racwl");
  }

  @AfterEach
  void close() throws IOException {
    network.close();
  }

  private TaskOutputStorage through(String permissions) {
    String sas =
        container.generateSas(
            new BlobServiceSasSignatureValues(
                OffsetDateTime.now().plusHours(1), BlobContainerSasPermission.parse(permissions)));
    BlobContainerClient client =
        new BlobContainerClientBuilder()
            .endpoint(network.through(container.getBlobContainerUrl()) + "?" + sas)
            .serviceVersion(BlobServiceVersion.V2025_11_05)
            .retryOptions(
                new RequestRetryOptions(
                    RetryPolicyType.FIXED,
                    3,
                    Duration.ofSeconds(30),
                    Duration.ofMillis(50),
                    Duration.ofMillis(50),
                    null))
            .buildClient();
    return TaskOutputStorage.of(client, "t").withBaseDirectory(wd);
  }

  private void write(String text) throws IOException {
    Files.writeString(log, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private String stored() {
    return container.getBlobClient("t/$TaskLog/out.log").downloadContent().toString();
  }

  private TrackedSave track(TrackOptions options) {
    return task.track(TaskOutputKind.TASK_LOG, Path.of("out.log"), "out.log", options);
  }

  private static TrackOptions starting(TrackOptions.Start start) {
    return TrackOptions.defaults().every(NEVER).startingWith(start);
  }

  @Test
  void textArrivesWhileItIsWritten() throws IOException {
    try (TrackedSave tracked =
        task.track(TaskOutputKind.TASK_LOG, Path.of("out.log"), "out.log", Duration.ofMillis(50))) {
      assertThat(stored()).isEmpty();
      write("one\n");
      await().atMost(PATIENCE).until(() -> stored().equals("one\n"));
      write("two\n");
      await().atMost(PATIENCE).until(() -> stored().equals("one\ntwo\n"));
      assertThat(tracked.sentBytes()).isEqualTo(8);
      write("last");
    }

    assertThat(stored()).isEqualTo("one\ntwo\nlast");
  }

  @Test
  void shortFormNamesAndKinds() throws IOException {
    write("x");
    try (TrackedSave tracked = task.track(Path.of("out.log"))) {
      assertThat(tracked.output().blobName()).isEqualTo("t/$TaskLog/out.log");
    }
    assertThat(stored()).isEqualTo("x");
  }

  @Test
  void missingOrShorterFilesAreNoErrors() throws IOException {
    List<OutputStorageException> errors = Collections.synchronizedList(new ArrayList<>());
    try (TrackedSave tracked = track(TrackOptions.defaults().every(NEVER).onError(errors::add))) {
      tracked.flush();
      write("0123456789");
      tracked.flush();
      Files.writeString(log, "01234");
      tracked.flush();
      Files.delete(log);
      tracked.flush();
      assertThat(tracked.sentBytes()).isEqualTo(10);
    }
    assertThat(stored()).isEqualTo("0123456789");
    assertThat(errors).isEmpty();
  }

  @Test
  void largePartsAreSplit() throws IOException {
    byte[] large = new byte[(9 << 20) + 17];
    for (int i = 0; i < large.length; i++) {
      large[i] = (byte) (i * 31 >> 7);
    }
    Files.write(log, large);
    track(starting(TrackOptions.Start.REPLACE)).close();

    assertThat(container.getBlobClient("t/$TaskLog/out.log").downloadContent().toBytes())
        .isEqualTo(large);
  }

  /** D14. */
  @Test
  void whatBecomesOfABlobThatIsThere() throws IOException {
    write("attempt one\n");
    track(starting(TrackOptions.Start.REPLACE)).close();
    write("goes on\n");
    track(starting(TrackOptions.Start.CONTINUE)).close();
    assertThat(stored()).isEqualTo("attempt one\ngoes on\n");

    Files.writeString(log, "attempt two\n");
    track(starting(TrackOptions.Start.CONTINUE)).close();
    assertThat(stored()).isEqualTo("attempt one\ngoes on\nattempt two\n");

    Files.writeString(log, "attempt three\n");
    track(starting(TrackOptions.Start.APPEND)).close();
    assertThat(stored()).isEqualTo("attempt one\ngoes on\nattempt two\nattempt three\n");

    track(starting(TrackOptions.Start.REPLACE)).close();
    assertThat(stored()).isEqualTo("attempt three\n");
  }

  /** After a crash the next tracking goes on where storage stands. */
  @Test
  void crashedTrackingIsContinued() throws IOException {
    write("sent\n");
    TrackedSave crashed = track(starting(TrackOptions.Start.REPLACE));
    crashed.flush();
    write("not sent before the crash\n");

    track(starting(TrackOptions.Start.CONTINUE)).close();

    assertThat(stored()).isEqualTo("sent\nnot sent before the crash\n");
  }

  /** An append whose answer was lost is not stored twice, readable or not. */
  @ParameterizedTest
  @ValueSource(strings = {"racwl", "acw", "w"})
  void lostAnswers(String permissions) throws IOException {
    task = through(permissions);
    TrackedSave tracked = track(starting(TrackOptions.Start.REPLACE));
    write("one\n");
    tracked.flush();
    write("two\n");
    network.swallowNextAnswer();
    tracked.flush();
    write("three\n");
    tracked.close();

    assertThat(stored()).isEqualTo("one\ntwo\nthree\n");
  }

  /** A defect of the .NET library: what came in during a flush was sent twice. */
  @Test
  void whatIsWrittenDuringFlushesIsSentOnce() throws Exception {
    StringBuilder expected = new StringBuilder();
    Thread writer;
    try (TrackedSave tracked = track(TrackOptions.defaults().every(Duration.ofMillis(1)))) {
      writer =
          new Thread(
              () -> {
                for (int i = 0; i < 3000; i++) {
                  try {
                    write("line " + i + "\n");
                  } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                  }
                }
              });
      writer.start();
      for (int i = 0; i < 3000; i++) {
        expected.append("line ").append(i).append('\n');
      }
      writer.join();
      assertThat(tracked.sentBytes()).isLessThanOrEqualTo(expected.length());
    }

    assertThat(stored()).isEqualTo(expected.toString());
  }

  /** While a flush runs the turns of the timer are left out: what came in goes with the next. */
  @Test
  void turnsAreLeftOutWhileAFlushRuns() throws Exception {
    AtomicInteger appends = new AtomicInteger();
    AtomicInteger atOnce = new AtomicInteger();
    AtomicInteger mostAtOnce = new AtomicInteger();
    CountDownLatch release = new CountDownLatch(1);
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newCachedThreadPool());
    List<Integer> sizes = Collections.synchronizedList(new ArrayList<>());
    server.createContext(
        "/",
        exchange -> {
          int bytes = exchange.getRequestBody().readAllBytes().length;
          if (exchange.getRequestURI().getQuery().contains("comp=appendblock")) {
            mostAtOnce.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
            sizes.add(bytes);
            if (appends.incrementAndGet() == 1) {
              try {
                release.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            }
            atOnce.decrementAndGet();
          }
          exchange.getResponseHeaders().set("x-ms-request-server-encrypted", "true");
          exchange.getResponseHeaders().set("ETag", "\"1\"");
          exchange.getResponseHeaders().set("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT");
          exchange.sendResponseHeaders(201, -1);
          exchange.close();
        });
    server.start();
    try {
      TaskOutputStorage scripted =
          TaskOutputStorage.of(
                  URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/acct/c?sig=x"),
                  "t")
              .withBaseDirectory(wd);
      write("first");
      try (TrackedSave tracked =
          scripted.track(
              TaskOutputKind.TASK_LOG,
              Path.of("out.log"),
              "out.log",
              TrackOptions.defaults().every(Duration.ofMillis(10)))) {
        await().atMost(PATIENCE).until(() -> appends.get() == 1);
        write(" and more");
        // ten turns of the timer; a turn that is not left out would append by now
        await().during(Duration.ofMillis(100)).atMost(PATIENCE).until(() -> appends.get() == 1);
        release.countDown();
        await().atMost(PATIENCE).until(() -> tracked.sentBytes() == 14);
      }
      assertThat(sizes).containsExactly(5, 9);
      assertThat(mostAtOnce).hasValue(1);
    } finally {
      release.countDown();
      server.stop(0);
    }
  }

  @Test
  void errorsInTheBackgroundAreTold() throws IOException {
    List<OutputStorageException> errors = Collections.synchronizedList(new ArrayList<>());
    TrackedSave tracked =
        track(TrackOptions.defaults().every(Duration.ofMillis(50)).onError(errors::add));
    network.cutAfter(1, true);
    write("during the outage\n");
    await().atMost(PATIENCE).until(() -> !errors.isEmpty());
    assertThat(errors.get(0)).hasMessageContaining("out.log").hasMessageNotContaining("sig=");
    network.heal();
    await().atMost(PATIENCE).until(() -> stored().equals("during the outage\n"));
    tracked.close();
  }

  @Test
  void anErrorAtTheLastFlushIsThrown() throws IOException {
    TrackedSave tracked = track(starting(TrackOptions.Start.REPLACE));
    write("x");
    container.delete();

    assertThatThrownBy(tracked::close).isInstanceOf(OutputStorageException.class);
    tracked.close(); // once only
  }

  @Test
  void aSecondWriterIsAnError() throws IOException {
    TrackedSave tracked = track(starting(TrackOptions.Start.REPLACE));
    write("mine");
    tracked.flush();
    container
        .getBlobClient("t/$TaskLog/out.log")
        .getAppendBlobClient()
        .appendBlock(new java.io.ByteArrayInputStream(new byte[3]), 3);
    write("more than three");

    assertThatThrownBy(tracked::close).isInstanceOf(OutputStorageException.class);
  }

  @Test
  void startFailsWithoutContainerAndOnWrongIntervals() {
    container.delete();
    assertThatThrownBy(() -> track(TrackOptions.defaults()))
        .isInstanceOf(OutputStorageException.class);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TrackOptions.defaults().every(Duration.ZERO));
  }
}
