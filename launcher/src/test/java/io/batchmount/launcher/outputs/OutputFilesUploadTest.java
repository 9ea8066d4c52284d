package io.batchmount.launcher.outputs;

import static io.batchmount.launcher.outputs.BlobService.names;
import static io.batchmount.launcher.outputs.BlobService.text;
import static io.batchmount.launcher.outputs.BlobService.url;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.models.BlobProperties;
import com.azure.storage.blob.models.BlobType;
import com.azure.storage.blob.specialized.BlobLeaseClientBuilder;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Chapter 2 of the OutputFiles rules over a real Blob service, real trees and real exit codes. */
class OutputFilesUploadTest {
  static final UploadOptions QUICK =
      UploadOptions.defaults()
          .withRetry(
              new UploadOptions.Retry(
                  3, Duration.ofMillis(20), Duration.ofMillis(50), Duration.ofSeconds(60)));

  @TempDir Path task;
  private Path wd;
  private BlobContainerClient container;

  @BeforeEach
  void prepare() throws IOException {
    wd = Files.createDirectories(task.resolve("wd"));
    container = BlobService.newContainer();
  }

  private void file(String relative, String content) throws IOException {
    Path path = wd.resolve(relative);
    Files.createDirectories(path.getParent());
    Files.writeString(path, content);
  }

  private OutputFile entry(String pattern, String path, UploadCondition condition) {
    return new OutputFile(
        pattern, OutputDestination.Container.of(url(container, "w"), path), condition);
  }

  private OutputFile entry(String pattern, String path) {
    return entry(pattern, path, UploadCondition.TASK_COMPLETION);
  }

  private JobContext context() {
    return new JobContext(task, wd, Map.of("SECRET_NAME", "hush-hush"), Set.of("hush-hush"));
  }

  private PhaseResult upload(int exitCode, UploadOptions options, OutputFile... entries) {
    try (OutputFilesPhase phase =
        OutputFilesPhase.open(
            List.of(entries),
            context(),
            options,
            DestinationAccess.sasOnly(),
            UploadListener.NONE)) {
      return phase.commandEnded(exitCode);
    }
  }

  private PhaseResult upload(OutputFile... entries) {
    return upload(0, QUICK, entries);
  }

  private String log(String name) throws IOException {
    return Files.readString(task.resolve(name));
  }

  /** 2.3, with exit codes of real processes. */
  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({
    "exit 0, success completion",
    "exit 1, failure completion",
    "exit 126, failure completion",
    "exit 127, failure completion",
    "no-such-command-here, failure completion",
    "kill -TERM $$, failure completion",
  })
  void conditions(String command, String expected) throws Exception {
    file("a.txt", "a");
    Process process = new ProcessBuilder("bash", "-c", command).start();
    int exitCode = process.waitFor();

    PhaseResult result =
        upload(
            exitCode,
            QUICK,
            entry("a.txt", "success", UploadCondition.TASK_SUCCESS),
            entry("a.txt", "failure", UploadCondition.TASK_FAILURE),
            entry("a.txt", "completion", UploadCondition.TASK_COMPLETION));

    assertThat(names(container)).containsExactlyInAnyOrder(expected.split(" "));
    assertThat(result.isSaved()).isTrue();
    if (exitCode == 0) {
      assertThat(result.failure()).isEmpty();
    } else {
      assertThat(result.failure().orElseThrow().code()).isEqualTo("FailureExitCode");
    }
  }

  /** 2.2, rule 1: no phase, no logs. */
  @Test
  void neverStartedUploadsNothing() throws IOException {
    file("a.txt", "a");
    try (OutputFilesPhase phase =
        OutputFilesPhase.open(
            List.of(entry("a.txt", "x")),
            context(),
            QUICK,
            DestinationAccess.sasOnly(),
            UploadListener.NONE)) {
      assertThat(phase).isNotNull();
    }

    assertThat(names(container)).isEmpty();
    assertThat(task.resolve("fileuploadout.txt")).doesNotExist();
    assertThat(task.resolve("fileuploaderr.txt")).doesNotExist();
  }

  /** 2.10: no logs for a task without output files. */
  @Test
  void noEntriesNoLogs() {
    assertThat(upload().failure()).isEmpty();
    assertThat(task.resolve("fileuploadout.txt")).doesNotExist();
  }

