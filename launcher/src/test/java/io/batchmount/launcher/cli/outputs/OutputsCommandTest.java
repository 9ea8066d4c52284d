package io.batchmount.launcher.cli.outputs;

import static org.assertj.core.api.Assertions.assertThat;

import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobServiceClient;
import com.azure.storage.blob.BlobServiceClientBuilder;
import com.azure.storage.blob.BlobServiceVersion;
import com.azure.storage.blob.models.BlobItem;
import com.azure.storage.blob.sas.BlobContainerSasPermission;
import com.azure.storage.blob.sas.BlobServiceSasSignatureValues;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.batchmount.core.testkit.Azurite;
import io.batchmount.launcher.cli.Cli;
import io.batchmount.launcher.conventions.FileGroups;
import io.batchmount.launcher.conventions.JobContainers;
import io.batchmount.launcher.outputs.FaultyProxy;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code batchmount outputs ...} as users call it. */
class OutputsCommandTest {
  @TempDir Path task;
  private Path wd;
  private final String job = "Job_" + UUID.randomUUID();
  private final Map<String, String> environment = new HashMap<>();

  record Ran(int code, String out, String err) {}

  @BeforeEach
  void prepare() throws IOException {
    wd = Files.createDirectories(task.resolve("wd"));
    environment.put("BATCHMOUNT_STATE_DIR", task.resolve("state").toString());
  }

