package io.batchmount.launcher.outputs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The table of 2.9 and the repeats of 2.7, with a server that answers as it is told. */
class AnswerCodesTest {
  private static final int CREATED = 201;

  @TempDir Path task;
  private Path wd;
  private HttpServer server;
  private final AtomicInteger requests = new AtomicInteger();
  private final CountDownLatch silence = new CountDownLatch(1);

  @BeforeEach
  void prepare() throws IOException {
    wd = Files.createDirectories(task.resolve("wd"));
    Files.writeString(wd.resolve("a.txt"), "a");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newCachedThreadPool());
    server.start();
  }

  @AfterEach
  void stop() {
    silence.countDown();
    server.stop(0);
  }

  private interface Answering {
    void answer(HttpExchange exchange, int request) throws IOException;
  }

  private void serve(Answering answering) {
    server.createContext(
        "/",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          answering.answer(exchange, requests.incrementAndGet());
          exchange.close();
        });
  }

  private static void send(HttpExchange exchange, int status) throws IOException {
    exchange.getResponseHeaders().set("x-ms-error-code", "ScriptedCode");
    exchange.getResponseHeaders().set("x-ms-request-id", "scripted-request");
    exchange.getResponseHeaders().set("ETag", "\"1\"");
    exchange.getResponseHeaders().set("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT");
    exchange.sendResponseHeaders(status, -1);
  }

  private PhaseResult upload(UploadOptions options) {
    return upload(options, "a.txt");
  }

  private PhaseResult upload(UploadOptions options, String pattern) {
    String url =
        "http://127.0.0.1:" + server.getAddress().getPort() + "/acct/out?sv=1&sp=w&sig=secret";
    try (OutputFilesPhase phase =
        OutputFilesPhase.open(
            List.of(
                new OutputFile(
                    pattern,
                    OutputDestination.Container.of(url, "t"),
                    UploadCondition.TASK_COMPLETION)),
            new JobContext(task, wd, Map.of(), Set.of()),
            options,
            DestinationAccess.sasOnly(),
            UploadListener.NONE)) {
      return phase.commandEnded(0);
    }
  }

  /** Three tries of what can get better, one of what cannot. */
  @ParameterizedTest(name = "{0} -> {1}, {2}, {3}, {4} tries")
  @CsvSource({
    "400, servererror, FileUploadMiscError, InternalError, false, 1",
    "401, usererror, FileUploadAccessDenied, AuthenticationFailed, true, 1",
    "403, usererror, FileUploadAccessDenied, AuthenticationFailed, true, 1",
    "404, usererror, FileUploadContainerNotFound, ContainerNotFound, true, 1",
    "408, servererror, FileUploadMiscError, UnknownError, false, 3",
    "409, usererror, FileUploadConflict, Conflict, true, 1",
    "412, servererror, FileUploadMiscError, PreconditionFailed, false, 1",
    "413, servererror, FileUploadMiscError, UnknownError, false, 1",
    "429, servererror, FileUploadMiscError, UnknownError, false, 3",
    "500, servererror, FileUploadMiscError, InternalError, false, 3",
    "501, servererror, FileUploadMiscError, UnknownError, false, 1",
    "502, servererror, FileUploadMiscError, UnknownError, false, 3",
    "503, servererror, FileUploadMiscError, InternalError, false, 3",
    "504, servererror, FileUploadMiscError, UnknownError, false, 3",
  })
  void everyAnswerHasItsCode(
      int status, String category, String code, String inner, boolean userError, int tries)
      throws IOException {
    serve((exchange, request) -> send(exchange, status));

    PhaseResult result = upload(OutputFilesUploadTest.QUICK);

    FailureInformation failure = result.failure().orElseThrow();
    assertThat(failure.category().wireName()).isEqualTo(category);
    assertThat(failure.code()).isEqualTo(code);
    assertThat(failure.toString()).contains(Integer.toString(status)).doesNotContain("secret");
    assertThat(requests).hasValue(tries);
    JsonNode error =
        new ObjectMapper().readTree(Files.readString(task.resolve("fileuploaderr.txt")));
    assertThat(error.path("code").asText()).isEqualTo(inner);
    assertThat(error.path("user_error").asBoolean()).isEqualTo(userError);
    assertThat(Files.readString(task.resolve("fileuploadout.txt")))
        .contains("scripted-request")
        .doesNotContain("secret");
  }

  @ParameterizedTest
  @CsvSource({"408", "429", "500", "502", "503", "504"})
  void whatGetsBetterIsNoError(int status) {
    serve((exchange, request) -> send(exchange, request < 3 ? status : CREATED));

    PhaseResult result = upload(OutputFilesUploadTest.QUICK);

    assertThat(result.failure()).isEmpty();
    assertThat(requests).hasValue(3);
  }

  /** Put Blob for each file, and nothing else: with the permission to write alone. */
  @Test
  void oneRequestForASmallFile() throws IOException {
    for (int i = 0; i < 40; i++) {
      Files.write(wd.resolve("f" + i), new byte[i * 100]);
    }
    List<String> lines = Collections.synchronizedList(new ArrayList<>());
    Set<InetSocketAddress> connections = ConcurrentHashMap.newKeySet();
    serve(
        (exchange, request) -> {
          connections.add(exchange.getRemoteAddress());
          lines.add(
              exchange.getRequestMethod()
                  + " "
                  + exchange.getRequestURI().getPath()
                  + " "
                  + exchange.getRequestHeaders().getFirst("x-ms-blob-type")
                  + (exchange.getRequestURI().getQuery().contains("comp=") ? " comp" : ""));
          send(exchange, CREATED);
        });

    PhaseResult result =
        upload(
            OutputFilesUploadTest.QUICK
                .withParallelism(4, 1)
                .withJournal(task.resolve("journal"), false),
            "f*");

    assertThat(result.uploaded()).hasSize(40);
    assertThat(lines)
        .hasSize(40)
        .doesNotHaveDuplicates()
        .allMatch(line -> line.matches("PUT /acct/out/t/f\\d+ BlockBlob"));
    assertThat(connections).hasSizeLessThanOrEqualTo(4 + 1); // what may be open at once
  }

  @Test
  void waitsBetweenTriesGrowUpToABound() {
    List<Long> times = Collections.synchronizedList(new ArrayList<>());
    serve(
        (exchange, request) -> {
          times.add(System.nanoTime());
          send(exchange, 503);
        });

    upload(
        OutputFilesUploadTest.QUICK.withRetry(
            new UploadOptions.Retry(
                4, Duration.ofMillis(40), Duration.ofMillis(100), Duration.ofSeconds(60))));

    List<Long> atLeast = List.of(32L, 64L, 80L); // a fifth less than 40, 80, 100
    for (int i = 0; i < atLeast.size(); i++) {
      assertThat(TimeUnit.NANOSECONDS.toMillis(times.get(i + 1) - times.get(i)))
          .isGreaterThanOrEqualTo(atLeast.get(i));
    }
  }

  /** A destination that stays away must not cost every file all the waits. */
  @Test
  void filesBehindOneThatFoundNobodyAreTriedOnce() throws IOException {
    for (String name : List.of("b.txt", "c.txt", "d.txt")) {
      Files.writeString(wd.resolve(name), name);
    }
    serve((exchange, request) -> send(exchange, request < 6 ? 503 : CREATED));

    PhaseResult result = upload(OutputFilesUploadTest.QUICK.withParallelism(1, 1), "*.txt");

    assertThat(result.errors()).hasSize(3);
    assertThat(result.uploaded()).extracting(UploadedFile::name).containsExactly("t/d.txt");
    assertThat(requests).hasValue(3 + 1 + 1 + 1);
  }

  /** Memory stays bounded: no more blocks are on their way than its bound holds. */
  @Test
  void blocksOnTheirWayFitTheMemory() throws IOException {
    int block = 64 << 10;
    Files.write(wd.resolve("a.txt"), new byte[12 * block]);
    AtomicInteger now = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    CountDownLatch full = new CountDownLatch(3);
    serve(
        (exchange, request) -> {
          most.accumulateAndGet(now.incrementAndGet(), Math::max);
          full.countDown();
          try {
            full.await(); // all that can be on their way are
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          now.decrementAndGet();
          send(exchange, CREATED);
        });

    PhaseResult result = upload(OutputFilesUploadTest.QUICK.withMemory(block, 3 * block));

    assertThat(result.errors()).isEmpty();
    assertThat(requests).hasValue(12 + 1);
    assertThat(most).hasValue(3);
  }

  @Test
  void aServerThatNeverAnswersIsATimeOut() {
    serve(
        (exchange, request) -> {
          try {
            silence.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    UploadOptions impatient =
        OutputFilesUploadTest.QUICK.withRetry(
            new UploadOptions.Retry(
                2, Duration.ofMillis(10), Duration.ofMillis(10), Duration.ofSeconds(1)));

    PhaseResult result = upload(impatient);

    assertThat(result.failure().orElseThrow().toString())
        .startsWith("servererror FileUploadTimedOut");
  }
}
