package io.batchmount.launcher.outputs;

import static org.assertj.core.api.Assertions.assertThat;

import com.azure.core.credential.AzureNamedKeyCredential;
import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.common.StorageSharedKeyCredential;
import com.azure.storage.file.share.ShareClientBuilder;
import com.azure.storage.file.share.sas.ShareSasPermission;
import com.azure.storage.file.share.sas.ShareServiceSasSignatureValues;
import io.batchmount.core.FsException;
import io.batchmount.emulator.files.FaultRule;
import io.batchmount.emulator.files.FaultScript;
import io.batchmount.emulator.files.FilesEmulator;
import io.batchmount.files.store.NewItem;
import io.batchmount.files.store.SdkShareStore;
import io.batchmount.files.store.ShareCredential;
import io.batchmount.files.store.ShareLocation;
import io.batchmount.files.store.StoredItem;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** File shares as destinations, our extension. */
class ShareDestinationTest {
  private static final AzureNamedKeyCredential KEY =
      new AzureNamedKeyCredential(FilesEmulator.DEVELOPMENT_ACCOUNT, FilesEmulator.DEVELOPMENT_KEY);

  private static final UploadOptions QUICK = OutputFilesUploadTest.QUICK;

  /** Gives up after a second. */
  private static final UploadOptions IMPATIENT =
      QUICK.withRetry(
          new UploadOptions.Retry(
              2, Duration.ofMillis(10), Duration.ofMillis(10), Duration.ofSeconds(1)));

  @TempDir Path task;
  private Path wd;
  private FilesEmulator emulator;
  private SdkShareStore share;

  @BeforeEach
  void start() throws IOException {
    wd = Files.createDirectories(task.resolve("wd"));
    emulator = FilesEmulator.builder().port(0).inMemory().start();
    share =
        SdkShareStore.open(
            SdkShareStore.Options.of(
                new ShareLocation(
                    emulator.endpoint().toString(), FilesEmulator.DEVELOPMENT_ACCOUNT, "results"),
                new ShareCredential.Key(KEY),
                new SimpleMeterRegistry(),
                "test"));
  }

  @AfterEach
  void stop() {
    share.close();
    emulator.close();
  }

  private OutputFile entry(String address, String pattern, String path) {
    return new OutputFile(
        pattern,
        new OutputDestination.FileShare(address, Optional.of(path), Optional.empty()),
        UploadCondition.TASK_COMPLETION);
  }

  private String address() {
    return emulator.endpoint() + "/results";
  }

  private OutputFilesPhase open(
      UploadOptions options, AzureNamedKeyCredential key, OutputFile... entries) {
    return OutputFilesPhase.open(
        List.of(entries),
        new JobContext(task, wd, Map.of(), Set.of()),
        options,
        any -> new DestinationAccess.DestinationCredential.Key(key),
        UploadListener.NONE);
  }

  private PhaseResult upload(UploadOptions options, OutputFile... entries) {
    try (OutputFilesPhase phase = open(options, KEY, entries)) {
      return phase.commandEnded(0);
    }
  }

  private PhaseResult upload(UploadOptions options, String pattern, String path) {
    return upload(options, entry(address(), pattern, path));
  }

  private void oneFile() throws IOException {
    share.createShare(OptionalInt.empty());
    Files.writeString(wd.resolve("a.txt"), "a");
  }

  private List<String> names(String directory) throws FsException {
    return share.listDirectory(directory, "", Optional.empty(), 100).items().stream()
        .map(StoredItem::name)
        .toList();
  }

  private static void assertFailure(PhaseResult result, String code, String inner, Path task)
      throws IOException {
    assertThat(result.failure().orElseThrow().toString()).startsWith(code + ": ");
    String error = Files.readString(task.resolve("fileuploaderr.txt"));
    assertThat(error).contains("\"code\":\"" + inner + "\"");
    assertThat(error + Files.readString(task.resolve("fileuploadout.txt"))).doesNotContain("sig=s");
  }

