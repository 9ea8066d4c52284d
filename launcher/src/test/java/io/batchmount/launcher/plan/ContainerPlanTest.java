package io.batchmount.launcher.plan;

import static io.batchmount.launcher.plan.TestPlans.CMR;
import static io.batchmount.launcher.plan.TestPlans.HEAD;
import static io.batchmount.launcher.plan.TestPlans.TEMP;
import static io.batchmount.launcher.plan.TestPlans.TRUE;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Chapter 17 of the contract: containers. */
class ContainerPlanTest {
  private static JobPlan plan(String settings, int gpus) {
    return TestPlans.plan(
        "{" + HEAD + ", " + TRUE + ", \"containerSettings\": " + settings + "}",
        r -> r.gpusPerNode(gpus));
  }

  @Test
  void rootsAppearAtTheSamePathsWithLaterMounts() {
    ContainerPlan container =
        plan("{\"shmSize\": \"16gb\", \"imageSourceRegistry\": {\"image\": \"ubuntu\"}}", 0)
            .container()
            .orElseThrow();
    List<String> arguments =
        container.startArguments("docker", ContainerPlan.Engine.DOCKER, "bm-1");
    assertThat(arguments)
        .startsWith("docker", "run", "--detach", "--name", "bm-1")
        .containsSequence("--shm-size", "16gb")
        .containsSequence("--volume", CMR + ":" + CMR + ":rslave")
        .containsSequence("--volume", TEMP + ":" + TEMP + ":rslave")
        .contains("ubuntu")
        .doesNotContain("--gpus", "--init");
    assertThat(container.image()).isEqualTo("ubuntu");
  }

  @Test
  void gpusAreHandedInByEachEnginesOwnOption() {
    ContainerPlan container =
        plan("{\"imageSourceRegistry\": {\"image\": \"ubuntu\"}}", 2).container().orElseThrow();
    assertThat(container.startArguments("docker", ContainerPlan.Engine.DOCKER, "n"))
        .containsSequence("--gpus", "all");
    assertThat(container.startArguments("podman", ContainerPlan.Engine.PODMAN, "n"))
        .containsSequence("--device", "nvidia.com/gpu=all");
  }

  @Test
  void variablesAreNamedWithoutValue() {
    ContainerPlan container =
        plan("{\"imageSourceRegistry\": {\"image\": \"ubuntu\"}}", 0).container().orElseThrow();
    assertThat(
            container.execArguments(
                "docker",
                "bm-1",
                List.of("A", "S"),
                Path.of("/wd"),
                Path.of("/t/pid-0"),
                List.of("python", "x")))
        .containsExactly(
            "docker",
            "exec",
            "--workdir",
            "/wd",
            "--env",
            "A",
            "--env",
            "S",
            "bm-1",
            "bash",
            "-c",
            "{ echo $$ > \"$0\"; } 2>/dev/null; exec \"$@\"",
            "/t/pid-0",
            "python",
            "x");
    assertThat(container.removeArguments("docker", "bm-1"))
        .containsExactly("docker", "rm", "--force", "bm-1");
  }

  @Test
  void signalGoesToTheProcessGroupInside() throws Exception {
    ContainerPlan container =
        plan("{\"imageSourceRegistry\": {\"image\": \"ubuntu\"}}", 0).container().orElseThrow();
    assertThat(container.signalArguments("docker", "bm-1", Path.of("/t/pid-0"), "TERM"))
        .containsExactly(
            "docker",
            "exec",
            "bm-1",
            "bash",
            "-c",
            "kill -s \"$1\" -- \"-$(< \"$0\")\"",
            "/t/pid-0",
            "TERM");
  }

  @Test
  void signInToARegistryReadsThePasswordFromStandardInput() {
    ContainerPlan container =
        plan(
                "{\"imageSourceRegistry\": {\"image\": \"r.example/i\", \"serverUrl\": \"r.example\","
                    + " \"credentials\": {\"username\": \"u\", \"password\": \"s3cr3t\"}}}",
                0)
            .container()
            .orElseThrow();
    assertThat(container.loginArguments("docker").orElseThrow())
        .containsExactly("docker", "login", "--username", "u", "--password-stdin", "r.example");
    assertThat(container.toString()).doesNotContain("s3cr3t");
  }

  @Test
  void jobWithoutContainerHasNone() {
    assertThat(TestPlans.planWith("").container()).isEmpty();
    assertThat(TestPlans.planWith("").toDryRunJson().path("container").isNull()).isTrue();
  }
}
