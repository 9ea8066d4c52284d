package io.batchmount.blob.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.azure.core.credential.AzureNamedKeyCredential;
import com.azure.core.credential.AzureSasCredential;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.batchmount.blob.AzuriteContainers;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The requests to an account with a hierarchical namespace, and what becomes of its answers, over a
 * scripted server: no emulator has such accounts.
 */
class SdkHierarchyTest {
  /** An answer; names and values of headers alternate. Status 0: the connection is cut. */
  private record Answer(int status, String... headers) {}

  private record Seen(String method, String uri, Map<String, List<String>> headers) {
    Optional<String> header(String name) {
      return headers.entrySet().stream()
          .filter(e -> e.getKey().equalsIgnoreCase(name))
          .map(e -> e.getValue().get(0))
          .findFirst();
    }
  }

  private static final Answer CUT = new Answer(0);
  private static final Answer HIERARCHICAL = new Answer(200, "x-ms-is-hns-enabled", "true");
  private static final Answer MADE =
      new Answer(201, "ETag", "\"2\"", "Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT");
  private static final Answer DIRECTORY =
      new Answer(
          200,
          "ETag",
          "\"2\"",
          "Last-Modified",
          "Thu, 01 Jan 2026 00:00:00 GMT",
          "x-ms-blob-type",
          "BlockBlob",
          "x-ms-meta-hdi_isfolder",
          "true",
          "x-ms-meta-mode",
          "40755");
  private static final Map<String, String> METADATA =
      Map.of("mode", "40755", "hdi_isfolder", "true");

