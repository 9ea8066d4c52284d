package io.batchmount.launcher.plan;

import static io.batchmount.launcher.plan.TestPlans.CMR;
import static io.batchmount.launcher.plan.TestPlans.JMR;
import static io.batchmount.launcher.plan.TestPlans.SEG;
import static io.batchmount.launcher.plan.TestPlans.plan;
import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.launcher.job.SecretValue;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * The conformance cases of the contract, as far as planning decides them. Paths are in the
 * service's layout. T15 to T18 stand with the chapters they belong to.
 */
class ConformancePlanTest {
  private static final String SHARE =
      "\"azureFileShares\": [{\"azureFileUrl\":"
          + " \"https://<AZURE_BATCHAI_STORAGE_ACCOUNT>.file.core.windows.net/share\","
          + " \"relativeMountPath\": \"afs\"}]";
  private static final String CONTAINER =
      "\"azureBlobFileSystems\": [{\"accountName\": \"<AZURE_BATCHAI_STORAGE_ACCOUNT>\","
          + " \"containerName\": \"container\", \"relativeMountPath\": \"bfs\"}]";
  private static final String OUTPUT =
      "\"outputDirectories\": [{\"id\": \"OUTPUT\", \"pathPrefix\":"
          + " \"$AZ_BATCHAI_JOB_MOUNT_ROOT/bfs\", \"pathSuffix\": \"output\"}]";
  private static final String TEE =
      "\"customToolkitSettings\": {\"commandLine\":"
          + " \"echo hi | tee $AZ_BATCHAI_OUTPUT_OUTPUT/result.txt\"}";

  private static String job(String root, String... members) {
    return "{\"properties\": {\"nodeCount\": 1, \"stdOutErrPathPrefix\": \""
        + root
        + "\", "
        + String.join(", ", members)
        + "}}";
  }

  private static UnaryOperator<JobPlanRequest.Builder> service(
      UnaryOperator<JobPlanRequest.Builder> more) {
    return request -> more.apply(request.layout(OutputLayout.SERVICE));
  }

  private static void isT1(JobPlan plan) {
    String output = JMR + "/bfs/" + SEG + "/outputs/output";
    assertThat(plan.jobMounts())
        .extracting(m -> m.kind() + " " + m.path())
        .containsExactly("azureFileShare " + JMR + "/afs", "azureBlobFileSystem " + JMR + "/bfs");
    assertThat(plan.stdOutErrDirectory()).hasToString(JMR + "/afs/" + SEG + "/stdouterr");
    assertThat(plan.createdBeforePreparation())
        .containsExactly(Path.of(output), Path.of(JMR + "/afs/" + SEG + "/stdouterr"));
    assertThat(plan.stdouterrFiles())
        .containsExactlyInAnyOrder("execution.log", "stderr.txt", "stdout.txt");
    assertThat(plan.launch().command().expanded())
        .isEqualTo("echo hi | tee " + output + "/result.txt");
    assertThat(plan.launch().processes().get(0).arguments())
        .as("run under bash, the text unchanged")
        .containsExactly("bash", "-c", "echo hi | tee $AZ_BATCHAI_OUTPUT_OUTPUT/result.txt");
    assertThat(plan.warnings()).isEmpty();
  }

  @Test
  void t01_stdoutOnAShareAndOutputOnAContainer() {
    isT1(
        plan(
            job(
                "$AZ_BATCHAI_JOB_MOUNT_ROOT/afs",
                "\"mountVolumes\": {" + SHARE + ", " + CONTAINER + "}",
                OUTPUT,
                TEE),
            service(r -> r)));
  }

  @Test
  void t02_theSameWithVolumesOfTheCommandLine() {
    isT1(
        plan(
            job("$AZ_BATCHAI_JOB_MOUNT_ROOT/afs", OUTPUT, TEE),
            service(
                r ->
                    r.volumeOptions(
                        VolumeOptions.NONE
                            .withFileShare("share", VolumeOptions.DEFAULT_FILE_SHARE_PATH)
                            .withContainer("container", VolumeOptions.DEFAULT_CONTAINER_PATH)))));
  }

  @Test
  void t03_stdoutOnAClusterVolume() {
    JobPlan plan =
        plan(
            job(
                "$AZ_BATCHAI_MOUNT_ROOT/azfiles",
                "\"mountVolumes\": {" + CONTAINER + "}",
                OUTPUT,
                TEE),
            service(
                r ->
                    r.cluster(
                        TestPlans.cluster(
                            "{\"properties\": {\"nodeSetup\": {\"mountVolumes\": {"
                                + SHARE.replace("\"afs\"", "\"azfiles\"")
                                + "}}}}"))));
    assertThat(plan.stdOutErrDirectory()).hasToString(CMR + "/azfiles/" + SEG + "/stdouterr");
    assertThat(plan.clusterVolumesUsed()).containsExactly("azfiles");
    assertThat(plan.clusterMounts())
        .extracting(m -> m.path().toString())
        .containsExactly(CMR + "/azfiles");
    assertThat(plan.warnings()).isEmpty();
  }