  /** The table of 2.6. */
  @ParameterizedTest(name = "{0}, path {1} -> {3}")
  @CsvSource(
      nullValues = "-",
      value = {
        "out/result.csv, -, out/result.csv, result.csv",
        "out/result.csv, t1/final.csv, out/result.csv, t1/final.csv",
        "../std*.txt, t1, ../stdout.txt, t1/stdout.txt",
        "*.txt, -, a.txt, a.txt",
        "**/*.txt, t1, a.txt s/b.txt, t1/a.txt t1/s/b.txt",
        "logs/*.log, t1, logs/x.log, t1/x.log",
        "logs/**/*.log, t1, logs/2024/y.log, t1/2024/y.log",
        "run*/m.json, t1, run7/m.json, t1/run7/m.json",
        "a.txt, 001/$TaskOutput/a.txt, a.txt, 001/$TaskOutput/a.txt",
        "*.txt, 001/$TaskLog, a.txt, 001/$TaskLog/a.txt",
        "*.txt, /t1/, a.txt, t1/a.txt",
        "*.txt, t1\\t2, a.txt, t1/t2/a.txt",
        "ä ö/ü+%41.txt, -, ä ö/ü+%41.txt, ü+%41.txt",
        "**/*.bin, -, 日本/データ#?.bin, 日本/データ#?.bin",
      })
  void blobNames(String pattern, String path, String files, String blobs) throws IOException {
    for (String file : files.split(" (?!ö)")) {
      file(file, "content of " + file);
    }

    PhaseResult result = upload(entry(pattern, path == null ? "" : path));

    assertThat(result.failure()).isEmpty();
    assertThat(names(container)).containsExactlyInAnyOrder(blobs.split(" "));
  }

  /** 2.4: only the pattern is expanded; D12: the standard's own paths need it. */
  @Test
  void pathsAreNotExpanded() throws IOException {
    file("a.txt", "a");
    JobContext context =
        new JobContext(task, wd, Map.of("TaskLog", "wrong", "FILE", "a.txt"), Set.of());
    try (OutputFilesPhase phase =
        OutputFilesPhase.open(
            List.of(entry("$FILE", "001/$TaskLog/${FILE}")),
            context,
            QUICK,
            DestinationAccess.sasOnly(),
            UploadListener.NONE)) {
      assertThat(phase.commandEnded(0).errors()).isEmpty();
    }

    assertThat(names(container)).containsExactly("001/$TaskLog/${FILE}");
  }

  /** D6, of a pattern that is known to be exact only when its variables are. */
  @Test
  void aPathWithASlashAtItsEndIsAnErrorOfTheEntry() throws IOException {
    file("a.txt", "a");

    PhaseResult result = upload(entry("${NONE}a.txt", "d/"), entry("a.txt", "b"));

    assertThat(names(container)).containsExactly("b");
    assertThat(result.errors()).extracting(UploadError::entry).containsExactly(0);
    assertThat(result.failure().orElseThrow().toString())
        .startsWith("servererror FileUploadMiscError")
        .contains("must not end with a slash");
  }

  /** 2.7: replacing needs write alone, making needs create or write alone. */
  @Test
  void leastRights() throws IOException {
    file("a.txt", "first");
    assertThat(
            upload(
                    new OutputFile(
                        "a.txt",
                        OutputDestination.Container.of(url(container, "c"), "new.txt"),
                        UploadCondition.TASK_COMPLETION))
                .isSaved())
        .isTrue();
    file("a.txt", "second");
    assertThat(upload(entry("a.txt", "new.txt")).isSaved()).isTrue();

    assertThat(text(container, "new.txt")).isEqualTo("second");
    assertThat(container.getBlobClient("new.txt").getProperties().getBlobType())
        .isEqualTo(BlobType.BLOCK_BLOB);
  }

