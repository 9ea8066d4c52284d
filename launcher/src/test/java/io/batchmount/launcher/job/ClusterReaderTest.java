package io.batchmount.launcher.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** cluster.json: its shapes, its setup task and the members about machines. */
class ClusterReaderTest {
  private static final String VOLUMES =
      "\"mountVolumes\": {\"azureFileShares\": [{\"azureFileUrl\":"
          + " \"https://acctnorth.file.core.windows.net/team\", \"relativeMountPath\": \"team\"}]}";

  static LoadedCluster read(String json) {
    return ConfigurationFiles.parseCluster(
        "cluster.json", json.getBytes(StandardCharsets.UTF_8), false);
  }

  static ConfigurationException refused(String json) {
    ConfigurationException refused =
        catchThrowableOfType(ConfigurationException.class, () -> read(json));
    assertThat(refused).as(json).isNotNull();
    return refused;
  }

  @Test
  void volumesStandInNodeSetup() {
    assertThat(
            read("{\"properties\": {\"nodeSetup\": {" + VOLUMES + "}}}")
                .definition()
                .mountVolumes()
                .relativeMountPaths())
        .containsExactly("team");
  }

  @Test
  void volumesWithoutNodeSetupAreTakenToo() {
    assertThat(read("{" + VOLUMES + "}").definition().mountVolumes().relativeMountPaths())
        .containsExactly("team");
    assertThat(
            read("{\"properties\": {" + VOLUMES + "}}")
                .definition()
                .mountVolumes()
                .relativeMountPaths())
        .containsExactly("team");
  }

  @Test
  void volumesInBothPlacesAreAnError() {
    assertThat(refused("{" + VOLUMES + ", \"nodeSetup\": {" + VOLUMES + "}}"))
        .hasMessageContaining("\"mountVolumes\": stands beside \"nodeSetup.mountVolumes\"");
  }

  @Test
  void setupTaskIsRead() {
    SetupTask task =
        read("{\"nodeSetup\": {\"setupTask\": {\"commandLine\": \"a\", \"stdOutErrPathPrefix\":"
                + " \"$AZ_BATCHAI_MOUNT_ROOT/team\", \"stdOutErrPathSuffix\": \"x\","
                + " \"environmentVariables\": [{\"name\": \"A\", \"value\": \"1\"}],"
                + " \"secrets\": [{\"name\": \"S\", \"value\": \"2\"}]}}}")
            .definition()
            .setupTask()
            .orElseThrow();
    assertThat(task)
        .isEqualTo(
            SetupTask.builder("a", "$AZ_BATCHAI_MOUNT_ROOT/team")
                .environmentVariable(new EnvironmentSetting("A", "1"))
                .secret(Secret.of("S", "2"))
                .build());
    assertThat(refused("{\"nodeSetup\": {\"setupTask\": {\"commandLine\": \"a\"}}}"))
        .hasMessageContaining("\"nodeSetup.setupTask.stdOutErrPathPrefix\": is required");
  }

  @Test
  void membersAboutMachinesAreCarried() {
    ClusterDefinition.Machine machine =
        read("{\"location\": \"eastus\", \"properties\": {\"vmSize\": \"STANDARD_D1\","
                + " \"vmPriority\": \"LowPriority\", \"scaleSettings\": {\"manual\":"
                + " {\"targetNodeCount\": 2, \"nodeDeallocationOption\": \"requeue\"}},"
                + " \"userAccountSettings\": {\"adminUserName\": \"u\", \"adminUserPassword\":"
                + " \"p$$w\"}, \"subnet\": {\"id\": \"/s\"}, \"virtualMachineConfiguration\":"
                + " {\"imageReference\": {\"publisher\": \"a\", \"offer\": \"b\", \"sku\":"
                + " \"c\", \"version\": \"latest\"}}}}")
            .definition()
            .machine();
    assertThat(machine.vmSize()).contains("STANDARD_D1");
    assertThat(machine.vmPriority()).contains("lowpriority");
    assertThat(machine.targetNodeCount()).isEqualTo(OptionalInt.of(2));
    assertThat(machine.image()).contains("a:b:c");
    assertThat(machine.adminUserName()).contains("u");
    assertThat(machine.subnetId()).contains("/s");
    assertThat(machine.toString()).doesNotContain("p$$w");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"scaleSettings\": {\"manual\": {}}}|targetNodeCount\": is required",
        "{\"scaleSettings\": {\"autoScale\": {\"minimumNodeCount\": 1}}}|maximumNodeCount\": is"
            + " required",
        "{\"scaleSettings\": {\"autoScale\": {\"minimumNodeCount\": 2, \"maximumNodeCount\":"
            + " 1}}}|must not be larger",
        "{\"scaleSettings\": {\"manual\": {\"targetNodeCount\": -1}}}|must be 0 or more",
        "{\"vmPriority\": \"cheap\"}|is not one of",
        "{\"subnet\": {}}|\"subnet.id\": is required",
        "{\"userAccountSettings\": {}}|adminUserName\": is required"
      })
  void membersAboutMachinesAreChecked(String json, String message) {
    assertThat(refused(json)).hasMessageContaining(message);
  }

  @Test
  void performanceCountersAreReadAndSaidToHaveNoEffect() {
    assertThat(
            read("{\"nodeSetup\": {\"performanceCountersSettings\": {\"appInsightsReference\":"
                    + " {\"component\": {\"id\": \"/a\"}, \"instrumentationKey\": \"k\"}}}}")
                .warnings())
        .singleElement()
        .asString()
        .contains("\"performanceCountersSettings\" has no effect");
  }

  @Test
  void kindIsToldByTheMembers() {
    assertThat(kind("{\"properties\": {\"nodeSetup\": {}}}"))
        .isEqualTo(ConfigurationFiles.Kind.CLUSTER);
    assertThat(kind("{" + VOLUMES + "}")).isEqualTo(ConfigurationFiles.Kind.CLUSTER);
    assertThat(kind("{" + VOLUMES + ", \"nodeCount\": 1}")).isEqualTo(ConfigurationFiles.Kind.JOB);
    assertThat(kind("{\"properties\": {\"vmSize\": \"x\"}}"))
        .isEqualTo(ConfigurationFiles.Kind.CLUSTER);
  }

  private static ConfigurationFiles.Kind kind(String json) {
    return ConfigurationFiles.kindOf("f.json", json.getBytes(StandardCharsets.UTF_8));
  }
}