  private byte[] read(String path) throws FsException {
    StoredItem item = share.getFileProperties(path, Optional.empty());
    ByteBuffer content = ByteBuffer.allocate(Math.toIntExact(item.size()));
    while (content.hasRemaining()) {
      int before = content.position();
      ByteBuffer rest = content.slice();
      share.getFile(path, before, rest);
      content.position(before + rest.position());
    }
    return content.array();
  }

  @Test
  void filesAndDirectories() throws IOException {
    share.createShare(OptionalInt.empty());
    Files.writeString(wd.resolve("a.txt"), "first");
    Files.createDirectories(wd.resolve("s/t"));
    Files.writeString(wd.resolve("s/t/ü+%.txt"), "deep");
    Files.writeString(wd.resolve("s/empty.txt"), "");

    assertThat(upload(QUICK, "**/*.txt", "runs\\1").errors()).isEmpty();
    Files.writeString(wd.resolve("a.txt"), "second");
    assertThat(upload(QUICK, "a.txt", "runs/1/A.TXT").errors()).isEmpty();

    assertThat(read("runs/1/a.txt")).isEqualTo("second".getBytes());
    assertThat(read("runs/1/s/t/ü+%.txt")).isEqualTo("deep".getBytes());
    assertThat(read("runs/1/s/empty.txt")).isEmpty();
    assertThat(share.listDirectory("runs/1", "", Optional.empty(), 100).items())
        .extracting(StoredItem::name)
        .hasSize(2)
        .noneMatch(name -> name.endsWith(".part"));
  }

  @Test
  void largeFilesInRangesWithFacts() throws Exception {
    share.createShare(OptionalInt.empty());
    byte[] content = new byte[9_000_001];
    new Random(1).nextBytes(content);
    Files.write(wd.resolve("m.json"), content);

    PhaseResult result =
        upload(QUICK.withMemory(5 << 20, 16 << 20).withContent(true, true), "m.json", "");

    assertThat(result.errors()).isEmpty();
    assertThat(read("m.json")).isEqualTo(content);
    StoredItem item = share.getFileProperties("m.json", Optional.empty());
    assertThat(item.headers().orElseThrow().type()).contains("application/json");
    assertThat(item.headers().orElseThrow().md5())
        .contains(
            Base64.getEncoder().encodeToString(MessageDigest.getInstance("MD5").digest(content)));
  }

  @Test
  void shareMissing() throws IOException {
    Files.writeString(wd.resolve("a.txt"), "a");

    PhaseResult result = upload(QUICK, "a.txt", "x/y");

    assertFailure(result, "usererror FileUploadContainerNotFound", "ContainerNotFound", task);
  }

  @ParameterizedTest
  @ValueSource(strings = {"b:c.txt", "dot..", "que?stion.txt"})
  void namesThatAShareCannotHold(String illegal) throws IOException {
    oneFile();
    Files.writeString(wd.resolve(illegal), "b");

    PhaseResult result = upload(QUICK, "*", "");

    assertThat(names("")).containsExactly("a.txt");
    assertThat(result.errors()).hasSize(1);
    assertFailure(result, "servererror FileUploadMiscError", "UnknownError", task);
    assertThat(result.failure().orElseThrow().message()).contains(illegal);
  }

  @Test
  void wrongKey() throws IOException {
    oneFile();
    AzureNamedKeyCredential wrong =
        new AzureNamedKeyCredential(FilesEmulator.DEVELOPMENT_ACCOUNT, "d3Jvbmcga2V5");
    try (OutputFilesPhase phase = open(QUICK, wrong, entry(address(), "a.txt", "x"))) {
      assertFailure(
          phase.commandEnded(0), "usererror FileUploadAccessDenied", "AuthenticationFailed", task);
    }
  }

