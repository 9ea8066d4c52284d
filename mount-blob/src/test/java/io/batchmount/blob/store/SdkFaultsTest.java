package io.batchmount.blob.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.azure.core.credential.AzureNamedKeyCredential;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.OperationContext;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What happens between us and the service: cut bodies, throttling, lost answers, by script. */
class SdkFaultsTest {
  private static final String OK_WRITE =
      "HTTP/1.1 201 Created\r\nETag: \"2\"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
          + "Content-Length: 0\r\n\r\n";

  private static final Duration CONNECT = Duration.ofSeconds(5);

  private ServerSocket server;
  private final Deque<String> script = new ArrayDeque<>(); // guarded by itself
  private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
  private SdkBlobStore.Options options;
  private SdkBlobStore store;
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

  @BeforeEach
  void start() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread thread = new Thread(this::serve, "scripted-server");
    thread.setDaemon(true);
    thread.start();
    // an account of its own: throttling is remembered for the account
    String account = "a" + UUID.randomUUID().toString().substring(0, 8);
    options =
        SdkBlobStore.Options.of(
                new BlobLocation(
                    "http://127.0.0.1:" + server.getLocalPort() + "/" + account, account, "cont"),
                new BlobCredential.Key(new AzureNamedKeyCredential(account, "a2V5")),
                meters,
                "test")
            .withTimeouts(Duration.ofSeconds(60), CONNECT);
    store = SdkBlobStore.open(options);
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
    store.close();
  }

  /** Answers each request with the next of the script; an answer ending in CUT closes after it. */
  private void serve() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        Thread thread = new Thread(() -> talk(socket), "scripted-connection");
        thread.setDaemon(true);
        thread.start();
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void talk(Socket socket) {
    try (socket) {
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
      OutputStream out = socket.getOutputStream();
      while (true) {
        StringBuilder request = new StringBuilder();
        String line = in.readLine();
        int length = 0;
        if (line == null) {
          return;
        }
        while (!line.isEmpty()) {
          request.append(line).append('\n');
          if (line.toLowerCase(java.util.Locale.ROOT).startsWith("content-length:")) {
            length = Integer.parseInt(line.substring(15).strip());
          }
          line = in.readLine();
        }
        for (int i = 0; i < length; i++) {
          in.read();
        }
        requests.add(request.toString());
        String answer;
        synchronized (script) {
          answer = script.isEmpty() ? "CUT" : script.removeFirst();
        }
        boolean cut = answer.endsWith("CUT");
        String text = cut ? answer.substring(0, answer.length() - 3) : answer;
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
        if (cut) {
          return;
        }
      }
    } catch (IOException e) {
      return; // the client has closed
    }
  }

  private void answers(String... all) {
    synchronized (script) {
      script.addAll(List.of(all));
    }
  }

  private static String part(long from, String body, long size) {
    return part(from, body, size, body.length());
  }

  private static String part(long from, String body, long size, int told) {
    return "HTTP/1.1 206 Partial Content\r\nETag: \"1\"\r\n"
        + "Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\nx-ms-blob-type: BlockBlob\r\n"
        + ("Content-Range: bytes " + from + "-" + (from + told - 1) + "/" + size + "\r\n")
        + ("Content-Length: " + told + "\r\n\r\n")
        + body;
  }

  private static String refused(String status, String code, String more) {
    return "HTTP/1.1 "
        + status
        + "\r\nx-ms-error-code: "
        + code
        + "\r\nx-ms-request-id: r-1\r\n"
        + more
        + "Content-Length: 0\r\n\r\n";
  }

  private String download(int length) throws FsException {
    ByteBuffer target = ByteBuffer.allocate(length);
    store.download("blob", 0, target, Optional.empty());
    return StandardCharsets.UTF_8.decode(target.flip()).toString();
  }

  @Test
  void cutBodyIsContinuedInsideTheRangeUnderItsEtag() throws Exception {
    answers(part(0, "01234", 10, 10) + "CUT", part(5, "567", 10, 5) + "CUT", part(8, "89", 10));
    assertThat(download(10)).isEqualTo("0123456789");
    assertThat(requests).hasSize(3);
    assertThat(requests.get(1)).contains("bytes=5-9").contains("\"1\"");
    assertThat(requests.get(2)).contains("bytes=8-9").contains("\"1\"");
  }

  @Test
  void changedBlobIsNotContinued() {
    answers(
        part(0, "01234", 10, 10) + "CUT",
        refused("412 Precondition Failed", "ConditionNotMet", ""));
    assertThatThrownBy(() -> download(10))
        .isInstanceOfSatisfying(
            FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ESTALE));
  }

  @Test
  void answerOfAnotherRangeIsNotUsed() throws Exception {
    answers(part(3, "3456789", 10), part(0, "0123456789", 10));
    assertThat(download(10)).isEqualTo("0123456789");
  }

  @Test
  void shortAnswerIsNotReturned() throws Exception {
    answers(part(0, "0123", 10, 4), part(4, "456789", 10));
    assertThat(download(10)).isEqualTo("0123456789");
    assertThat(requests.get(1)).contains("bytes=4-9");
  }

  /** Requests of other streams, and of other mounts of the account, begin no earlier. */
  @Test
  void throttlingWaitsAsLongAsAskedAndSlowsOthersToo() throws Exception {
    answers(
        refused("503 Server Busy", "ServerBusy", "Retry-After: 2\r\n"),
        part(0, "0123456789", 10),
        part(0, "0123456789", 10));
    SdkBlobStore other = SdkBlobStore.open(options.withTimeouts(Duration.ofSeconds(60), CONNECT));
    long begun = System.nanoTime();
    CompletableFuture<String> first =
        CompletableFuture.supplyAsync(() -> uncheckedDownload(store, 10));
    await().atMost(Duration.ofSeconds(60)).until(() -> store.throttles() == 1);
    assertThat(uncheckedDownload(other, 10)).isEqualTo("0123456789");
    assertThat(Duration.ofNanos(System.nanoTime() - begun))
        .isGreaterThanOrEqualTo(Duration.ofMillis(1950));
    assertThat(first.get(60, TimeUnit.SECONDS)).isEqualTo("0123456789");
    assertThat(meters.counter("batchmount.throttles", "mount", "test").count()).isEqualTo(1);
    assertThat(meters.counter("batchmount.retries", "mount", "test").count()).isEqualTo(1);
    assertThat(requests).hasSize(3);
  }

  private static String uncheckedDownload(SdkBlobStore from, int length) {
    ByteBuffer target = ByteBuffer.allocate(length);
    try {
      from.download("blob", 0, target, Optional.empty());
    } catch (FsException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return StandardCharsets.UTF_8.decode(target.flip()).toString();
  }

  private static String crc64(String body) {
    Crc64 crc = new Crc64();
    byte[] bytes = body.getBytes(StandardCharsets.ISO_8859_1);
    crc.update(bytes, 0, bytes.length);
    return "x-ms-content-crc64: " + crc.base64() + "\r\n";
  }

  private static String md5(String body) throws Exception {
    byte[] digest =
        java.security.MessageDigest.getInstance("MD5")
            .digest(body.getBytes(StandardCharsets.ISO_8859_1));
    return "Content-MD5: " + java.util.Base64.getEncoder().encodeToString(digest) + "\r\n";
  }

  private static String with(String header, String answer) {
    return answer.replace("Content-Range:", header + "Content-Range:");
  }

  private String verifiedDownload(int length) {
    return uncheckedDownload(SdkBlobStore.open(options.withVerifiedRanges(true)), length);
  }

  @Test
  void rangeThatDoesNotFitItsChecksumIsFetchedAgain() {
    answers(
        with(crc64("0123456789"), part(0, "0123X56789", 10)),
        with(crc64("0123456789"), part(0, "0123456789", 10)));
    assertThat(verifiedDownload(10)).isEqualTo("0123456789");
    assertThat(requests).hasSize(2).allMatch(r -> r.contains("x-ms-range-get-content-crc64: true"));
    assertThat(meters.counter("batchmount.content.mismatches", "mount", "test").count())
        .isEqualTo(1);
  }

  @Test
  void checksumThatNeverFitsIsAnError() {
    String wrong = with(crc64("0123456789"), part(0, "0123X56789", 10));
    answers(wrong, wrong, wrong, wrong);
    assertThatThrownBy(() -> verifiedDownload(10))
        .cause()
        .isInstanceOfSatisfying(FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EIO))
        .hasMessageContaining("CRC64");
    assertThat(requests).hasSize(SdkDownload.MAX_MISMATCHES);
  }

  /** Half of a range cannot be compared: it comes anew, whole. */
  @Test
  void cutBodyOfAVerifiedRangeBeginsAnew() {
    answers(
        with(crc64("0123456789"), part(0, "01234", 10, 10)) + "CUT",
        with(crc64("0123456789"), part(0, "0123456789", 10)));
    assertThat(verifiedDownload(10)).isEqualTo("0123456789");
    assertThat(requests.get(1)).contains("bytes=0-9").contains("\"1\"");
  }

  @Test
  void serviceWithoutCrc64IsAskedForMd5() throws Exception {
    answers(
        part(0, "0123456789", 10),
        with(md5("0123456789"), part(0, "0123X56789", 10)),
        with(md5("0123456789"), part(0, "0123456789", 10)));
    assertThat(verifiedDownload(10)).isEqualTo("0123456789");
    assertThat(requests.get(0)).contains("x-ms-range-get-content-crc64: true");
    assertThat(requests.get(1))
        .contains("x-ms-range-get-content-md5: true")
        .doesNotContain("crc64");
    assertThat(requests).hasSize(3);
  }

  /** Services that know neither are read without, rather than not at all. */
  @Test
  void serviceWithoutChecksumsIsReadWithout() {
    answers(
        refused("500 Internal Server Error", "FeatureNotSupported", ""),
        part(0, "0123456789", 10),
        part(0, "0123456789", 10));
    assertThat(verifiedDownload(10)).isEqualTo("0123456789");
    assertThat(requests.get(1)).contains("x-ms-range-get-content-md5: true");
    assertThat(requests.get(2)).doesNotContain("x-ms-range-get");
  }

  @Test
  void checksumIsTheOneThatTheServiceDocuments() {
    Crc64 crc = new Crc64();
    byte[] digits = "123456789".getBytes(StandardCharsets.US_ASCII);
    crc.update(digits, 0, digits.length);
    assertThat(crc.getValue()).isEqualTo(0xAE8B14860A799888L);
    crc.reset();
    for (byte digit : digits) {
      crc.update(digit);
    }
    assertThat(crc.getValue()).isEqualTo(0xAE8B14860A799888L);
  }

  @Test
  void deadlineEndsAThrottledRequest() {
    answers(
        refused("503 Server Busy", "ServerBusy", "Retry-After: 30\r\n"),
        refused("503 Server Busy", "ServerBusy", "Retry-After: 30\r\n"));
    try (OperationContext context = OperationContext.open(Duration.ofMillis(800), () -> false)) {
      assertThatThrownBy(() -> download(10))
          .isInstanceOfSatisfying(
              FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ETIMEDOUT));
      assertThat(context.hasDeadline()).isTrue();
    }
  }

  @Test
  void serverErrorsAreRetried() throws Exception {
    answers(
        refused("500 Internal Server Error", "InternalError", ""),
        refused("504 Gateway Timeout", "", ""),
        "CUT",
        part(0, "0123456789", 10));
    assertThat(download(10)).isEqualTo("0123456789");
  }

  @Test
  void refusalIsToldWithCodeAndRequestIdAndNoSecret() {
    answers(refused("403 Forbidden", "AuthorizationPermissionMismatch", ""));
    assertThatThrownBy(() -> download(10))
        .isInstanceOfSatisfying(
            FsException.class,
            e -> {
              assertThat(e.errno()).isEqualTo(Errno.EACCES);
              assertThat(e.serviceCode()).contains("AuthorizationPermissionMismatch");
              assertThat(e.requestId()).contains("r-1");
              assertThat(e.toLogLine()).doesNotContain("SharedKey").doesNotContain("a2V5");
            });
  }

  /** The first commit was carried out and its answer lost: the second fails, and all is well. */
  @Test
  void lostAnswerOfACommitIsFoundOut() throws Exception {
    String list =
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList><CommittedBlocks><Block><Name>YWFh"
            + "</Name><Size>3</Size></Block></CommittedBlocks></BlockList>";
    String head =
        "HTTP/1.1 200 OK\r\nETag: \"2\"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
            + "x-ms-blob-type: BlockBlob\r\nx-ms-meta-k: v\r\nContent-Length: 3\r\n\r\n";
    answers(
        "CUT",
        refused("412 Precondition Failed", "ConditionNotMet", ""),
        "HTTP/1.1 200 OK\r\nETag: \"2\"\r\nContent-Type: application/xml\r\nContent-Length: "
            + list.length()
            + "\r\n\r\n"
            + list,
        head);
    BlobProperties made =
        store.commitBlockList(
            "blob",
            List.of(new BlockRef("YWFh", 3)),
            new BlobHeaders(Optional.empty(), Map.of("k", "v")),
            WriteCondition.match("\"1\""));
    assertThat(made.etag()).isEqualTo("\"2\"");
  }

  /** Without a lost answer a failed condition is what it says. */
  @Test
  void failedConditionOfTheFirstAttemptIsAConflict() {
    answers(refused("412 Precondition Failed", "ConditionNotMet", ""));
    assertThatThrownBy(
            () ->
                store.commitBlockList(
                    "blob",
                    List.of(new BlockRef("YWFh", 3)),
                    BlobHeaders.NONE,
                    WriteCondition.match("\"1\"")))
        .isInstanceOfSatisfying(
            FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ESTALE));
    assertThat(requests).hasSize(1);
  }

  @Test
  void lostAnswerOfADeletionIsFoundOut() throws Exception {
    answers(
        "CUT",
        refused("404 Not Found", "BlobNotFound", ""),
        refused("404 Not Found", "BlobNotFound", ""));
    store.delete("blob", WriteCondition.ANY);
  }

  @Test
  void commitSaysWhereBlocksComeFrom() throws Exception {
    answers(OK_WRITE);
    store.commitBlockList(
        "blob",
        List.of(BlockRef.committed("YWFh", 3), new BlockRef("YmJi", 4)),
        BlobHeaders.NONE,
        WriteCondition.ABSENT);
    assertThat(requests.get(0)).contains("comp=blocklist").contains("If-None-Match: *");
  }

  @Test
  void blockFromUrlCarriesAShortLivedSignature() throws Exception {
    answers(OK_WRITE);
    store.stageBlockFromUrl("blob", "YWFh", "source", 5, 10, Optional.of("\"7\""));
    String request = requests.get(0);
    assertThat(request).contains("comp=block").contains("bytes=5-14");
    assertThat(
            request
                .lines()
                .filter(l -> l.toLowerCase(java.util.Locale.ROOT).startsWith("x-ms-copy-source:")))
        .singleElement()
        .asString()
        .contains("sig=")
        .contains("sp=r")
        .contains("se=");
    assertThat(request).contains("\"7\"");
  }

  @Test
  void refusedSourceMeansNotSupported() {
    answers(refused("403 Forbidden", "CannotVerifyCopySource", ""));
    assertThatThrownBy(
            () -> store.stageBlockFromUrl("blob", "YWFh", "source", 5, 10, Optional.empty()))
        .isInstanceOfSatisfying(
            FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOTSUP));
  }

  @Test
  void allMetadataThatTheServiceAllowsIsRead() throws FsException {
    String value = "v".repeat(1000);
    StringBuilder metadata = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      metadata.append("x-ms-meta-m").append(i).append(": ").append(value).append("\r\n");
    }
    answers(
        "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
            + "x-ms-blob-type: BlockBlob\r\nContent-Length: 5\r\n"
            + "x-ms-owner: "
            + "i".repeat(1000)
            + "\r\n"
            + metadata
            + "\r\n");

    assertThat(store.getProperties("f").metadata()).hasSize(8).containsEntry("m7", value);
  }

  /** Each piece passes the SDK's chain, which costs more than its bytes when pieces are small. */
  @Test
  void aLargeBodyComesInLargePieces() throws FsException {
    int size = 4 << 20;
    answers(
        "HTTP/1.1 206 Partial Content\r\nETag: \"1\"\r\n"
            + "Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\nx-ms-blob-type: BlockBlob\r\n"
            + "Content-Range: bytes 0-"
            + (size - 1)
            + "/"
            + size
            + "\r\nContent-Length: "
            + size
            + "\r\n\r\n"
            + "x".repeat(size));
    List<Integer> pieces = new ArrayList<>();
    ByteBuffer all = ByteBuffer.allocate(size);

    store.downloadTo(
        "f",
        0,
        new DownloadTarget() {
          @Override
          public int remaining() {
            return all.remaining();
          }

          @Override
          public void put(ByteBuffer bytes) {
            pieces.add(bytes.remaining());
            all.put(bytes);
          }

          @Override
          public void takeBack(int bytes) {
            all.position(all.position() - bytes);
          }

          @Override
          public void verified() {}
        },
        Optional.empty());

    assertThat(all.remaining()).isZero();
    assertThat(Collections.max(pieces)).isGreaterThan(8 << 10); // Netty's own limit
  }
}