  private Ran run(String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        new Cli(
                environment,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8))
            .run(List.of(arguments));
    return new Ran(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  private void withAccount() {
    environment.put("AZURE_STORAGE_CONNECTION_STRING", Azurite.shared().connectionString());
  }

  private static BlobServiceClient service() {
    return new BlobServiceClientBuilder()
        .connectionString(Azurite.shared().connectionString())
        .serviceVersion(BlobServiceVersion.V2025_11_05)
        .buildClient();
  }

  private BlobContainerClient container() {
    return service().getBlobContainerClient(JobContainers.nameOf(job));
  }

  private String definition(String url, String more) throws IOException {
    Path file = task.resolve("output-files.json");
    Files.writeString(
        file,
        """
        [{"filePattern": "**/*.txt",
          "destination": {"container": {"containerUrl": "%s", "path": "t1"}},
          "uploadOptions": {"uploadCondition": "tasksuccess"}}%s]
        """
            .formatted(url, more));
    return file.toString();
  }

  private String sas(BlobContainerClient container) {
    return container.getBlobContainerUrl()
        + "?"
        + container.generateSas(
            new BlobServiceSasSignatureValues(
                OffsetDateTime.now().plusHours(1), BlobContainerSasPermission.parse("w")));
  }

  @ParameterizedTest
  @CsvSource({
    "MyTerrificJob, job-myterrificjob",
    "---, job-job-58b63e273b964039d6ef432a415df3f177c818e5",
    "-abc, job-abc-4d191ef72101975a9d6a268e1bf604473a1b4afc"
  })
  void containerName(String id, String expected) {
    assertThat(run("outputs", "container-name", "--", id))
        .isEqualTo(new Ran(0, expected + "\n", ""));
  }

  @Test
  void blobName() {
    assertThat(
            run("outputs", "blob-name", "--task", "t", "--kind", "TaskLog", "../../shared/app.log"))
        .isEqualTo(new Ran(0, "t/$TaskLog/shared/app.log\n", ""));
    assertThat(run("outputs", "blob-name", "--kind", "JobOutput", "--", "-x/ü.txt"))
        .isEqualTo(new Ran(0, "$JobOutput/-x/ü.txt\n", ""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "container-name|a.b",
        "blob-name --kind K|/tmp/x",
        "blob-name --kind K|a/../b",
        "blob-name --kind a/b|x",
        "blob-name --task a:b --kind K|x",
        "blob-name|x"
      })
  void wrongUsage(String options, String operand) {
    java.util.ArrayList<String> arguments = new java.util.ArrayList<>(List.of("outputs"));
    arguments.addAll(List.of(options.split(" ")));
    arguments.addAll(List.of("--", operand));

    Ran ran = run(arguments.toArray(String[]::new));

    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.out()).isEmpty();
    assertThat(ran.err()).startsWith("batchmount: ");
  }

  @Test
  void uploadWithSasAlone() throws IOException {
    Files.writeString(wd.resolve("a.txt"), "a");
    Files.createDirectories(wd.resolve("s"));
    Files.writeString(wd.resolve("s/b.txt"), "b");
    container().create();
    String file = definition(sas(container()), "");

    Ran ran =
        run("outputs", "upload", "-f", file, "--exit-code", "0", "--directory", wd.toString());

    assertThat(ran.err()).isEmpty();
    assertThat(ran.code()).isZero();
    assertThat(ran.out().lines())
        .anyMatch(line -> line.endsWith("\t" + container().getBlobContainerUrl() + "\tt1/a.txt"));
    assertThat(container().listBlobs().stream().map(BlobItem::getName))
        .containsExactly("t1/a.txt", "t1/s/b.txt");
    assertThat(task.resolve("fileuploadout.txt")).exists();
    assertThat(task.resolve("fileuploaderr.txt")).isEmptyFile();
  }

  @Test
  void uploadWithAccountAndVariables() throws IOException {
    Files.writeString(wd.resolve("a.txt"), "a");
    Path logs = Files.createDirectories(task.resolve("elsewhere"));
    environment.put("AZ_BATCH_TASK_WORKING_DIR", wd.toString());
    environment.put("AZ_BATCH_TASK_DIR", logs.toString());
    withAccount();
    container().create();

    Ran ran =
        run(
            "outputs",
            "upload",
            "--json",
            "--exit-code=0",
            "-f",
            definition(container().getBlobContainerUrl(), ""));

    assertThat(ran.err()).isEmpty();
    assertThat(ran.code()).isZero();
    assertThat(new ObjectMapper().readTree(ran.out()).at("/uploaded/0/blob").asText())
        .isEqualTo("t1/a.txt");
    assertThat(logs.resolve("fileuploadout.txt")).exists();
  }

  /** The address of an emulator by name, signed with the account's key. */
  @Test
  void uploadWithAKeyToAPathStyleAddressByName() throws IOException {
    Files.writeString(wd.resolve("a.txt"), "a");
    environment.put("AZURE_STORAGE_ACCOUNT", Azurite.ACCOUNT);
    environment.put("AZURE_STORAGE_ACCESS_KEY", Azurite.KEY);
    container().create();
    String url = container().getBlobContainerUrl().replace("127.0.0.1", "localhost");

    Ran ran =
        run(
            "outputs",
            "upload",
            "-f",
            definition(url, ""),
            "--exit-code=0",
            "--directory",
            wd.toString());

    assertThat(ran.err()).isEmpty();
    assertThat(ran.code()).isZero();
    assertThat(ran.out()).contains("\t" + url + "\tt1/a.txt");
    assertThat(container().listBlobs().stream().map(BlobItem::getName)).containsExactly("t1/a.txt");
  }

  /** Chapter 6: a container of the linked account. */
  @Test
  void uploadToAFileGroup() throws IOException {
    Files.writeString(wd.resolve("a.txt"), "a");
    withAccount();
    String group = "group_" + UUID.randomUUID();
    BlobContainerClient container = service().getBlobContainerClient(FileGroups.containerOf(group));
    container.create();
    Path file =
        Files.writeString(
            task.resolve("output-files.json"),
            """
            [{"filePattern": "*.txt",
              "destination": {"autoStorage": {"fileGroup": "%s", "path": "t1"}}}]
            """
                .formatted(group));

    Ran ran =
        run(
            "outputs",
            "upload",
            "-f",
            file.toString(),
            "--exit-code=0",
            "--directory",
            wd.toString());

    assertThat(ran.err()).isEmpty();
    assertThat(ran.code()).isZero();
    assertThat(container.listBlobs().stream().map(BlobItem::getName)).containsExactly("t1/a.txt");
    environment.remove("AZURE_STORAGE_CONNECTION_STRING");
    assertThat(
            run(
                    "outputs",
                    "upload",
                    "-f",
                    file.toString(),
                    "--exit-code=0",
                    "--directory",
                    wd.toString())
                .err())
        .contains("usererror FileUploadAccessDenied")
        .contains("--account");
  }

  @Test
  void conditionDoesNotHold() throws IOException {
    Files.writeString(wd.resolve("a.txt"), "a");
    String file = definition("http://127.0.0.1:1/acct/none?sig=x", "");

    Ran ran =
        run("outputs", "upload", "-f", file, "--exit-code", "3", "--directory", wd.toString());

    assertThat(ran).isEqualTo(new Ran(0, "", ""));
  }

  @Test
  void uploadThatFails() throws IOException {
    Files.writeString(wd.resolve("a.txt"), "a");
    String file = definition(sas(container()), "");

    Ran ran =
        run("outputs", "upload", "-f", file, "--exit-code", "0", "--directory", wd.toString());

    assertThat(ran.code()).isEqualTo(4);
    assertThat(ran.err()).contains("usererror FileUploadContainerNotFound").doesNotContain("sig=");
  }

  /** Interrupted by a network that stays down; what was stored is not sent again. */
  @Test
  void uploadIsTakenUp() throws IOException {
    for (String name : List.of("a", "b", "c")) {
      Files.write(wd.resolve(name + ".txt"), new byte[1 << 20]);
    }
    container().create();
    try (FaultyProxy network = new FaultyProxy(Azurite.shared().endpoint())) {
      String file = definition(network.through(sas(container())), "");
      network.cutAfter((1 << 20) + (1 << 19), true);
      String[] upload = {
        "outputs",
        "upload",
        "-f",
        file,
        "--exit-code=0",
        "--upload-parallel=1",
        "--json",
        "--directory",
        wd.toString(),
        "--upload-timeout=5s"
      };
      assertThat(run(upload).code()).isEqualTo(4);
      int before =
          (int) container().listBlobs().stream().count(); // 1 on a machine that is not busy
      network.heal();
      upload[upload.length - 1] = "--resume";

      Ran resumed = run(upload);

      assertThat(resumed.code()).as(resumed.err()).isZero();
      List<Boolean> skipped = new java.util.ArrayList<>();
      new ObjectMapper()
          .readTree(resumed.out())
          .path("uploaded")
          .forEach(one -> skipped.add(one.path("skipped").asBoolean()));
      assertThat(skipped).containsExactly(before > 0, false, false);
    }
    assertThat(container().listBlobs()).hasSize(3);
  }

  @Test
  void noCredentials() throws IOException {
    Files.writeString(wd.resolve("a.txt"), "a");
    String file = definition("https://acctnorth.blob.core.windows.net/out", "");

    Ran ran =
        run("outputs", "upload", "-f", file, "--exit-code", "0", "--directory", wd.toString());

    assertThat(ran.code()).isEqualTo(4);
    assertThat(ran.err()).contains("usererror FileUploadAccessDenied").contains("acctnorth");
  }

  @Test
  void badDefinition() throws IOException {
    String file = definition("x", ", {\"filePattern\": \"a\"}");

    Ran ran = run("outputs", "upload", "-f", file, "--exit-code", "0");

    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err()).contains(file).contains("outputFiles[1].destination is missing");
  }

