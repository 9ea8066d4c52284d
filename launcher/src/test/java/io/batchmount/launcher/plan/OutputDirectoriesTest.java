package io.batchmount.launcher.plan;

import static io.batchmount.launcher.plan.TestPlans.CMR;
import static io.batchmount.launcher.plan.TestPlans.HEAD;
import static io.batchmount.launcher.plan.TestPlans.JMR;
import static io.batchmount.launcher.plan.TestPlans.SEG;
import static io.batchmount.launcher.plan.TestPlans.TRUE;
import static io.batchmount.launcher.plan.TestPlans.plan;
import static io.batchmount.launcher.plan.TestPlans.planWith;
import static io.batchmount.launcher.plan.TestPlans.refused;
import static io.batchmount.launcher.plan.TestPlans.refusedWith;
import static io.batchmount.launcher.plan.TestPlans.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.batchmount.launcher.job.ConfigurationException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Chapters 2, 7 and 8: names, segment, output directories, standard output. */
class OutputDirectoriesTest {
  private static String outputs(String... entries) {
    return ", \"outputDirectories\": [" + String.join(",", entries) + "]";
  }

  private static String output(String id, String prefix, String suffix) {
    return "{\"id\": \""
        + id
        + "\", \"pathPrefix\": \""
        + prefix
        + "\""
        + (suffix == null ? "" : ", \"pathSuffix\": \"" + suffix + "\"")
        + "}";
  }

  @Test
  void segmentIsMadeOfTheNamesAndTheUuid() {
    assertThat(planWith("").segment())
        .isEqualTo(
            "11111111-2222-3333-4444-555555555555/rg-lab/workspaces/ws1/experiments/ex1/jobs/fit/"
                + TestPlans.UUID);
  }

