package io.batchmount.launcher.plan;

import static io.batchmount.launcher.plan.TestPlans.ACCOUNTS;
import static io.batchmount.launcher.plan.TestPlans.CMR;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.batchmount.launcher.job.ConfigurationException;
import org.junit.jupiter.api.Test;

/** Chapter 10 of the contract: the setup task of a cluster. */
class SetupTaskTest {
  private static ClusterPlan plan(String task) {
    return TestPlans.clusterPlan(
        TestPlans.cluster("{\"properties\": {\"nodeSetup\": {\"setupTask\": " + task + "}}}"),
        ACCOUNTS);
  }

  /** Conformance case T15, as far as planning goes. */
  @Test
  void t15_setupTaskHasItsOwnVariablesAndSecretsAndItsFilesCarryTheNode() {
    ClusterPlan plan =
        plan(
            "{\"commandLine\": \"echo $A $S $AZ_BATCHAI_MOUNT_ROOT $NONE\", \"stdOutErrPathPrefix\":"
                + " \"$AZ_BATCHAI_MOUNT_ROOT/team/logs/\", \"environmentVariables\": [{\"name\":"
                + " \"A\", \"value\": \"$AZ_BATCHAI_MOUNT_ROOT/a\"}], \"secrets\": [{\"name\": \"S\","
                + " \"value\": \"s3cr3t\"}]}");
    SetupTaskPlan task = plan.setupTask().orElseThrow();
    String suffix =
        "11111111-2222-3333-4444-555555555555/rg-lab/workspaces/ws1/clusters/nc6/" + TestPlans.UUID;
    assertThat(task.pathSuffix()).isEqualTo(suffix);
    assertThat(task.directory()).hasToString(CMR + "/team/logs/" + suffix);
    assertThat(task.files())
        .containsExactly("stdout-tvm-1.txt", "stderr-tvm-1.txt", "execution-tvm-1.log");
    assertThat(task.environment().names()).containsExactly("AZ_BATCHAI_MOUNT_ROOT", "A", "S");
    JsonNode json = plan.toDryRunJson();
    assertThat(json.path("setupTask").path("expanded").asText())
        .isEqualTo("echo " + CMR + "/a $S " + CMR + " ");
    assertThat(json.path("setupTask").path("environment").path("S").isNull()).isTrue();
    assertThat(json.path("environment").path("AZ_BATCHAI_MOUNT_ROOT").asText()).isEqualTo(CMR);
    assertThat(json.toString()).doesNotContain("s3cr3t");
    assertThat(plan.warnings()).singleElement().asString().contains("uses $NONE");
  }

  @Test
  void prefixKnowsTheMountRootOnly() {
    assertThatThrownBy(
            () ->
                plan(
                    "{\"commandLine\": \"a\", \"stdOutErrPathPrefix\":"
                        + " \"$AZ_BATCHAI_JOB_MOUNT_ROOT/x\"}"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageStartingWith("cluster.json:1:")
        .hasMessageContaining("\"setupTask.stdOutErrPathPrefix\": refers to");
  }

  @Test
  void clusterWithoutTaskHasNone() {
    JsonNode json =
        TestPlans.clusterPlan(TestPlans.cluster("{}"), AccountContext.NONE).toDryRunJson();
    assertThat(json.path("setupTask").isNull()).isTrue();
    assertThat(json.path("clusterMounts")).isEmpty();
  }
}