  /** 2.7: blocks side by side, with the same rights. */
  @Test
  void largeFilesGoUpInBlocks() throws Exception {
    byte[] content = new byte[1_000_003];
    new Random(7).nextBytes(content);
    Files.write(wd.resolve("big.bin"), content);
    UploadOptions small = QUICK.withMemory(64 << 10, 256 << 10).withContent(true, true);

    PhaseResult result = upload(0, small, entry("big.bin", "big.json"));

    assertThat(result.uploaded()).extracting(UploadedFile::bytes).containsExactly(1_000_003L);
    assertThat(container.getBlobClient("big.json").downloadContent().toBytes()).isEqualTo(content);
    BlobProperties properties = container.getBlobClient("big.json").getProperties();
    assertThat(properties.getContentMd5())
        .isEqualTo(MessageDigest.getInstance("MD5").digest(content));
    assertThat(properties.getContentType()).isEqualTo("application/json");
    assertThat(
            container
                .getBlobClient("big.json")
                .getBlockBlobClient()
                .listBlocks(com.azure.storage.blob.models.BlockListType.COMMITTED)
                .getCommittedBlocks())
        .hasSize(16);
  }

  @Test
  void emptyFilesAreStored() throws IOException {
    file("empty", "");

    assertThat(upload(entry("empty", "")).isSaved()).isTrue();
    assertThat(names(container)).containsExactly("empty");
  }

  /** 2.8: one blob, whether it went up at once or in blocks. */
  @ParameterizedTest
  @CsvSource({"10", "300000"})
  void headers(int size) throws IOException {
    file("a.json", "x".repeat(size));
    OutputDestination destination =
        new OutputDestination.Container(
            url(container, "w"),
            Optional.of("a"),
            Optional.empty(),
            List.of(
                new UploadHeader("Content-Type", "text/x-special"),
                new UploadHeader("content-language", "de"),
                new UploadHeader("Cache-Control", "no-cache"),
                new UploadHeader("x-ms-blob-content-disposition", "attachment"),
                new UploadHeader("X-Ms-Blob-Content-Encoding", "identity"),
                new UploadHeader("x-ms-meta-run", "7"),
                new UploadHeader("x-ms-tags", "stage=last"),
                new UploadHeader("x-ms-access-tier", "Cool")));

    PhaseResult result =
        upload(
            0,
            QUICK.withMemory(64 << 10, 1 << 20).withContent(false, true),
            new OutputFile("a.json", destination, UploadCondition.TASK_COMPLETION));

    assertThat(result.errors()).isEmpty();
    BlobProperties stored = container.getBlobClient("a").getProperties();
    assertThat(stored.getContentType()).isEqualTo("text/x-special");
    assertThat(stored.getContentLanguage()).isEqualTo("de");
    assertThat(stored.getCacheControl()).isEqualTo("no-cache");
    assertThat(stored.getContentDisposition()).isEqualTo("attachment");
    assertThat(stored.getContentEncoding()).isEqualTo("identity");
    assertThat(stored.getMetadata()).containsEntry("run", "7");
    assertThat(stored.getAccessTier()).hasToString("Cool");
    assertThat(container.getBlobClient("a").getTags()).containsExactly(Map.entry("stage", "last"));
  }

  @Test
  void withoutHeadersTheServiceDecides() throws IOException {
    file("a.json", "{}");
    upload(entry("a.json", ""));

    BlobProperties stored = container.getBlobClient("a.json").getProperties();
    assertThat(stored.getContentType()).isEqualTo("application/octet-stream");
  }

  /** 2.9, first row. */
  @Test
  void containerMissing() throws IOException {
    file("a.txt", "a");
    file("b.txt", "b");
    String url = url(container, "w");
    container.delete();

    PhaseResult result =
        upload(
            new OutputFile(
                "*.txt", OutputDestination.Container.of(url, "t"), UploadCondition.TASK_SUCCESS));

    FailureInformation failure = result.failure().orElseThrow();
    assertThat(failure.code()).isEqualTo("FileUploadContainerNotFound");
    assertThat(failure.category().wireName()).isEqualTo("usererror");
    assertThat(failure.details())
        .contains(
            new FailureInformation.Detail("FilePath", wd.toRealPath().resolve("a.txt").toString()),
            new FailureInformation.Detail("FilePattern", "*.txt"));
    assertThat(result.errors()).hasSize(2);
    JsonNode err = new ObjectMapper().readTree(log("fileuploaderr.txt"));
    assertThat(err.path("code").asText()).isEqualTo("ContainerNotFound");
    assertThat(err.path("user_error").asBoolean()).isTrue();
    assertThat(err.path("pattern").asText()).isEqualTo("*.txt");
    assertThat(err.path("file").asText()).endsWith("/wd/a.txt");
    assertThat(err.path("destination").asText()).startsWith("http").doesNotContain("sig");
  }