  @Test
  void dryRun() throws IOException {
    Files.writeString(wd.resolve("a.txt"), "a");
    String file = definition("https://acctnorth.blob.core.windows.net/out?sv=1&sig=secret", "");

    Ran ran =
        run(
            "outputs",
            "upload",
            "--dry-run",
            "-f",
            file,
            "--exit-code",
            "0",
            "--directory",
            wd.toString());

    assertThat(ran)
        .isEqualTo(
            new Ran(
                0,
                wd.toRealPath().resolve("a.txt")
                    + "\thttps://acctnorth.blob.core.windows.net/out\tt1/a.txt\n",
                ""));
    assertThat(task.resolve("fileuploadout.txt")).doesNotExist();
  }

  @Test
  void saveListGetDelete() throws IOException {
    withAccount();
    Path a = Files.writeString(wd.resolve("a b+ü.txt"), "content");
    assertThat(
            run(
                    "outputs",
                    "save",
                    "--job",
                    job,
                    "--task",
                    "t1",
                    "--kind",
                    "TaskOutput",
                    "--create-container",
                    "--name",
                    "x/a b+ü.txt",
                    a.toString())
                .code())
        .isZero();
    assertThat(
            run(
                    "outputs",
                    "save",
                    "--job",
                    job,
                    "--kind",
                    "JobOutput",
                    "--name",
                    "j.txt",
                    a.toString())
                .code())
        .isZero();

    Ran list = run("outputs", "list", "--job", job, "--json");
    JsonNode all = new ObjectMapper().readTree(list.out());
    assertThat(all).hasSize(2);
    assertThat(all.at("/0/path").asText()).isEqualTo("j.txt");
    assertThat(all.at("/1/task").asText()).isEqualTo("t1");
    assertThat(all.at("/1/path").asText()).isEqualTo("x/a b+ü.txt");
    assertThat(run("outputs", "list", "--job", job, "--task", "t1").out())
        .startsWith("TASK  KIND        SIZE  MODIFIED")
        .contains("x/a b+ü.txt")
        .doesNotContain("j.txt");
    assertThat(run("outputs", "list", "--job", job, "--task", "t1", "--kind", "Task").out().lines())
        .hasSize(1);

    Path into = task.resolve("fetched");
    Ran get =
        run(
            "outputs",
            "get",
            "--job",
            job,
            "--task",
            "t1",
            "--kind",
            "TaskOutput",
            "-o",
            into.toString());
    assertThat(get.out()).isEqualTo(into.resolve("x/a b+ü.txt") + "\n");
    assertThat(into.resolve("x/a b+ü.txt")).hasContent("content");

    assertThat(run("outputs", "delete", "--job", job, "--kind", "JobOutput", "--", "j.txt").code())
        .isZero();
    Ran missing = run("outputs", "get", "--job", job, "--kind", "JobOutput", "j.txt");
    assertThat(missing.code()).isEqualTo(1);
    assertThat(missing.err()).contains("404");
  }