  @ParameterizedTest
  @CsvSource({"rl, PT1H, false", "cw, PT-1H, false", "w, PT1H, true", "cwd, PT1H, true"})
  void signatures(String permissions, Duration life, boolean enough) throws IOException {
    oneFile();
    String sas =
        new ShareClientBuilder()
            .endpoint(emulator.endpoint().toString())
            .shareName("results")
            .credential(
                new StorageSharedKeyCredential(
                    FilesEmulator.DEVELOPMENT_ACCOUNT, FilesEmulator.DEVELOPMENT_KEY))
            .buildClient()
            .generateSas(
                new ShareServiceSasSignatureValues(
                    OffsetDateTime.now().plus(life), ShareSasPermission.parse(permissions)));

    PhaseResult result = upload(QUICK, entry(address() + "?" + sas, "a.txt", "d/x"));

    if (enough) {
      assertThat(result.errors()).isEmpty();
      assertThat(read("d/x")).isEqualTo("a".getBytes());
    } else {
      assertFailure(result, "usererror FileUploadAccessDenied", "AuthenticationFailed", task);
    }
  }

  /** What stands in the way is left as it is, and nothing hidden stays beside it. */
  @ParameterizedTest
  @ValueSource(strings = {"there", "there/y.txt", "there/x/y.txt"})
  void somethingElseIsInTheWay(String path) throws IOException {
    oneFile();
    if (path.equals("there")) {
      share.createDirectory("there", NewItem.PLAIN);
    } else {
      share.createFile("there", 3, NewItem.PLAIN, Optional.empty());
    }

    PhaseResult result = upload(QUICK, "a.txt", path);

    assertFailure(result, "usererror FileUploadConflict", "Conflict", task);
    assertThat(names("")).containsExactly("there");
  }

  /** A file that a mount or another program writes at this time. */
  @Test
  void leasedFile() throws IOException {
    oneFile();
    share.createFile("x", 3, NewItem.PLAIN, Optional.empty());
    share.acquireLease("x", UUID.randomUUID().toString());

    PhaseResult result = upload(QUICK, "a.txt", "x");

    assertFailure(result, "usererror FileUploadConflict", "Conflict", task);
    assertThat(names("")).containsExactly("x");
  }

  @ParameterizedTest(name = "{0} answers {1} {2} -> {3}, {4}")
  @CsvSource({
    "CreateFile, 400, InvalidInput, servererror FileUploadMiscError, UnknownError",
    "CreateDirectory, 403, AuthorizationFailure, usererror FileUploadAccessDenied, AuthenticationFailed",
    "RenameFile, 403, AuthorizationPermissionMismatch, usererror FileUploadAccessDenied, AuthenticationFailed",
    "PutRange, 401, NoAuthenticationInformation, usererror FileUploadAccessDenied, AuthenticationFailed",
    "PutRange, 404, ResourceNotFound, servererror FileUploadMiscError, UnknownError",
    "PutRange, 404, ShareNotFound, usererror FileUploadContainerNotFound, ContainerNotFound",
    "CreateFile, 409, ShareBeingDeleted, usererror FileUploadConflict, Conflict",
    "RenameFile, 409, SharingViolation, usererror FileUploadConflict, Conflict",
    "RenameFile, 409, DeletePending, usererror FileUploadConflict, Conflict",
    "CreateFile, 413, ShareSizeLimitReached, servererror FileUploadMiscError, UnknownError",
    "CreateFile, 408, '', servererror FileUploadMiscError, InternalError",
    "CreateFile, 429, '', servererror FileUploadMiscError, InternalError",
    "PutRange, 500, InternalError, servererror FileUploadMiscError, InternalError",
    "CreateFile, 501, NotImplemented, servererror FileUploadMiscError, UnknownError",
    "CreateFile, 502, '', servererror FileUploadMiscError, InternalError",
    "RenameFile, 503, ServerBusy, servererror FileUploadMiscError, InternalError",
    "CreateFile, 504, '', servererror FileUploadMiscError, InternalError",
  })
  void everyAnswerHasItsCode(String operation, int status, String error, String code, String inner)
      throws IOException {
    oneFile();
    emulator.setFaults(FaultScript.of(FaultRule.on(operation).status(status).error(error)));

    PhaseResult result = upload(IMPATIENT, "a.txt", "d/x");

    assertFailure(result, code, inner, task);
    assertThat(result.failure().orElseThrow().message()).contains(Integer.toString(status));
    emulator.setFaults(FaultScript.NONE);
    assertThat(status == 403 && operation.equals("CreateDirectory") ? names("") : names("d"))
        .doesNotContain("x")
        .noneMatch(name -> name.endsWith(".part"));
  }