  @ParameterizedTest
  @CsvSource({
    "job.json,job",
    "/a/b/fit.json,fit",
    "CNTK-GPU-Python.job.json,CNTK-GPU-Python",
    "my job.JSON,my-job",
    "a.b.json,a-b"
  })
  void jobIsCalledAfterItsFile(String file, String name) {
    JobIdentity identity = JobIdentity.forFile(file);
    assertThat(identity.job()).isEqualTo(name);
    assertThat(identity.segment())
        .startsWith(
            "00000000-0000-0000-0000-000000000000/local/workspaces/default/experiments/default/jobs/"
                + name
                + "/");
    assertThat(identity.jobId()).isNotEqualTo(JobIdentity.forFile(file).jobId());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a/b", "..", "a b", "\u00e4/"})
  void namesFollowTheRules(String name) {
    assertThatThrownBy(() -> new JobIdentity("s", "g", "w", "e", name, "u"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("job-name");
    assertThatThrownBy(() -> new JobIdentity("s", name, "w", "e", "j", "u"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("resource-group");
  }

  @Test
  void outputIsPrefixSegmentSuffix() {
    JobPlan plan =
        planWith(
            outputs(
                output("MODEL", "$AZ_BATCHAI_JOB_MOUNT_ROOT/out/team-a", "models/v1"),
                output("PLAIN", "$AZ_BATCHAI_MOUNT_ROOT/team/", null)));
    String model = JMR + "/out/team-a/" + SEG + "/models/v1";
    assertThat(value(plan, "AZ_BATCHAI_OUTPUT_MODEL")).isEqualTo(model);
    assertThat(value(plan, "AZ_BATCHAI_OUTPUT_PLAIN")).isEqualTo(CMR + "/team/" + SEG);
    assertThat(plan.createdBeforePreparation())
        .containsExactly(
            Path.of(model),
            Path.of(CMR + "/team/" + SEG),
            Path.of(JMR + "/out/" + SEG + "/stdouterr"));
  }

  @Test
  void serviceLayoutPutsOutputsBeforeTheSuffixAndLeavesStdouterr() {
    JobPlan plan =
        plan(
            "{"
                + HEAD
                + ", "
                + TRUE
                + outputs(
                    output("MODEL", "$AZ_BATCHAI_JOB_MOUNT_ROOT/out", "models"),
                    output("PLAIN", "$AZ_BATCHAI_JOB_MOUNT_ROOT/out", null))
                + "}",
            r -> r.layout(OutputLayout.SERVICE));
    assertThat(value(plan, "AZ_BATCHAI_OUTPUT_MODEL"))
        .isEqualTo(JMR + "/out/" + SEG + "/outputs/models");
    assertThat(value(plan, "AZ_BATCHAI_OUTPUT_PLAIN")).isEqualTo(JMR + "/out/" + SEG + "/outputs");
    assertThat(value(plan, "AZ_BATCHAI_STDOUTERR_DIR"))
        .isEqualTo(JMR + "/out/" + SEG + "/stdouterr");
  }

  @Test
  void twoOutputsMayShareADirectoryWhichIsMadeOnce() {
    JobPlan plan =
        planWith(
            outputs(output("A", "/o", "x"), output("B", "/o/", "x"), output("C", "/o", "./x/")));
    assertThat(value(plan, "AZ_BATCHAI_OUTPUT_A"))
        .isEqualTo(value(plan, "AZ_BATCHAI_OUTPUT_B"))
        .isEqualTo(value(plan, "AZ_BATCHAI_OUTPUT_C"));
    assertThat(plan.createdBeforePreparation()).hasSize(2);
  }

  @Test
  void pathSuffixIsNotExpanded() {
    assertThat(
            value(
                planWith(outputs(output("A", "/o", "$AZ_BATCHAI_JOB_TEMP"))),
                "AZ_BATCHAI_OUTPUT_A"))
        .isEqualTo("/o/" + SEG + "/$AZ_BATCHAI_JOB_TEMP");
  }

  @Test
  void createNewFalseUsesThePrefixAsItIs() {
    JobPlan plan =
        planWith(outputs("{\"id\": \"A\", \"pathPrefix\": \"/o/x\", \"createNew\": false}"));
    assertThat(value(plan, "AZ_BATCHAI_OUTPUT_A")).isEqualTo("/o/x");
    assertThat(plan.createdBeforePreparation()).doesNotContain(Path.of("/o/x"));
  }

  @Test
  void prefixesAreAbsoluteAfterExpansion() {
    assertThat(refusedWith(outputs(output("A", "out", "x"))))
        .hasMessageContaining("\"outputDirectories[0].pathPrefix\"")
        .hasMessageContaining("must be absolute after expansion");
    assertThat(
            refused("{\"nodeCount\": 1, " + TRUE + ", \"stdOutErrPathPrefix\": \"logs\"}", r -> r))
        .hasMessageContaining("\"stdOutErrPathPrefix\"")
        .hasMessageContaining("must be absolute after expansion");
  }

  @Test
  void prefixOutsideEveryVolumeWarns() {
    assertThat(planWith(outputs(output("A", "/o", null))).warnings())
        .anyMatch(w -> w.contains("\"outputDirectories[0].pathPrefix\": /o lies on no volume"));
    String onVolume =
        "{\"nodeCount\": 1, \"stdOutErrPathPrefix\": \"$AZ_BATCHAI_JOB_MOUNT_ROOT/out/x\", "
            + TRUE
            + ", \"mountVolumes\": {\"azureFileShares\": [{\"azureFileUrl\":"
            + " \"https://acctnorth.file.core.windows.net/share\", \"relativeMountPath\": \"out\"}]}}";
    assertThat(plan(onVolume).warnings()).isEmpty();
  }

  @Test
  void prefixOnAClusterVolumeOfAClusterFile() {
    JobPlan plan =
        plan(
            "{\"nodeCount\": 1, \"stdOutErrPathPrefix\": \"$AZ_BATCHAI_MOUNT_ROOT/team/logs\", "
                + TRUE
                + outputs(output("A", "$AZ_BATCHAI_MOUNT_ROOT/teams", null))
                + "}",
            r ->
                r.cluster(
                    TestPlans.cluster(
                        "{\"nodeSetup\": {\"mountVolumes\": {\"azureFileShares\":"
                            + " [{\"azureFileUrl\": \"https://acctnorth.file.core.windows.net/team\","
                            + " \"relativeMountPath\": \"team\"}, {\"azureFileUrl\":"
                            + " \"https://acctnorth.file.core.windows.net/users\","
                            + " \"relativeMountPath\": \"unused\"}]}}}")));
    assertThat(plan.clusterVolumesUsed()).containsExactly("team");
    assertThat(plan.clusterMounts()).hasSize(2);
    assertThat(plan.warnings())
        .singleElement()
        .asString()
        .contains("outputDirectories[0].pathPrefix\": " + CMR + "/teams lies on no volume");
  }

  @Test
  void clusterVolumesAreFoundInCommandsAndVariables() {
    JobPlan plan =
        plan(
            "{"
                + HEAD
                + ", \"jobPreparation\": {\"commandLine\": \"sh $AZ_BATCHAI_MOUNT_ROOT/tools/p.sh\"},"
                + " \"environmentVariables\": [{\"name\": \"D\", \"value\":"
                + " \"$AZ_BATCHAI_MOUNT_ROOT/data/x\"}], \"customToolkitSettings\":"
                + " {\"commandLine\": \"cat '$AZ_BATCHAI_MOUNT_ROOT/code'; ls $D\"}}");
    assertThat(plan.clusterVolumesUsed()).containsExactlyInAnyOrder("tools", "data", "code");
  }

  /** Conformance case T18. */
  @Test
  void t18_jobWithoutVolumesHasItsRoots() {
    JobPlan plan =
        plan(
            "{\"nodeCount\": 1, \"stdOutErrPathPrefix\": \"$AZ_BATCHAI_JOB_MOUNT_ROOT\", "
                + TRUE
                + "}");
    assertThat(plan.stdOutErrDirectory()).isEqualTo(Path.of(JMR + "/" + SEG + "/stdouterr"));
    assertThat(plan.jobMounts()).isEmpty();
  }

  @Test
  void freshJobMountRootBelowTheGivenOne() {
    JobPlan plan = plan("{" + HEAD + ", " + TRUE + "}", r -> r.jobMountParent(Path.of("/given")));
    assertThat(value(plan, "AZ_BATCHAI_JOB_MOUNT_ROOT")).isEqualTo("/given/fit-" + TestPlans.UUID);
    assertThat(value(plan, "AZ_BATCHAI_MOUNT_ROOT")).isEqualTo(CMR);
  }

  @Test
  void workingDirectoryIsFreshAndOfACommandTheCallersOwn() {
    assertThat(planWith("").launch().processes().get(0).workingDirectory())
        .isEqualTo(Path.of(TestPlans.TEMP + "/task/wd"));
    assertThat(
            plan("{" + HEAD + "}", r -> r.command(java.util.List.of("echo", "a b", "$X")))
                .launch()
                .processes()
                .get(0))
        .satisfies(
            p -> {
              assertThat(p.workingDirectory()).isEqualTo(Path.of("/home/user"));
              assertThat(p.arguments()).containsExactly("echo", "a b", "$X");
              assertThat(p.command().text()).isEqualTo("echo 'a b' '$X'");
            });
  }

  @Test
  void toolkitIsNeededUnlessACommandIsGiven() {
    assertThat(refused("{" + HEAD + "}", r -> r))
        .hasMessageContaining("no toolkit settings")
        .hasMessageContaining("or give a COMMAND");
  }

  @Test
  void commandReplacesTheToolkit() {
    JobPlan plan =
        plan("{" + HEAD + ", " + TRUE + "}", r -> r.command(java.util.List.of("hostname")));
    assertThat(plan.launch().command().text()).isEqualTo("hostname");
    assertThat(plan.launch().runner().word()).isEqualTo("master");
  }
}