  @ParameterizedTest
  @CsvSource({"r, PT1H", "l, PT1H", "w, PT-1H"})
  void accessDenied(String permissions, Duration life) throws IOException {
    file("a.txt", "a");

    PhaseResult result =
        upload(
            new OutputFile(
                "a.txt",
                OutputDestination.Container.of(url(container, permissions, life), "t"),
                UploadCondition.TASK_SUCCESS));

    assertThat(result.failure().orElseThrow().toString())
        .startsWith("usererror FileUploadAccessDenied: ")
        .doesNotContain("sig=");
    assertThat(new ObjectMapper().readTree(log("fileuploaderr.txt")).path("code").asText())
        .isEqualTo("AuthenticationFailed");
  }

  /** A blob that another holds a lease on. */
  @Test
  void leasedBlob() throws IOException {
    file("a.txt", "a");
    upload(entry("a.txt", "held"));
    String lease =
        new BlobLeaseClientBuilder()
            .blobClient(container.getBlobClient("held"))
            .buildClient()
            .acquireLease(-1);

    PhaseResult refused = upload(entry("a.txt", "held"));
    PhaseResult withLease =
        upload(
            new OutputFile(
                "a.txt",
                new OutputDestination.Container(
                    url(container, "w"),
                    Optional.of("held"),
                    Optional.empty(),
                    List.of(new UploadHeader("x-ms-lease-id", lease))),
                UploadCondition.TASK_SUCCESS));

    // the service answers 412 to a write without the lease
    assertThat(refused.failure().orElseThrow().code()).isEqualTo("FileUploadMiscError");
    assertThat(withLease.failure()).isEmpty();
  }

  /** 2.9: conflict. */
  @Test
  void blobOfAnotherTypeInBlocks() throws IOException {
    file("a.bin", "x".repeat(300_000));
    container.getBlobClient("log").getAppendBlobClient().create();

    PhaseResult result = upload(0, QUICK.withMemory(64 << 10, 1 << 20), entry("a.bin", "log"));

    assertThat(result.failure().orElseThrow().toString())
        .startsWith("usererror FileUploadConflict");
  }

  /** Path-style addresses of emulators in containers: the host is a name. */
  @ParameterizedTest
  @MethodSource("namesOfThisMachine")
  void pathStyleAddressesMayHaveANameForAHost(String host) throws IOException {
    file("a.txt", "a");
    String url = url(container, "w").replace("//127.0.0.1:", "//" + host + ":");
    assertThat(url).contains("//" + host + ":");

    PhaseResult result =
        upload(
            new OutputFile(
                "a.txt", OutputDestination.Container.of(url, "t"), UploadCondition.TASK_SUCCESS));

    assertThat(result.errors()).isEmpty();
    assertThat(result.uploaded().get(0).destination()).startsWith("http://" + host + ":");
    assertThat(names(container)).containsExactly("t");
  }

  static List<String> namesOfThisMachine() throws IOException {
    List<String> names = new ArrayList<>(List.of("localhost"));
    InetAddress own = InetAddress.getLocalHost();
    if (own.getHostAddress().equals("127.0.0.1") && own.getHostName().indexOf('.') < 0) {
      names.add(own.getHostName());
    }
    return names;
  }

  @Test
  void anAddressMayEndWithASlash() throws IOException {
    file("a.txt", "a");
    String url = url(container, "w").replace("?", "/?");

    PhaseResult result =
        upload(
            new OutputFile(
                "a.txt", OutputDestination.Container.of(url, "t"), UploadCondition.TASK_SUCCESS));

    assertThat(result.failure()).isEmpty();
    assertThat(names(container)).containsExactly("t");
  }

  /** 2.9: malformed addresses, and a host that nobody knows. */
  @ParameterizedTest
  @CsvSource({
    "not an address",
    "ftp://x/c",
    "http://127.0.0.1:1/devstoreaccount1/c?sig=abc",
    "https://no-such-host.invalid/c?sv=2020-01-01&sig=abc",
    "https://x.blob.core.windows.net/?sig=abc",
    "https://x.blob.core.windows.net/c/directory?sig=abc",
    "http://127.0.0.1:10000/devstoreaccount1/c/directory?sig=abc"
  })
  void otherErrors(String url) throws IOException {
    file("a.txt", "a");

    PhaseResult result =
        upload(
            new OutputFile(
                "a.txt", OutputDestination.Container.of(url, "t"), UploadCondition.TASK_SUCCESS));

    assertThat(result.failure().orElseThrow().toString())
        .startsWith("servererror FileUploadMiscError")
        .doesNotContain("abc");
    assertThat(log("fileuploaderr.txt")).contains("UnknownError").doesNotContain("abc");
    assertThat(log("fileuploadout.txt")).doesNotContain("abc");
  }

