package io.batchmount.launcher.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobContainerClientBuilder;
import com.azure.storage.blob.BlobServiceVersion;
import com.azure.storage.blob.sas.BlobContainerSasPermission;
import com.azure.storage.blob.sas.BlobServiceSasSignatureValues;
import io.batchmount.core.testkit.Azurite;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs of {@code examples/outputs}: they compile, run, and print what they promise. */
class OutputExamplesTest {
  @TempDir Path directory;

  private String run(String program, List<String> properties, String... arguments)
      throws IOException, InterruptedException {
    assumeTrue(ToolProvider.getSystemJavaCompiler() != null, "skipped: no Java compiler here");
    Path source = Azurite.projectRoot().resolve("examples/outputs/" + program + ".java");
    Path classes = Files.createDirectories(directory.resolve("classes"));
    String classPath = System.getProperty("java.class.path");
    int compiled =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-Xlint:all",
                "-d",
                classes.toString(),
                "-cp",
                classPath,
                source.toString());
    assertThat(compiled).isZero();
    List<String> command =
        new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString()));
    command.addAll(properties);
    command.addAll(List.of("-cp", classes + ":" + classPath, program));
    command.addAll(List.of(arguments));
    Path errors = directory.resolve("stderr");
    Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(Files.readString(errors)).isZero();
    return output;
  }

  @Test
  void keepOutputs() throws Exception {
    String output =
        run(
            "KeepOutputs",
            List.of("-Dconnection=" + Azurite.shared().connectionString()),
            "Example_" + UUID.randomUUID(),
            "task-1",
            directory.resolve("task").toString());

    assertThat(output).contains("log    train.log", "model  weights", "job    true");
  }

  @Test
  void uploadDeclaredFiles() throws Exception {
    BlobContainerClient container =
        new BlobContainerClientBuilder()
            .connectionString(Azurite.shared().connectionString())
            .containerName("example-" + UUID.randomUUID())
            .serviceVersion(BlobServiceVersion.V2025_11_05)
            .buildClient();
    container.create();
    String url =
        container.getBlobContainerUrl()
            + "?"
            + container.generateSas(
                new BlobServiceSasSignatureValues(
                    OffsetDateTime.now().plusHours(1), BlobContainerSasPermission.parse("w")));
    Path definition = directory.resolve("output-files.json");
    Files.writeString(
        definition,
        """
        [{"filePattern": "../std*.txt",
          "destination": {"container": {"containerUrl": "%1$s", "path": "logs"}}},
         {"filePattern": "*.csv",
          "destination": {"container": {"containerUrl": "%1$s"}},
          "uploadOptions": {"uploadCondition": "taskSuccess"}}]
        """
            .formatted(url));

    String output =
        run(
            "UploadDeclaredFiles",
            List.of(),
            definition.toString(),
            directory.resolve("task").toString(),
            "echo a,b > r.csv; echo said; exit 3");

    assertThat(output.lines())
        .contains("stored logs/stderr.txt", "stored logs/stdout.txt", "failed FailureExitCode");
    assertThat(container.getBlobClient("logs/stdout.txt").downloadContent()).hasToString("said\n");
  }
}
