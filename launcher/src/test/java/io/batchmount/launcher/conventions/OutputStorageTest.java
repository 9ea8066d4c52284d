package io.batchmount.launcher.conventions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.azure.storage.blob.BlobServiceClient;
import com.azure.storage.blob.BlobServiceClientBuilder;
import com.azure.storage.blob.BlobServiceVersion;
import com.azure.storage.blob.sas.BlobContainerSasPermission;
import com.azure.storage.blob.sas.BlobServiceSasSignatureValues;
import com.sun.net.httpserver.HttpServer;
import io.batchmount.core.testkit.Azurite;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Chapter 4 of the File Conventions over a real Blob service. */
class OutputStorageTest {
  @TempDir Path wd;
  private final String jobId = "Job_" + UUID.randomUUID();
  private BlobServiceClient service;
  private JobOutputStorage job;
  private TaskOutputStorage task;

  @BeforeEach
  void prepare() {
    service =
        new BlobServiceClientBuilder()
            .connectionString(Azurite.shared().connectionString())
            .serviceVersion(BlobServiceVersion.V2025_11_05)
            .buildClient();
    job = JobOutputStorage.of(service, jobId).withBaseDirectory(wd);
    task = TaskOutputStorage.of(service, jobId, "test-task").withBaseDirectory(wd);
  }

  private Path file(String name, String content) throws IOException {
    Path path = wd.resolve(name);
    Files.createDirectories(path.getParent());
    return Files.writeString(path, content);
  }

  private List<String> blobs() {
    return job.container().listBlobs().stream().map(item -> item.getName()).toList();
  }

  private static List<String> paths(Stream<StoredOutput> outputs) {
    try (outputs) {
      return outputs.map(StoredOutput::filePath).toList();
    }
  }

  @Test
  void containerIsCreatedOnRequestAlone() {
    assertThat(job.container().getBlobContainerName()).isEqualTo(JobContainers.nameOf(jobId));
    assertThat(job.createContainerIfMissing()).isTrue();
    assertThat(task.createContainerIfMissing()).isFalse();
    assertThat(job.container().getProperties().getBlobPublicAccess()).isNull();
  }

  @Test
  void savingWithoutContainerFails() throws IOException {
    file("a.txt", "a");

    assertThatThrownBy(() -> job.save(JobOutputKind.JOB_OUTPUT, Path.of("a.txt")))
        .isInstanceOfSatisfying(
            OutputStorageException.class,
            e -> {
              assertThat(e.isNotFound()).isTrue();
              assertThat(e.serviceCode()).contains("ContainerNotFound");
            });
  }

  /** 4.2. */
  @Test
  void saveUnderItsOwnPath() throws IOException {
    job.createContainerIfMissing();
    file("Files/a.txt", "a");
    Files.createDirectories(wd.resolve("inner/deep"));
    file("outside.txt", "outside");

    job.save(JobOutputKind.JOB_OUTPUT, Path.of("Files/a.txt"));
    task.save(TaskOutputKind.TASK_PREVIEW, Path.of("Files/a.txt"));
    StoredOutput outside =
        task.withBaseDirectory(wd.resolve("inner/deep"))
            .save(TaskOutputKind.TASK_INTERMEDIATE, Path.of("../../outside.txt"));

    assertThat(blobs())
        .containsExactly(
            "$JobOutput/Files/a.txt",
            "test-task/$TaskIntermediate/outside.txt",
            "test-task/$TaskPreview/Files/a.txt");
    assertThat(outside.filePath()).isEqualTo("outside.txt");
    assertThat(new String(outside.readBytes(), StandardCharsets.UTF_8)).isEqualTo("outside");
  }

  @Test
  void saveUnderAName() throws IOException {
    job.createContainerIfMissing();
    Path absolute = file("a.txt", "first");

    job.save(JobOutputKind.of("mine"), absolute, "x/y/Renamed ü+%.txt");
    file("a.txt", "second");
    StoredOutput again =
        job.save(JobOutputKind.of("mine"), Path.of("a.txt"), "x/y/Renamed ü+%.txt");

    assertThat(blobs()).containsExactly("$mine/x/y/Renamed ü+%.txt");
    assertThat(new String(again.readBytes(), StandardCharsets.UTF_8)).isEqualTo("second");
    assertThat(OutputNames.filePathOfUrl(again.uri().toString())).isEqualTo("x/y/Renamed ü+%.txt");
  }

  @Test
  void saveText() {
    job.createContainerIfMissing();

    task.saveText(TaskOutputKind.TASK_OUTPUT, "grün", "note.txt");
    job.saveText(JobOutputKind.JOB_PREVIEW, "", "empty.txt");

    assertThat(task.get(TaskOutputKind.TASK_OUTPUT, "note.txt").readBytes())
        .isEqualTo("grün".getBytes(StandardCharsets.UTF_8));
    assertThat(
            job.find(JobOutputKind.JOB_PREVIEW, "empty.txt")
                .orElseThrow()
                .facts()
                .orElseThrow()
                .size())
        .isZero();
  }