  /** 2.2, rule 4: all are tried; the first in the list's order is reported. */
  @Test
  void anErrorDoesNotStopTheOthers() throws IOException {
    file("a.txt", "a");
    file("b.txt", "b");
    Files.createSymbolicLink(wd.resolve("gone.txt"), wd.resolve("nowhere"));

    PhaseResult result =
        upload(
            entry("a.txt", "first"),
            new OutputFile(
                "b.txt",
                OutputDestination.Container.of(url(container, "r"), "denied"),
                UploadCondition.TASK_SUCCESS),
            entry("*.txt", "all"));

    assertThat(names(container)).containsExactlyInAnyOrder("first", "all/a.txt", "all/b.txt");
    assertThat(result.errors()).extracting(UploadError::entry).containsExactly(1, 2);
    assertThat(result.failure().orElseThrow().code()).isEqualTo("FileUploadAccessDenied");
    assertThat(result.failure().orElseThrow().details())
        .anyMatch(detail -> detail.value().contains("leads nowhere"));
  }

  /** D9. */
  @Test
  void commandAndUploadFail() throws IOException {
    file("a.txt", "a");

    PhaseResult result =
        upload(
            3,
            QUICK,
            new OutputFile(
                "a.txt",
                OutputDestination.Container.of(url(container, "r"), "t"),
                UploadCondition.TASK_COMPLETION));

    FailureInformation failure = result.failure().orElseThrow();
    assertThat(failure.code()).isEqualTo("FailureExitCode");
    assertThat(failure.details()).contains(new FailureInformation.Detail("ExitCode", "3"));
    assertThat(failure.details())
        .anyMatch(detail -> detail.value().startsWith("FileUploadAccessDenied"));
    assertThat(result.uploadFailure().orElseThrow().code()).isEqualTo("FileUploadAccessDenied");
  }

  /** 2.10. */
  @Test
  void logs() throws IOException {
    file("a.txt", "a");

    upload(entry("../*.txt", "logs"), entry("$SECRET_NAME*", "x"), entry("wd/none", ""));

    assertThat(names(container))
        .containsExactlyInAnyOrder("logs/fileuploadout.txt", "logs/fileuploaderr.txt");
    assertThat(log("fileuploaderr.txt")).isEmpty();
    String out = log("fileuploadout.txt");
    assertThat(out.lines())
        .allMatch(line -> line.matches("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d,\\d{3}Z .*"));
    assertThat(out)
        .contains("character encodings")
        .contains("entry 0: base path " + task)
        .contains("original pattern ../*.txt")
        .contains("destination path logs")
        .contains("sig=***")
        .contains("uploading ")
        .contains("end of the upload phase")
        .doesNotContain("hush-hush");
  }

  /** 2.10: what stands in the log, in its order. */
  @Test
  void eventsOfTheLog() throws IOException {
    file("a.txt", "content");
    file("b.txt", "b");

    upload(
        entry("a.*", "first"),
        new OutputFile(
            "b.txt",
            OutputDestination.Container.of(url(container, "r"), "denied"),
            UploadCondition.TASK_FAILURE),
        new OutputFile(
            "b.txt",
            OutputDestination.Container.of(url(container, "r"), "denied"),
            UploadCondition.TASK_SUCCESS));

    String real = wd.toRealPath().toString();
    assertThat(log("fileuploadout.txt").lines().map(line -> line.substring(25)))
        .satisfiesExactly(
            line -> assertThat(line).startsWith("INFO  character encodings"),
            line ->
                assertThat(line)
                    .startsWith("INFO  entry 0: base path " + wd)
                    .contains("full pattern " + wd + "/a.*")
                    .contains("destination path first"),
            line -> assertThat(line).startsWith("INFO  entry 2: base path "),
            line -> assertThat(line).isEqualTo("INFO  entry 0: start of pattern a.*"),
            line -> assertThat(line).isEqualTo("INFO  entry 0: 1 files below " + real),
            line -> assertThat(line).isEqualTo("INFO  entry 2: start of pattern b.txt"),
            line -> assertThat(line).isEqualTo("INFO  entry 2: 1 files below " + real),
            line -> assertThat(line).contains("uploading ").contains(" as blob "),
            line -> assertThat(line).contains(real + "/"),
            line -> assertThat(line).contains(real + "/"),
            line -> assertThat(line).contains(real + "/"),
            line ->
                assertThat(line)
                    .matches(
                        "INFO  end of the upload phase: 1 files stored, 1 errors, \\d+\\.\\d{3} s"));
    assertThat(log("fileuploadout.txt"))
        .containsPattern("INFO  uploaded " + real + "/a.txt, 7 bytes in \\d+\\.\\d{3} s")
        .containsPattern(
            "ERROR FileUploadAccessDenied file "
                + real
                + "/b.txt: .*storage answered 403 .*\\(request \\S+\\)");
  }