  @ParameterizedTest
  @CsvSource({
    "408, ''",
    "429, ''",
    "500, InternalError",
    "500, OperationTimedOut",
    "502, ''",
    "503, ServerBusy",
    "504, ''",
    "409, SharingViolation"
  })
  void whatGetsBetterIsNoError(int status, String error) throws IOException {
    oneFile();
    emulator.setFaults(
        FaultScript.of(
            FaultRule.on("CreateFile").status(status).error(error).count(1),
            FaultRule.on("RenameFile").status(status).error(error).count(1)));

    assertThat(upload(QUICK, "a.txt", "d/x").errors()).isEmpty();

    assertThat(read("d/x")).isEqualTo("a".getBytes());
  }

  /** The service did what was asked for, and its answer was lost. */
  @ParameterizedTest
  @ValueSource(strings = {"CreateDirectory", "CreateFile", "PutRange", "RenameFile"})
  void lostAnswers(String operation) throws IOException {
    oneFile();
    emulator.setFaults(
        FaultScript.of(FaultRule.on(operation).reset(FaultRule.Reset.AFTER).count(1)));

    assertThat(upload(QUICK, "a.txt", "d/x").errors()).isEmpty();

    assertThat(read("d/x")).isEqualTo("a".getBytes());
    assertThat(names("d")).containsExactly("x");
  }