  @Test
  void t05_preparationHasFilesOfItsOwn() {
    assertThat(
            plan(job(
                    "$AZ_BATCHAI_JOB_MOUNT_ROOT/afs",
                    "\"mountVolumes\": {" + SHARE + "}",
                    "\"jobPreparation\": {\"commandLine\": \"false\"}",
                    "\"customToolkitSettings\": {\"commandLine\": \"true\"}"))
                .stdouterrFiles())
        .containsExactly(
            "stdout.txt",
            "stderr.txt",
            "stdout-job_prep.txt",
            "stderr-job_prep.txt",
            "execution.log");
  }

  @Test
  void t06_inputIsNotMadeForThePreparation() {
    JobPlan plan =
        plan(
            job(
                "$AZ_BATCHAI_JOB_MOUNT_ROOT/afs",
                "\"mountVolumes\": {" + SHARE + "}",
                "\"inputDirectories\": [{\"id\": \"INPUT\", \"path\":"
                    + " \"$AZ_BATCHAI_JOB_MOUNT_ROOT/afs/input\"}]",
                "\"jobPreparation\": {\"commandLine\": \"mkdir $AZ_BATCHAI_INPUT_INPUT\"}",
                "\"customToolkitSettings\": {\"commandLine\": \"cat $AZ_BATCHAI_INPUT_INPUT/f\"}"));
    assertThat(plan.createdBeforePreparation()).containsExactly(plan.stdOutErrDirectory());
    assertThat(plan.preparation().orElseThrow().expanded())
        .isEqualTo("mkdir " + JMR + "/afs/input");
  }

  @Test
  void t07_outputsOnShareAndContainer() {
    JobPlan plan =
        plan(
            job(
                "$AZ_BATCHAI_JOB_MOUNT_ROOT/afs",
                "\"mountVolumes\": {" + SHARE + ", " + CONTAINER + "}",
                "\"outputDirectories\": [{\"id\": \"A\", \"pathPrefix\":"
                    + " \"$AZ_BATCHAI_JOB_MOUNT_ROOT/afs\"}, {\"id\": \"B\", \"pathPrefix\":"
                    + " \"$AZ_BATCHAI_JOB_MOUNT_ROOT/bfs/\"}]",
                "\"customToolkitSettings\": {\"commandLine\": \"true\"}"),
            service(r -> r));
    assertThat(plan.outputDirectories())
        .containsEntry("A", Path.of(JMR + "/afs/" + SEG + "/outputs"))
        .containsEntry("B", Path.of(JMR + "/bfs/" + SEG + "/outputs"));
  }

  @Test
  void t09_variableAndSecretForPreparationAndCommand() {
    JobPlan plan =
        plan(
            job(
                "$AZ_BATCHAI_JOB_MOUNT_ROOT",
                "\"environmentVariables\": [{\"name\": \"VARIABLE\", \"value\": \"VALUE\"}]",
                "\"secrets\": [{\"name\": \"SECRET_VARIABLE\", \"value\": \"SECRET\"}]",
                "\"jobPreparation\": {\"commandLine\": \"echo $VARIABLE $SECRET_VARIABLE\"}",
                "\"customToolkitSettings\": {\"commandLine\": \"echo $VARIABLE $SECRET_VARIABLE\"}"));
    for (PlannedEnvironment environment :
        List.of(plan.environment(), plan.nodes().get(0).environment())) {
      assertThat(environment.values(r -> SecretValue.of("")))
          .containsEntry("VARIABLE", "VALUE")
          .containsEntry("SECRET_VARIABLE", "SECRET");
    }
    assertThat(plan.toDryRunJson().toString())
        .contains("\"VARIABLE\":\"VALUE\"")
        .contains("\"SECRET_VARIABLE\":null")
        .doesNotContain("\"SECRET\"");
  }

  @Test
  void t14_userVariableIsExpandedAndUsedInsideDoubleQuotes() {
    JobPlan plan =
        plan(
            job(
                "$AZ_BATCHAI_JOB_MOUNT_ROOT",
                "\"environmentVariables\": [{\"name\": \"CODE\", \"value\":"
                    + " \"$AZ_BATCHAI_JOB_MOUNT_ROOT/in/code\"}]",
                "\"horovodSettings\": {\"pythonScriptFilePath\": \"a.py \\\"$CODE\\\"\"}"));
    assertThat(plan.environment().plain("CODE")).contains(JMR + "/in/code");
    assertThat(plan.launch().command().expanded()).isEqualTo("python a.py \"" + JMR + "/in/code\"");
  }

  @Test
  void t19_tensorFlowOnOneNode() {
    assertThat(
            plan(job(
                    "$AZ_BATCHAI_JOB_MOUNT_ROOT",
                    "\"tensorFlowSettings\": {\"pythonScriptFilePath\": \"a.py\"}"))
                .stdouterrFiles())
        .containsExactly("stdout-wk-0.txt", "stderr-wk-0.txt", "execution.log");
  }

  @Test
  void t20_tensorFlowOnTwoNodes() {
    String job =
        job(
                "$AZ_BATCHAI_JOB_MOUNT_ROOT",
                "\"tensorFlowSettings\": {\"pythonScriptFilePath\": \"a.py\","
                    + " \"parameterServerCount\": 1, \"workerCount\": 2}")
            .replace("\"nodeCount\": 1", "\"nodeCount\": 2");
    assertThat(plan(job).stdouterrFiles())
        .contains(
            "stdout-ps-0.txt",
            "stdout-wk-0.txt",
            "stdout-wk-1.txt",
            "stderr-ps-0.txt",
            "stderr-wk-0.txt",
            "stderr-wk-1.txt");
  }
}