  /** D2: a job that was asked to end or ran out of time has a bounded time for its uploads. */
  @ParameterizedTest(name = "exit code {0}, asked to end {1}, own limit {2}")
  @CsvSource(
      nullValues = "-",
      value = {
        "0, false, -, -",
        "3, false, -, -",
        "124, false, -, PT10M",
        "0, true, -, PT10M",
        "143, true, PT1H, PT1H",
        "0, false, PT1H, PT1H",
      })
  void timeOfThePhase(int exitCode, boolean asked, Duration own, String limit) throws IOException {
    file("a.txt", "a");
    try (OutputFilesPhase phase =
        OutputFilesPhase.open(
            List.of(entry("a.txt", "")),
            context(),
            own == null ? QUICK : QUICK.withTimeLimit(own),
            DestinationAccess.sasOnly(),
            UploadListener.NONE)) {
      phase.commandStarted();
      if (asked) {
        phase.terminationRequested();
      }
      assertThat(phase.commandEnded(exitCode).uploaded()).hasSize(1);
    }

    assertThat(log("fileuploadout.txt").lines().filter(line -> line.endsWith("are given up")))
        .allMatch(line -> line.contains("not stored after " + limit))
        .hasSize(limit == null ? 0 : 1);
  }

  /** 2.7: a local file that may not be read. */
  @Test
  void unreadableFileIsAnErrorOfThatFile() throws IOException {
    file("a.txt", "a");
    file("b.txt", "b");
    Files.setPosixFilePermissions(
        wd.resolve("a.txt"), PosixFilePermissions.fromString("---------"));
    assumeFalse(Files.isReadable(wd.resolve("a.txt")), "skipped: this user may read everything");

    PhaseResult result = upload(entry("*.txt", ""));

    assertThat(names(container)).containsExactly("b.txt");
    assertThat(result.failure().orElseThrow().toString())
        .startsWith("servererror FileUploadMiscError")
        .contains("permission denied");
  }

  /** D6: the later one wins, with a warning. */
  @Test
  void twoFilesOnOneName() throws IOException {
    file("x/a.txt", "earlier");
    file("y/a.txt", "later");

    upload(entry("x/*.txt", "same"), entry("y/*.txt", "same"));

    assertThat(text(container, "same/a.txt")).isEqualTo("later");
    assertThat(log("fileuploadout.txt")).contains("WARN").contains("the last one stays");
  }

  @Test
  void namesThatBlobsCannotBear() throws IOException {
    file("ok.txt", "ok");
    file("back\\slash.txt", "x");
    file("dot.d./a.txt", "x");
    file("tab\there.txt", "x");
    Path deep = wd;
    for (int i = 0; i < 6; i++) {
      deep = deep.resolve("d".repeat(200));
    }
    Files.createDirectories(deep);
    Files.writeString(deep.resolve("long.txt"), "x");

    PhaseResult result = upload(entry("**/*.txt", ""));

    assertThat(names(container)).containsExactly("ok.txt");
    assertThat(result.errors())
        .hasSize(4)
        .allMatch(error -> error.code() == UploadCode.MISC_ERROR && error.file().isPresent());
  }