  @Test
  void refusedArgumentsNameTheParameter() {
    assertThatNullPointerException()
        .isThrownBy(() -> job.save(null, Path.of("a")))
        .withMessage("kind");
    assertThatNullPointerException()
        .isThrownBy(() -> job.save(JobOutputKind.JOB_OUTPUT, null))
        .withMessage("relativePath");
    assertThatNullPointerException()
        .isThrownBy(() -> task.saveText(TaskOutputKind.TASK_LOG, null, "a"))
        .withMessage("text");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> job.save(JobOutputKind.JOB_OUTPUT, Path.of("/tmp/a")))
        .withMessageContaining("relativePath");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> job.save(JobOutputKind.JOB_OUTPUT, Path.of("")))
        .withMessageContaining("relativePath");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> job.save(JobOutputKind.JOB_OUTPUT, Path.of(""), "x"))
        .withMessageContaining("source");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> job.save(JobOutputKind.JOB_OUTPUT, Path.of("a"), "x/../../y"))
        .withMessageContaining("name");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> JobOutputStorage.of(service, ""))
        .withMessageContaining("jobId");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TaskOutputStorage.of(service, jobId, ""))
        .withMessageContaining("taskId");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> JobOutputStorage.of(URI.create("relative")))
        .withMessageContaining("containerUrl");
  }

  /** 4.3 and the defect of listing by a prefix without a slash. */
  @Test
  void listing() {
    job.createContainerIfMissing();
    task.saveText(TaskOutputKind.TASK_LOG, "1", "b.txt");
    task.saveText(TaskOutputKind.TASK_LOG, "12", "a/b ü+.txt");
    task.saveText(TaskOutputKind.of("TaskLogExtra"), "1", "not-this.txt");
    TaskOutputStorage.of(service, jobId, "test-task-2")
        .saveText(TaskOutputKind.TASK_LOG, "1", "nor-this.txt");

    assertThat(paths(task.list(TaskOutputKind.TASK_LOG))).containsExactly("a/b ü+.txt", "b.txt");
    assertThat(paths(task.list(TaskOutputKind.TASK_PREVIEW))).isEmpty();
    assertThat(paths(job.list(JobOutputKind.JOB_OUTPUT))).isEmpty();
    StoredOutput listed = task.list(TaskOutputKind.TASK_LOG).findFirst().orElseThrow();
    assertThat(listed.facts().orElseThrow().size()).isEqualTo(2);
    assertThat(task.get(TaskOutputKind.TASK_LOG, listed.filePath())).isEqualTo(listed);
    try (Stream<ListedOutput> all = ListedOutput.all(job.container())) {
      assertThat(all.map(one -> one.taskId().orElse("-") + " " + one.kind()))
          .containsExactlyInAnyOrder(
              "test-task TaskLog",
              "test-task TaskLog",
              "test-task TaskLogExtra",
              "test-task-2 TaskLog");
    }
  }

  /** A page is asked for when the one before it is used up. */
  @Test
  void listingIsFetchedAsTheCallerGoesOn() throws IOException {
    AtomicInteger pages = new AtomicInteger();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          int page = pages.incrementAndGet();
          byte[] body =
              """
              <?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs><Blob>
              <Name>$JobOutput/f%1$d</Name><Properties><Content-Length>1</Content-Length>
              <Last-Modified>Thu, 01 Jan 2026 00:00:00 GMT</Last-Modified></Properties>
              </Blob></Blobs><NextMarker>%2$s</NextMarker></EnumerationResults>
              """
                  .formatted(page, page < 3 ? "m" + page : "")
                  .strip()
                  .getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().set("Content-Type", "application/xml");
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    try {
      JobOutputStorage scripted =
          JobOutputStorage.of(
              URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/acct/c?sig=x"));
      Stream<StoredOutput> outputs = scripted.list(JobOutputKind.JOB_OUTPUT);
      assertThat(pages).hasValue(0);

      Iterator<StoredOutput> iterator = outputs.iterator();
      assertThat(iterator.next().filePath()).isEqualTo("f1");
      assertThat(pages).hasValue(1);
      assertThat(iterator.next().filePath()).isEqualTo("f2");
      assertThat(pages).hasValue(2);
      assertThat(iterator.next().filePath()).isEqualTo("f3");
      assertThat(iterator.hasNext()).isFalse();
      assertThat(pages).hasValue(3);
    } finally {
      server.stop(0);
    }
  }

  @Test
  void aMissingContainerShowsAtTheFirstStep() {
    Stream<StoredOutput> outputs = job.list(JobOutputKind.JOB_OUTPUT);
    Iterator<StoredOutput> iterator = outputs.iterator();

    assertThatThrownBy(iterator::hasNext).isInstanceOf(OutputStorageException.class);
  }

  @Test
  void fetching() throws IOException {
    job.createContainerIfMissing();
    job.saveText(JobOutputKind.JOB_OUTPUT, "content", "d/x.txt");
    StoredOutput output = job.get(JobOutputKind.JOB_OUTPUT, "d/x.txt");

    Path file = output.downloadTo(wd.resolve("new/dir/x.txt"));
    output.downloadTo(file);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    output.transferTo(bytes);
    try (InputStream stream = output.openStream()) {
      assertThat(stream.readAllBytes()).isEqualTo("content".getBytes(StandardCharsets.UTF_8));
    }

    assertThat(file).hasContent("content");
    assertThat(file.getParent().toFile().list()).containsExactly("x.txt");
    assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo("content");
    output.delete();
    assertThat(job.find(JobOutputKind.JOB_OUTPUT, "d/x.txt")).isEmpty();
    assertThatThrownBy(() -> output.downloadTo(wd.resolve("y")))
        .isInstanceOf(OutputStorageException.class);
    assertThat(wd.resolve("y")).doesNotExist();
    assertThatThrownBy(output::delete)
        .isInstanceOfSatisfying(
            OutputStorageException.class, e -> assertThat(e.status()).hasValue(404));
  }

  /** 4.5. */
  @Test
  void containerUrl() throws IOException {
    job.createContainerIfMissing();
    file("a.txt", "a");

    URI url = job.containerUrl(Duration.ofHours(2));
    TaskOutputStorage bySas = TaskOutputStorage.of(url, "test-task").withBaseDirectory(wd);
    bySas.save(TaskOutputKind.TASK_OUTPUT, Path.of("a.txt"));

    assertThat(paths(bySas.list(TaskOutputKind.TASK_OUTPUT))).containsExactly("a.txt");
    assertThat(url.getQuery()).contains("sp=racwl").doesNotContain("st=");
    assertThat(endOf(url))
        .isCloseTo(Instant.now().plus(Duration.ofHours(2)), within(5, ChronoUnit.MINUTES));
    assertThat(endOf(job.containerUrl()))
        .isCloseTo(Instant.now().plus(Duration.ofDays(7)), within(5, ChronoUnit.MINUTES));
    assertThat(bySas.get(TaskOutputKind.TASK_OUTPUT, "a.txt").uri().toString())
        .doesNotContain("sig=");
    assertThatThrownBy(() -> bySas.get(TaskOutputKind.TASK_OUTPUT, "a.txt").delete())
        .isInstanceOfSatisfying(
            OutputStorageException.class, e -> assertThat(e.status()).hasValue(403));
    assertThatIllegalArgumentException().isThrownBy(() -> job.containerUrl(Duration.ZERO));
    assertThatIllegalArgumentException().isThrownBy(() -> job.containerUrl(Duration.ofSeconds(-1)));
    assertThatThrownBy(bySas::containerUrl)
        .isInstanceOf(OutputStorageException.class)
        .hasMessageContaining("account key")
        .hasMessageNotContaining("sig=");
  }

  private static Instant endOf(URI url) {
    return Instant.parse(url.getQuery().replaceFirst(".*\\bse=([^&]*).*", "$1"));
  }

  @Test
  void writeAloneIsEnoughToSave() throws IOException {
    job.createContainerIfMissing();
    file("a.txt", "a");
    String sas =
        job.container()
            .generateSas(
                new BlobServiceSasSignatureValues(
                    OffsetDateTime.now().plusHours(1), BlobContainerSasPermission.parse("w")));
    JobOutputStorage writer =
        JobOutputStorage.of(URI.create(job.container().getBlobContainerUrl() + "?" + sas))
            .withBaseDirectory(wd);

    writer.save(JobOutputKind.JOB_OUTPUT, Path.of("a.txt"));
    writer.saveText(JobOutputKind.JOB_OUTPUT, "b", "b.txt");

    assertThat(blobs()).hasSize(2);
    assertThatThrownBy(() -> writer.get(JobOutputKind.JOB_OUTPUT, "a.txt").readBytes())
        .isInstanceOf(OutputStorageException.class)
        .hasMessageNotContaining("sig=");
  }

  @Test
  void byTaskAddress() {
    String url = "https://acct.region.batch.azure.com/jobs/" + jobId + "/tasks/t1";

    assertThat(TaskOutputStorage.ofTaskUrl(service, url, "t1").container().getBlobContainerName())
        .isEqualTo(job.container().getBlobContainerName());
    assertThat(task.storagePath(TaskOutputKind.TASK_LOG)).isEqualTo("test-task/$TaskLog");
    assertThat(job.storagePath(JobOutputKind.JOB_OUTPUT)).isEqualTo("$JobOutput");
  }
}