  @Test
  void trackUntilAProcessEnds() throws Exception {
    withAccount();
    container().create();
    Path log = wd.resolve("train.log");
    Process process =
        new ProcessBuilder(
                "bash",
                "-c",
                "for i in 1 2 3; do echo line $i >> \"$0\"; sleep 0.3; done",
                log.toString())
            .start();

    Ran ran =
        run(
            "outputs",
            "track",
            "--job",
            job,
            "--task",
            "t1",
            "--name",
            "train.log",
            "--interval",
            "100ms",
            "--pid",
            Long.toString(process.pid()),
            log.toString());

    assertThat(ran.code()).isZero();
    assertThat(container().getBlobClient("t1/$TaskLog/train.log").downloadContent().toString())
        .isEqualTo("line 1\nline 2\nline 3\n");
  }

  @Test
  void signaturesDoNotBelongOnACommandLine() {
    Ran ran =
        run("outputs", "list", "--container-url", "https://x.blob.core.windows.net/c?sig=abc");

    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err()).contains("BATCHMOUNT_CONTAINER_URL").doesNotContain("abc");
  }

  @Test
  void listByAddressFromTheEnvironment() {
    container().create();
    environment.put(
        "BATCHMOUNT_CONTAINER_URL",
        container().getBlobContainerUrl()
            + "?"
            + container()
                .generateSas(
                    new BlobServiceSasSignatureValues(
                        OffsetDateTime.now().plusHours(1),
                        BlobContainerSasPermission.parse("rl"))));

    assertThat(run("outputs", "list", "--json").out()).isEqualTo("[ ]\n");
  }
}
