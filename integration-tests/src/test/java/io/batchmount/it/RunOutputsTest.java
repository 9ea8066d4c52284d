package io.batchmount.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.models.BlobItem;
import com.azure.storage.blob.sas.BlobContainerSasPermission;
import com.azure.storage.blob.sas.BlobServiceSasSignatureValues;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.batchmount.it.support.Batchmount;
import io.batchmount.it.support.Storage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Declared output files of a job that {@code batchmount run} runs, named by the conventions. */
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class RunOutputsTest {
  @TempDir Path work;
  private Batchmount batchmount;
  private BlobContainerClient container;
  private Path job;

  @BeforeEach
  void prepare() throws IOException {
    Assumptions.assumeTrue(Files.exists(Path.of("/dev/fuse")), "no /dev/fuse here");
    batchmount = Batchmount.in(work).with(Storage.environment());
    container = Storage.newContainer();
    String share = Storage.newName();
    batchmount.run("storage", "create", "files", share).expect(0);
    job =
        Files.writeString(
            work.resolve("job.json"),
            """
            {"nodeCount": 1, "stdOutErrPathPrefix": "$AZ_BATCHAI_JOB_MOUNT_ROOT/out",
             "mountVolumes": {"azureFileShares": [
               {"azureFileUrl": "https://devstoreaccount1.file.core.windows.net/%s",
                "relativeMountPath": "out"}]},
             "customToolkitSettings": {"commandLine": "true"}}
            """
                .formatted(share));
  }

  private String address(BlobContainerClient of, String permissions) {
    return of.getBlobContainerUrl()
        + "?"
        + of.generateSas(
            new BlobServiceSasSignatureValues(
                OffsetDateTime.now().plusHours(1), BlobContainerSasPermission.parse(permissions)));
  }

  private String threeOutputFiles(String address) throws IOException {
    return threeOutputFiles(address, "$AZ_BATCH_TASK_DIR/std*.txt");
  }

  private String threeOutputFiles(String address, String logs) throws IOException {
    Path file = work.resolve("output-files.json");
    return Files.writeString(
            file,
            """
            [{"filePattern": "result*.csv",
              "destination": {"container": {"containerUrl": "%1$s", "path": "task0/$TaskOutput"}},
              "uploadOptions": {"uploadCondition": "taskSuccess"}},
             {"filePattern": "core.txt",
              "destination": {"container": {"containerUrl": "%1$s",
                "path": "task0/$TaskIntermediate/core.txt"}},
              "uploadOptions": {"uploadCondition": "taskFailure"}},
             {"filePattern": "%2$s",
              "destination": {"container": {"containerUrl": "%1$s", "path": "task0/$TaskLog"}},
              "uploadOptions": {"uploadCondition": "taskCompletion"}}]
            """
                .formatted(address, logs))
        .toString();
  }

  private Batchmount.Result run(String definition, String script) {
    return batchmount.run(
        "run", "-f", job.toString(), "--output-files", definition, "--", "bash", "-c", script);
  }

  private List<String> blobs() {
    return container.listBlobs().stream().map(BlobItem::getName).toList();
  }

  @Test
  void success() throws IOException {
    run(
            threeOutputFiles(address(container, "w")),
            "echo said; echo 1 > result1.csv; echo 2 > result2.csv; echo 3 > core.txt")
        .expect(0);

    assertThat(blobs())
        .containsExactlyInAnyOrder(
            "task0/$TaskOutput/result1.csv",
            "task0/$TaskOutput/result2.csv",
            "task0/$TaskLog/stdout.txt",
            "task0/$TaskLog/stderr.txt");
    assertThat(container.getBlobClient("task0/$TaskLog/stdout.txt").downloadContent())
        .hasToString("said\n");
  }

  @Test
  void failure() throws IOException {
    run(
            threeOutputFiles(address(container, "w"), "../std*.txt"),
            "echo 1 > result1.csv; echo dump > core.txt; echo bad >&2; exit 3")
        .expect(3);

    assertThat(blobs())
        .containsExactlyInAnyOrder(
            "task0/$TaskIntermediate/core.txt",
            "task0/$TaskLog/stdout.txt",
            "task0/$TaskLog/stderr.txt");
    assertThat(container.getBlobClient("task0/$TaskLog/stderr.txt").downloadContent())
        .hasToString("bad\n");
  }

  @Test
  void uploadFails() throws IOException {
    Batchmount.Result ran =
        run(threeOutputFiles(address(container, "r")), "echo 1 > result1.csv").expect(4);

    assertThat(ran.stderr())
        .contains("batchmount: outputFiles[0]: the SAS permits \"r\" and no writing")
        .contains("usererror FileUploadAccessDenied")
        .doesNotContain("sig=");
    assertThat(blobs()).isEmpty();
  }

  /** What a run could not store is stored by hand later, and nothing else is sent again. */
  @Test
  void theUploadOfARunIsTakenUp() throws IOException {
    BlobContainerClient late = Storage.newContainer();
    String definition =
        Files.writeString(
                work.resolve("two.json"),
                """
                [{"filePattern": "a.csv", "destination": {"container": {"containerUrl": "%s"}}},
                 {"filePattern": "b.csv", "destination": {"container": {"containerUrl": "%s"}}}]
                """
                    .formatted(address(container, "w"), address(late, "w")))
            .toString();
    late.delete();
    Batchmount.Result ran = run(definition, "echo 1 > a.csv; echo 2 > b.csv").expect(4);
    assertThat(ran.stderr()).contains("usererror FileUploadContainerNotFound");
    late.create();

    Batchmount.Result resumed =
        batchmount
            .run(
                "outputs",
                "upload",
                "-f",
                definition,
                "--exit-code",
                "0",
                "--directory",
                work.toString(),
                "--resume",
                "--json")
            .expect(0);

    JsonNode uploaded = new ObjectMapper().readTree(resumed.stdout()).path("uploaded");
    assertThat(uploaded.at("/0/blob").asText()).isEqualTo("a.csv");
    assertThat(uploaded.at("/0/skipped").asBoolean()).isTrue();
    assertThat(uploaded.at("/1/blob").asText()).isEqualTo("b.csv");
    assertThat(uploaded.at("/1/skipped").asBoolean()).isFalse();
    assertThat(late.getBlobClient("b.csv").downloadContent()).hasToString("2\n");
  }

  @Test
  void badDefinitionIsToldBeforeTheJob() throws IOException {
    Path definition = Files.writeString(work.resolve("bad.json"), "[{\"filePattern\": \"a\"}]");

    Batchmount.Result ran = run(definition.toString(), "touch " + work + "/ran").expect(2);

    assertThat(ran.stderr()).contains("outputFiles[0].destination is missing");
    assertThat(work.resolve("ran")).doesNotExist();
    Batchmount.Result planned =
        batchmount.run(
            "run", "-f", job.toString(), "--output-files", definition.toString(), "--dry-run");
    assertThat(planned.expect(2).stderr()).contains("outputFiles[0].destination is missing");
  }

  /** A node that is taken away: what changed is uploaded at once, with an interval of an hour. */
  @Test
  void terminationUploadsWhatIsUploadedWhileRunning() throws IOException {
    Path definition =
        Files.writeString(
            work.resolve("while-running.json"),
            """
            [{"filePattern": "checkpoint",
              "destination": {"container": {"containerUrl": "%s"}},
              "uploadOptions": {"uploadCondition": "whileRunning"}}]
            """
                .formatted(address(container, "w")));
    try (Batchmount.Running running =
        batchmount.start(
            "run",
            "-f",
            job.toString(),
            "--output-files",
            definition.toString(),
            "--upload-every",
            "1h",
            "--",
            "bash",
            "-c",
            "trap 'exit 9' TERM; echo state > checkpoint; echo ready; while :; do sleep 0.1; done")) {
      running.awaitOutput("ready");
      running.signal("TERM");
      running.await(Batchmount.LIMIT).expect(9);
    }

    assertThat(container.getBlobClient("checkpoint").downloadContent()).hasToString("state\n");
  }
}