  private final Deque<Answer> script = new ArrayDeque<>(); // guarded by itself
  private final List<Seen> seen = new ArrayList<>(); // guarded by script
  private final ExecutorService threads = Executors.newCachedThreadPool();
  // an account of its own: throttling is remembered for the account
  private final String account = "a" + UUID.randomUUID().toString().substring(0, 8);
  private HttpServer server;
  private SdkBlobStore store;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.setExecutor(threads);
    server.start();
    store = store(new BlobCredential.Key(new AzureNamedKeyCredential(account, "a2V5")));
  }

  @AfterEach
  void stop() {
    server.stop(0);
    threads.shutdownNow();
  }

  private SdkBlobStore store(BlobCredential credential) {
    return SdkBlobStore.open(
        SdkBlobStore.Options.of(
                new BlobLocation(
                    "http://127.0.0.1:" + server.getAddress().getPort() + "/" + account,
                    account,
                    "cont"),
                credential,
                new SimpleMeterRegistry(),
                "test")
            .withTimeouts(Duration.ofSeconds(60), Duration.ofSeconds(5)));
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      Answer answer;
      synchronized (script) {
        seen.add(
            new Seen(
                exchange.getRequestMethod(),
                exchange.getRequestURI().toString(),
                Map.copyOf(exchange.getRequestHeaders())));
        answer =
            script.isEmpty()
                ? new Answer(418, "x-ms-error-code", "NothingLeftInTheScript")
                : script.removeFirst();
      }
      if (answer.status() == 0) {
        return; // closed without an answer
      }
      for (int i = 0; i < answer.headers().length; i += 2) {
        exchange.getResponseHeaders().set(answer.headers()[i], answer.headers()[i + 1]);
      }
      exchange.sendResponseHeaders(answer.status(), -1);
    }
  }

  private void answers(Answer... answers) {
    synchronized (script) {
      script.addAll(List.of(answers));
    }
  }

  private static Answer refused(int status, String code) {
    return new Answer(status, "x-ms-error-code", code, "x-ms-request-id", "r-1");
  }

  private Seen request(int number) {
    synchronized (script) {
      return seen.get(number);
    }
  }

  private int requests() {
    synchronized (script) {
      return seen.size();
    }
  }

  private static void assertErrno(Errno errno, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            FsException.class, e -> assertThat(e.errno()).as(e.toLogLine()).isEqualTo(errno));
  }

  private HierarchicalOperations hierarchy() throws FsException {
    return store.hierarchy().orElseThrow();
  }

  @Test
  void theAccountIsAskedOnce() throws Exception {
    answers(HIERARCHICAL);
    assertThat(store.hierarchy()).isPresent();
    assertThat(store.hierarchy()).isPresent();
    assertThat(requests()).isEqualTo(1);
    assertThat(request(0).method()).isEqualTo("GET");
    assertThat(request(0).uri()).isEqualTo("/" + account + "/cont?restype=account&comp=properties");
    assertThat(request(0).header("Authorization").orElseThrow()).startsWith("SharedKey");
  }

  @Test
  void accountsThatSayNoOrNothingAreFlat() throws Exception {
    answers(new Answer(200, "x-ms-is-hns-enabled", "false"));
    assertThat(store.hierarchy()).isEmpty();
    store = store(new BlobCredential.Anonymous());
    answers(new Answer(200));
    assertThat(store.hierarchy()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"403,AuthorizationPermissionMismatch", "400,UnsupportedQueryParameter"})
  void whoMayNotAskTakesTheAccountAsFlat(int status, String code) throws Exception {
    answers(refused(status, code));
    assertThat(store.hierarchy()).isEmpty();
    assertThat(store.hierarchy()).isEmpty();
    assertThat(requests()).isEqualTo(1);
  }

  @Test
  void anErrorOfTheMomentIsNoAnswer() throws Exception {
    answers(CUT, refused(500, "InternalError"), HIERARCHICAL);
    assertThat(store.hierarchy()).isPresent();
    assertThat(requests()).isEqualTo(3);
  }

  /** Azurite has no such accounts. */
  @Test
  void theEmulatorIsFlat() throws Exception {
    String container = AzuriteContainers.create().getBlobContainerName();
    assertThat(AzuriteContainers.open(container).hierarchy()).isEmpty();
  }

  @Test
  void endpointsOfDataLake() {
    assertThat(SdkHierarchy.dataLakeEndpoint("https://acct.blob.core.windows.net"))
        .contains("https://acct.dfs.core.windows.net");
    assertThat(SdkHierarchy.dataLakeEndpoint("https://acct.z1.blob.storage.azure.net"))
        .contains("https://acct.z1.dfs.storage.azure.net");
    assertThat(SdkHierarchy.dataLakeEndpoint("http://127.0.0.1:10000/acct"))
        .contains("http://127.0.0.1:10000/acct");
    assertThat(SdkHierarchy.dataLakeEndpoint("https://data.example.org")).isEmpty();
  }

  @Test
  void theRequestsGoToTheDataLakeHost() throws Exception {
    RecordedHttp http = new RecordedHttp();
    SdkBlobStore real =
        SdkBlobStore.open(
            SdkBlobStore.Options.of(
                new BlobLocation("https://" + account + ".blob.core.windows.net", account, "cont"),
                new BlobCredential.Key(new AzureNamedKeyCredential(account, "a2V5")),
                new SimpleMeterRegistry(),
                "test"),
            http);
    http.answers(
        new RecordedHttp.Answer(200, "x-ms-is-hns-enabled", "true"), new RecordedHttp.Answer(200));
    real.hierarchy().orElseThrow().deleteDirectory("d/e");
    assertThat(http.requests().get(0).getUrl().getHost())
        .isEqualTo(account + ".blob.core.windows.net");
    assertThat(http.requests().get(1).getUrl().getHost())
        .isEqualTo(account + ".dfs.core.windows.net");
    assertThat(http.requests().get(1).getUrl().getQuery()).contains("recursive=false");
  }

  @Test
  void aDirectoryIsMadeWithItsMetadataUnlessItIsThere() throws Exception {
    answers(HIERARCHICAL, MADE);
    BlobProperties made = hierarchy().createDirectory("d/\u00fc", METADATA);
    assertThat(made.metadata()).isEqualTo(METADATA);
    assertThat(made.etag()).isEqualTo("\"2\"");
    Seen put = request(1);
    assertThat(put.method()).isEqualTo("PUT");
    assertThat(put.uri()).contains("resource=directory").contains("/cont/d%2F%C3%BC");
    assertThat(put.header("If-None-Match")).contains("*");
    assertThat(put.header("x-ms-properties")).contains("mode=NDA3NTU="); // base64 of 40755
    answers(refused(409, "PathAlreadyExists"));
    assertErrno(Errno.EEXIST, () -> hierarchy().createDirectory("d", METADATA));
  }

  @Test
  void aLostAnswerOfMakingADirectoryIsFoundOut() throws Exception {
    answers(HIERARCHICAL, CUT, refused(409, "PathAlreadyExists"), DIRECTORY);
    assertThat(hierarchy().createDirectory("d", METADATA).metadata())
        .containsAllEntriesOf(METADATA);
  }

  @Test
  void aDirectoryIsDeletedOnlyWhenEmpty() throws Exception {
    answers(HIERARCHICAL, refused(409, "DirectoryNotEmpty"), new Answer(200));
    assertErrno(Errno.ENOTEMPTY, () -> hierarchy().deleteDirectory("d"));
    hierarchy().deleteDirectory("d");
    assertThat(request(2).method()).isEqualTo("DELETE");
    assertThat(request(2).uri()).contains("recursive=false");
    answers(refused(404, "PathNotFound"));
    assertErrno(Errno.ENOENT, () -> hierarchy().deleteDirectory("d"));
  }

  @Test
  void aLostAnswerOfADeletionIsFoundOut() throws Exception {
    answers(HIERARCHICAL, CUT, refused(404, "PathNotFound"), refused(404, "BlobNotFound"));
    hierarchy().deleteDirectory("d");
    assertThat(requests()).isEqualTo(4);
  }

  @Test
  void aRenameNamesSourceVersionAndConditionOfTheTarget() throws Exception {
    answers(HIERARCHICAL, MADE, DIRECTORY);
    BlobProperties moved =
        hierarchy().rename("a/\u00fc", Optional.of("\"7\""), "b/c", WriteCondition.ABSENT);
    assertThat(moved.name()).isEqualTo("b/c");
    Seen put = request(1);
    assertThat(put.method()).isEqualTo("PUT");
    assertThat(put.uri()).startsWith("/" + account + "/cont/b%2Fc");
    assertThat(put.header("x-ms-rename-source")).contains("/cont/a%2F%C3%BC");
    assertThat(put.header("x-ms-source-if-match")).contains("\"7\"");
    assertThat(put.header("If-None-Match")).contains("*");
  }

  @Test
  void aSasGoesWithTheSourceOfARename() throws Exception {
    store = store(new BlobCredential.Sas(new AzureSasCredential("sv=1&sp=rwdl&sig=c2ln")));
    answers(HIERARCHICAL, MADE, DIRECTORY);
    hierarchy().rename("a", Optional.empty(), "b", WriteCondition.ANY);
    assertThat(request(1).header("x-ms-rename-source")).contains("/cont/a?sv=1&sp=rwdl&sig=c2ln");
    assertThat(request(1).header("If-None-Match")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "404,SourcePathNotFound,ENOENT",
    "404,RenameDestinationParentPathNotFound,ENOENT",
    "409,PathAlreadyExists,EEXIST",
    "412,ConditionNotMet,EEXIST",
    "412,SourceConditionNotMet,ESTALE",
    "409,SourcePathIsBeingDeleted,EBUSY",
    "412,LeaseIdMissing,EBUSY",
    "403,AuthorizationPermissionMismatch,EACCES"
  })
  void refusalsOfARename(int status, String code, Errno errno) {
    answers(HIERARCHICAL, refused(status, code));
    assertErrno(
        errno, () -> hierarchy().rename("a", Optional.of("\"1\""), "b", WriteCondition.ABSENT));
    assertThat(requests()).isEqualTo(2);
  }

  /** The first rename was carried out and its answer lost: the second finds no source. */
  @Test
  void aLostAnswerOfARenameIsFoundOut() throws Exception {
    answers(
        HIERARCHICAL,
        CUT,
        refused(404, "SourcePathNotFound"),
        refused(404, "BlobNotFound"), // the source
        DIRECTORY, // the target
        DIRECTORY);
    assertThat(hierarchy().rename("a", Optional.empty(), "b", WriteCondition.ABSENT).name())
        .isEqualTo("b");
  }

  /** A source that never was is no lost answer. */
  @Test
  void aRepeatedRenameOfNothingFails() {
    answers(
        HIERARCHICAL,
        CUT,
        refused(404, "SourcePathNotFound"),
        refused(404, "BlobNotFound"),
        refused(404, "BlobNotFound"));
    assertErrno(
        Errno.ENOENT, () -> hierarchy().rename("a", Optional.empty(), "b", WriteCondition.ABSENT));
  }

  @Test
  void throttlingAndServerErrorsAreRiddenOut() throws Exception {
    answers(
        HIERARCHICAL,
        refused(500, "InternalError"),
        new Answer(503, "x-ms-error-code", "ServerBusy", "Retry-After", "0"),
        MADE,
        DIRECTORY);
    hierarchy().rename("a", Optional.empty(), "b", WriteCondition.ANY);
    assertThat(requests()).isEqualTo(5);
  }

  /** A part of a rename is never taken for the whole. */
  @Test
  void aRenameInSeveralStepsIsAnError() {
    answers(
        HIERARCHICAL,
        new Answer(
            201,
            "ETag",
            "\"2\"",
            "Last-Modified",
            "Thu, 01 Jan 2026 00:00:00 GMT",
            "x-ms-continuation",
            "more"));
    assertErrno(
        Errno.EIO, () -> hierarchy().rename("a", Optional.empty(), "b", WriteCondition.ANY));
  }
}