  /** D7. */
  @Test
  void vanishedFileIsAnErrorOfThatFile() throws IOException {
    file("a.txt", "a");
    file("b.txt", "b");
    List<String> order = new ArrayList<>();
    UploadListener removing =
        new UploadListener() {
          @Override
          public void started(int files, long bytes) {
            order.add("started");
            try {
              Files.delete(wd.resolve("a.txt"));
            } catch (IOException e) {
              throw new java.io.UncheckedIOException(e);
            }
          }
        };
    try (OutputFilesPhase phase =
        OutputFilesPhase.open(
            List.of(entry("*.txt", "")), context(), QUICK, DestinationAccess.sasOnly(), removing)) {
      PhaseResult result = phase.commandEnded(0);

      assertThat(order).containsExactly("started");
      assertThat(names(container)).containsExactly("b.txt");
      assertThat(result.failure().orElseThrow().toString())
          .startsWith("servererror FileUploadMiscError")
          .contains("no such file");
    }
  }

  /** Dry run: what goes where, nothing is sent, no log. */
  @Test
  void plan() throws IOException {
    file("a.txt", "a");
    Files.createSymbolicLink(wd.resolve("gone.txt"), wd.resolve("nowhere"));
    List<UploadError> problems = new ArrayList<>();
    try (OutputFilesPhase phase =
        OutputFilesPhase.open(
            List.of(entry("*.txt", "t"), entry("a.txt", "f", UploadCondition.TASK_FAILURE)),
            context(),
            QUICK,
            DestinationAccess.sasOnly(),
            UploadListener.NONE)) {
      assertThat(phase.plan(0, problems::add))
          .containsExactly(
              new OutputFilesPhase.Planned(
                  wd.toRealPath().resolve("a.txt"), container.getBlobContainerUrl(), "t/a.txt"));
    }
    assertThat(problems).hasSize(1);
    assertThat(names(container)).isEmpty();
    assertThat(task.resolve("fileuploadout.txt")).doesNotExist();
  }

  /** Told before hours of work, without a request: the hosts do not exist. */
  @Test
  void warnings() {
    String host = "https://acctnorth.blob.core.windows.net/c?sv=2025-11-05&sig=abc&se=";
    List<OutputFile> files = new ArrayList<>();
    for (String url :
        List.of(
            host + "2199-01-01T00:00:00Z&sp=rl",
            host + "2020-01-01&sp=w",
            host + Instant.now().plus(Duration.ofHours(1)) + "&sp=cw",
            host + "2199-01-01T00:00Z&sp=c",
            "ftp://x/c",
            "https://acctnorth.blob.core.windows.net/c")) {
      files.add(
          new OutputFile(
              "a", OutputDestination.Container.of(url, "t"), UploadCondition.TASK_SUCCESS));
    }
    DestinationAccess none =
        any -> {
          throw new DestinationAccessException("nobody knows acctnorth", null);
        };

    List<String> warnings = OutputFilesPhase.warnings(files, none, Duration.ofHours(8));

    assertThat(warnings).hasSize(5).noneMatch(warning -> warning.contains("abc"));
    assertThat(warnings.get(0)).startsWith("outputFiles[0]: the SAS permits \"rl\"");
    assertThat(warnings.get(1)).startsWith("outputFiles[1]: the SAS ended at 2020-01-01");
    assertThat(warnings.get(2)).contains("outputFiles[2]: the SAS ends at").contains("before");
    assertThat(warnings.get(3)).startsWith("outputFiles[4]: malformed address");
    assertThat(warnings.get(4)).isEqualTo("outputFiles[5]: nobody knows acctnorth");
    assertThat(OutputFilesPhase.warnings(files.subList(2, 3), none, Duration.ZERO)).isEmpty();
  }

  @Test
  void timeLimit() throws IOException {
    for (int i = 0; i < 8; i++) {
      file(i + ".bin", "x".repeat(50_000));
    }
    // at this rate the set takes forty seconds
    UploadOptions slow =
        QUICK
            .withParallelism(2, 1)
            .withBytesPerSecond(10_000)
            .withTimeLimit(Duration.ofMillis(700));

    PhaseResult result = upload(0, slow, entry("*.bin", ""));

    assertThat(result.errors()).isNotEmpty();
    assertThat(result.errors()).allMatch(error -> error.code() == UploadCode.TIMED_OUT);
    assertThat(result.errors().size() + result.uploaded().size()).isEqualTo(8);
  }
}