  @Test
  void aServerThatNeverAnswersIsATimeOut() throws IOException {
    oneFile();
    emulator.setFaults(FaultScript.of(FaultRule.on("PutRange").latencyMillis(3_000)));

    assertFailure(
        upload(IMPATIENT, "a.txt", "x"), "servererror FileUploadTimedOut", "UnknownError", task);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://127.0.0.1:1/devstoreaccount1/results",
        "http://no-such-host.invalid:1/a/b"
      })
  void nobodyThere(String address) throws IOException {
    Files.writeString(wd.resolve("a.txt"), "a");

    assertFailure(
        upload(IMPATIENT, entry(address, "a.txt", "x")),
        "servererror FileUploadMiscError",
        "UnknownError",
        task);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "not an address",
        "ftp://x/s",
        "https://acct.file.core.windows.net",
        "https://acct.file.core.windows.net/",
        "http://127.0.0.1:10004/devstoreaccount1/results/directory"
      })
  void malformedAddresses(String address) throws IOException {
    Files.writeString(wd.resolve("a.txt"), "a");

    assertFailure(
        upload(QUICK, entry(address, "a.txt", "x")),
        "servererror FileUploadMiscError",
        "UnknownError",
        task);
  }

  @Test
  void pathStyleAddressesMayHaveANameForAHost() throws IOException {
    oneFile();
    String address = address().replace("127.0.0.1", "localhost");
    assertThat(address).contains("localhost");

    assertThat(upload(QUICK, entry(address, "a.txt", "x")).errors()).isEmpty();

    assertThat(names("")).containsExactly("x");
  }

  /** Files behind one that found the share out of reach do not wait as long as it did. */
  @Test
  void aShareOutOfReachDoesNotCostEveryFileAllThePatience() throws IOException {
    share.createShare(OptionalInt.empty());
    for (int i = 0; i < 4; i++) {
      Files.writeString(wd.resolve("f" + i), "x");
    }
    // the first file is tried for three seconds, the others for a twentieth of that each
    UploadOptions oneByOne =
        QUICK
            .withParallelism(1, 1)
            .withRetry(
                new UploadOptions.Retry(
                    2, Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofSeconds(1)));
    emulator.setFaults(FaultScript.of(FaultRule.on("CreateFile").reset(FaultRule.Reset.BEFORE)));

    PhaseResult result = upload(oneByOne, "f*", "");

    assertThat(result.errors()).hasSize(4).allMatch(error -> error.code() == UploadCode.MISC_ERROR);
    assertThat(emulator.requestCounts().get("CreateFile"))
        // pauses of 50 ms at least and twice that fit three tries into 150 ms
        .isBetween(4L + 3, 12L + 3 * 3);
  }

  @Test
  void aDirectoryThatIsTakenAwayIsMadeAgain() throws Exception {
    oneFile();
    Files.writeString(wd.resolve("b.txt"), "b");
    UploadListener removing =
        new UploadListener() {
          @Override
          public void stored(UploadedFile file) {
            try {
              if (file.name().equals("d/e/a.txt")) {
                share.deleteFile("d/e/a.txt", Optional.empty());
                share.deleteDirectory("d/e");
                share.deleteDirectory("d");
              }
            } catch (FsException e) {
              throw new java.io.UncheckedIOException(e);
            }
          }
        };
    try (OutputFilesPhase phase =
        OutputFilesPhase.open(
            List.of(entry(address(), "*.txt", "d/e")),
            new JobContext(task, wd, Map.of(), Set.of()),
            QUICK.withParallelism(1, 1),
            any -> new DestinationAccess.DestinationCredential.Key(KEY),
            removing)) {
      assertThat(phase.commandEnded(0).errors()).isEmpty();
    }

    assertThat(names("d/e")).containsExactly("b.txt");
  }

  /** Each file: made hidden, filled, renamed; directories above it once for all entries. */
  @Test
  void requestsOfSmallFiles() throws IOException {
    share.createShare(OptionalInt.empty());
    for (int i = 0; i < 10; i++) {
      Files.writeString(wd.resolve("f" + i + (i % 2 == 0 ? ".a" : ".b")), "x");
    }
    emulator.resetRequestCounts();

    PhaseResult result =
        upload(
            QUICK.withParallelism(1, 1),
            entry(address(), "*.a", "d/e"),
            entry(address(), "*.b", "D/e"));

    assertThat(result.errors()).isEmpty();
    assertThat(emulator.requestCounts())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of("CreateDirectory", 2L, "CreateFile", 10L, "PutRange", 10L, "RenameFile", 10L));
  }

  /** Blocks of an upload that is not taken up go with its failure; the older file stays. */
  @Test
  void aFailedUploadInBlocksLeavesNothing() throws IOException {
    share.createShare(OptionalInt.empty());
    Files.writeString(wd.resolve("x"), "older");
    assertThat(upload(QUICK, "x", "").errors()).isEmpty();
    Files.write(wd.resolve("x"), new byte[1 << 20]);
    emulator.setFaults(
        FaultScript.of(FaultRule.on("PutRange").skip(3).error("AuthorizationFailure")));

    PhaseResult result = upload(QUICK.withMemory(128 << 10, 256 << 10), "x", "");

    assertFailure(result, "usererror FileUploadAccessDenied", "AuthenticationFailed", task);
    assertThat(names("")).containsExactly("x");
    assertThat(read("x")).isEqualTo("older".getBytes());
  }

  @Test
  void anUploadInBlocksIsTakenUp() throws Exception {
    share.createShare(OptionalInt.empty());
    byte[] content = new byte[1 << 20];
    new Random(3).nextBytes(content);
    Files.write(wd.resolve("x"), content);
    Path journal = task.resolve("state/journal.jsonl");
    UploadOptions blocks = QUICK.withParallelism(1, 1).withMemory(128 << 10, 256 << 10);
    emulator.setFaults(
        FaultScript.of(FaultRule.on("PutRange").skip(3).error("AuthorizationFailure")));
    assertThat(upload(blocks.withJournal(journal, false), "x", "").errors()).hasSize(1);
    emulator.setFaults(FaultScript.NONE);
    emulator.resetRequestCounts();

    assertThat(upload(blocks.withJournal(journal, true), "x", "").errors()).isEmpty();

    assertThat(read("x")).isEqualTo(content);
    assertThat(names("")).containsExactly("x");
    assertThat(emulator.requestCounts()).doesNotContainKey("CreateFile");
  }

  /** What was there of an interrupted upload is gone: all is sent anew. */
  @Test
  void lostBlocksAreSentAnew() throws Exception {
    share.createShare(OptionalInt.empty());
    Files.write(wd.resolve("x"), new byte[1 << 20]);
    Path journal = task.resolve("state/journal.jsonl");
    UploadOptions blocks = QUICK.withParallelism(1, 1).withMemory(128 << 10, 256 << 10);
    emulator.setFaults(
        FaultScript.of(FaultRule.on("PutRange").skip(3).error("AuthorizationFailure")));
    upload(blocks.withJournal(journal, false), "x", "");
    emulator.setFaults(FaultScript.NONE);
    for (String name : names("")) {
      share.deleteFile(name, Optional.empty());
    }

    assertThat(upload(blocks.withJournal(journal, true), "x", "").errors()).isEmpty();

    assertThat(read("x")).isEqualTo(new byte[1 << 20]);
    assertThat(names("")).containsExactly("x");
  }

  @ParameterizedTest
  @CsvSource({"true, shorter", "false, no such file"})
  void filesThatChangeUnderneath(boolean shrinks, String reason) throws IOException {
    share.createShare(OptionalInt.empty());
    Path file = Files.write(wd.resolve("x"), new byte[1 << 20]);
    AtomicBoolean done = new AtomicBoolean();
    UploadListener changing =
        new UploadListener() {
          @Override
          public void sent(long bytes) {
            if (done.compareAndSet(false, true)) {
              try {
                if (shrinks) {
                  Files.write(file, new byte[10], StandardOpenOption.TRUNCATE_EXISTING);
                } else {
                  Files.delete(file);
                }
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            }
          }
        };
    try (OutputFilesPhase phase =
        OutputFilesPhase.open(
            List.of(entry(address(), "x", "")),
            new JobContext(task, wd, Map.of(), Set.of()),
            QUICK.withParallelism(1, 1).withMemory(128 << 10, 128 << 10),
            any -> new DestinationAccess.DestinationCredential.Key(KEY),
            changing)) {
      PhaseResult result = phase.commandEnded(0);
      assertFailure(result, "servererror FileUploadMiscError", "UnknownError", task);
      assertThat(result.failure().orElseThrow().message()).contains(reason);
    }
    assertThat(names("")).isEmpty();
  }

  /** Time is over in the middle: a file is whole or not there, and nothing hidden stays. */
  @ParameterizedTest
  @ValueSource(ints = {1 << 20, 8 << 20})
  void timeLimit(int blockSize) throws IOException {
    share.createShare(OptionalInt.empty());
    Files.write(wd.resolve("x"), new byte[1 << 20]);
    emulator.setFaults(FaultScript.of(FaultRule.on("PutRange").latencyMillis(2_000)));

    PhaseResult result =
        upload(
            QUICK.withMemory(blockSize / 4, blockSize).withTimeLimit(Duration.ofMillis(500)),
            "x",
            "");

    assertFailure(result, "servererror FileUploadTimedOut", "UnknownError", task);
    emulator.setFaults(FaultScript.NONE);
    assertThat(names("")).isEmpty();
  }

  /** D18: a container and a share in one list, each with credentials of its own. */
  @Test
  void sharesAndContainersOfOneList() throws IOException {
    oneFile();
    BlobContainerClient container = BlobService.newContainer();

    PhaseResult result =
        upload(
            QUICK,
            new OutputFile(
                "a.txt",
                OutputDestination.Container.of(BlobService.url(container, "w"), "c"),
                UploadCondition.TASK_SUCCESS),
            entry(address() + "-of-nobody", "a.txt", "x"),
            entry(address(), "a.txt", "s"));

    assertThat(BlobService.names(container)).containsExactly("c");
    assertThat(names("")).containsExactly("s");
    assertThat(result.errors()).extracting(UploadError::entry).containsExactly(1);
  }
}
