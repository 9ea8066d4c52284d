package io.batchmount.launcher.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.launcher.job.ConfigurationFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code batchmount check}. */
class ConfigurationCheckTest {
  @TempDir Path directory;

  private ConfigurationCheck check(String json) throws IOException {
    Path file = directory.resolve("file.json");
    Files.writeString(file, json);
    return ConfigurationCheck.check(file, false, Map.of());
  }

  @Test
  void goodJobNeedsNoAccount() throws IOException {
    ConfigurationCheck check =
        check(
            "{"
                + TestPlans.HEAD
                + ", "
                + TestPlans.TRUE
                + ", \"mountVolumes\": {\"azureFileShares\": [{\"azureFileUrl\":"
                + " \"https://<AZURE_BATCHAI_STORAGE_ACCOUNT>.file.core.windows.net/share\","
                + " \"relativeMountPath\": \"out\", \"credentials\": {\"accountKey\":"
                + " \"<AZURE_BATCHAI_STORAGE_KEY>\"}}]}}");
    assertThat(check.valid()).isTrue();
    assertThat(check.kind()).contains(ConfigurationFiles.Kind.JOB);
    assertThat(check.warnings()).isEmpty();
    assertThat(check.toJson().path("valid").asBoolean()).isTrue();
  }

  @Test
  void outputFilesAreReadToo() throws IOException {
    String head = "{" + TestPlans.HEAD + ", " + TestPlans.TRUE + ", \"outputFiles\": ";
    assertThat(check(head + "[{\"filePattern\": \"*.txt\"}]}").problems())
        .singleElement()
        .asString()
        .contains("outputFiles[0].destination is missing");
    assertThat(
            check(
                    head
                        + "[{\"filePattern\": \"*.txt\", \"destination\": {\"container\":"
                        + " {\"containerUrl\": \"https://acctnorth.blob.core.windows.net/c\"}}}]}")
                .valid())
        .isTrue();
  }

  @Test
  void problemsOfReadingAndOfPlanningHaveAPlace() throws IOException {
    ConfigurationCheck reading = check("{\"nodeCount\": 0}");
    assertThat(reading.valid()).isFalse();
    assertThat(reading.toJson().path("errors").get(0).path("line").asInt()).isEqualTo(1);
    ConfigurationCheck planning =
        check(
            "{\"nodeCount\": 1, \"stdOutErrPathPrefix\": \"$AZ_BATCHAI_MOUNT_ROT/x\", "
                + TestPlans.TRUE
                + "}");
    assertThat(planning.problems())
        .singleElement()
        .asString()
        .contains("file.json:1:41: \"stdOutErrPathPrefix\": refers to $AZ_BATCHAI_MOUNT_ROT");
  }

  @Test
  void jobWithoutToolkitWarns() throws IOException {
    ConfigurationCheck check = check("{" + TestPlans.HEAD + "}");
    assertThat(check.valid()).isTrue();
    assertThat(check.warnings()).anyMatch(w -> w.contains("must be given a COMMAND"));
  }

  @Test
  void clusterIsRecognised() throws IOException {
    ConfigurationCheck check =
        check("{\"properties\": {\"nodeSetup\": {\"mountVolumes\": {}}, \"vmSiz\": \"x\"}}");
    assertThat(check.kind()).contains(ConfigurationFiles.Kind.CLUSTER);
    assertThat(check.warnings()).anyMatch(w -> w.contains("did you mean \"vmSize\"?"));
    assertThat(ConfigurationCheck.check(check.file(), true, Map.of()).valid()).isFalse();
  }

  @Test
  void fileThatIsMissing() {
    ConfigurationCheck check = ConfigurationCheck.check(directory.resolve("none"), false, Map.of());
    assertThat(check.valid()).isFalse();
    assertThat(check.kind()).isEqualTo(Optional.empty());
  }

  @Test
  void everyPublishedFileIsValid() throws IOException {
    Path recipes = SharedFiles.find("testdata/batchai-recipes");
    try (Stream<Path> files = Files.list(recipes)) {
      List<Path> json = files.filter(f -> f.toString().endsWith(".json")).toList();
      assertThat(json).isNotEmpty();
      for (Path file : json) {
        ConfigurationCheck check = ConfigurationCheck.check(file, false, Map.of());
        assertThat(check.problems()).as(file.toString()).isEmpty();
        assertThat(check.kind().orElseThrow() == ConfigurationFiles.Kind.CLUSTER)
            .isEqualTo(file.toString().endsWith(".cluster.json"));
      }
    }
  }
}
