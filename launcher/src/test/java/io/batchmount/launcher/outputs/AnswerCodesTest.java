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
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
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
    String url =
        "http://127.0.0.1:" + server.getAddress().getPort() + "/acct/out?sv=1&sp=w&sig=secret";
    try (OutputFilesPhase phase =
        OutputFilesPhase.open(
            List.of(
                new OutputFile(
                    "a.txt",
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
