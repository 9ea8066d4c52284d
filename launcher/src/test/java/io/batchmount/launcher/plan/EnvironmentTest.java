package io.batchmount.launcher.plan;

import static io.batchmount.launcher.plan.TestPlans.CMR;
import static io.batchmount.launcher.plan.TestPlans.HEAD;
import static io.batchmount.launcher.plan.TestPlans.JMR;
import static io.batchmount.launcher.plan.TestPlans.SEG;
import static io.batchmount.launcher.plan.TestPlans.TEMP;
import static io.batchmount.launcher.plan.TestPlans.TRUE;
import static io.batchmount.launcher.plan.TestPlans.plan;
import static io.batchmount.launcher.plan.TestPlans.planWith;
import static io.batchmount.launcher.plan.TestPlans.refusedWith;
import static io.batchmount.launcher.plan.TestPlans.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.launcher.job.SecretReference;
import io.batchmount.launcher.job.SecretValue;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Chapters 5 and 6 of the contract: variables, their order, and expansion. */
class EnvironmentTest {
  private static String variables(String... namesAndValues) {
    StringBuilder json = new StringBuilder(", \"environmentVariables\": [");
    for (int i = 0; i < namesAndValues.length; i += 2) {
      json.append(i == 0 ? "" : ",")
          .append("{\"name\": \"")
          .append(namesAndValues[i])
          .append("\", \"value\": \"")
          .append(namesAndValues[i + 1])
          .append("\"}");
    }
    return json.append("]").toString();
  }

  @Test
  void everyVariableOfTheContractIsSetAlsoWithoutVolumes() {
    JobPlan plan = planWith("");
    assertThat(plan.environment().names())
        .containsExactly(
            "AZ_BATCHAI_MOUNT_ROOT",
            "AZ_BATCHAI_JOB_MOUNT_ROOT",
            "AZ_BATCHAI_JOB_TEMP",
            "AZ_BATCHAI_JOB_TEMP_DIR",
            "AZ_BATCHAI_SHARED_JOB_TEMP",
            "AZ_BATCHAI_MPI_HOST_FILE",
            "AZ_BATCHAI_NUM_GPUS",
            "AZ_BATCHAI_NUM_GPUS_PER_NODE",
            "AZ_BATCHAI_TASK_INDEX",
            "AZ_BATCH_HOST_LIST",
            "AZ_BATCHAI_STDOUTERR_DIR");
    assertThat(value(plan, "AZ_BATCHAI_MOUNT_ROOT")).isEqualTo(CMR);
    assertThat(value(plan, "AZ_BATCHAI_JOB_MOUNT_ROOT")).isEqualTo(JMR);
    assertThat(value(plan, "AZ_BATCHAI_JOB_TEMP")).isEqualTo(TEMP);
    assertThat(value(plan, "AZ_BATCHAI_JOB_TEMP_DIR")).isEqualTo("/local/jobs");
    assertThat(value(plan, "AZ_BATCHAI_SHARED_JOB_TEMP")).isEqualTo(TEMP + "/shared");
    assertThat(value(plan, "AZ_BATCHAI_MPI_HOST_FILE")).isEqualTo(TEMP + "/hostfile");
    assertThat(value(plan, "AZ_BATCHAI_TASK_INDEX")).isEqualTo("0");
    assertThat(value(plan, "AZ_BATCH_HOST_LIST")).isEqualTo("127.0.0.1");
    assertThat(value(plan, "AZ_BATCHAI_STDOUTERR_DIR"))
        .isEqualTo(JMR + "/out/" + SEG + "/stdouterr");
  }

  @Test
  void bothNamesOfTheGpuCount() {
    JobPlan plan = plan("{" + HEAD + ", " + TRUE + "}", r -> r.gpusPerNode(4));
    assertThat(value(plan, "AZ_BATCHAI_NUM_GPUS")).isEqualTo("4");
    assertThat(value(plan, "AZ_BATCHAI_NUM_GPUS_PER_NODE")).isEqualTo("4");
  }

  @Test
  void inputIsTheExpandedPathDirectoryOrFile() {
    JobPlan plan =
        planWith(
            ", \"inputDirectories\": [{\"id\": \"CODE\", \"path\":"
                + " \"$AZ_BATCHAI_JOB_MOUNT_ROOT/in/code/fit.py\"}, {\"id\": \"code\", \"path\":"
                + " \"${AZ_BATCHAI_MOUNT_ROOT}/x/\"}, {\"id\": \"ABS\", \"path\": \"/data\"}]");
    assertThat(value(plan, "AZ_BATCHAI_INPUT_CODE")).isEqualTo(JMR + "/in/code/fit.py");
    assertThat(value(plan, "AZ_BATCHAI_INPUT_code")).isEqualTo(CMR + "/x/");
    assertThat(value(plan, "AZ_BATCHAI_INPUT_ABS")).isEqualTo("/data");
    assertThat(plan.createdBeforePreparation()).as("nothing is created for inputs").hasSize(1);
  }

  @Test
  void relativeInputIsTakenFromTheWorkingDirectory() {
    JobPlan plan = planWith(", \"inputDirectories\": [{\"id\": \"A\", \"path\": \"data/x\"}]");
    assertThat(value(plan, "AZ_BATCHAI_INPUT_A")).isEqualTo(TEMP + "/task/wd/data/x");
    assertThat(plan.warnings())
        .anyMatch(w -> w.contains("inputDirectories[0].path\": is relative"));
  }

  @ParameterizedTest
  @CsvSource({
    "$AZ_BATCHAI_JOB_MOUNT_ROT/x",
    "$AZ_BATCHAI_INPUT_A/x",
    "$AZ_BATCHAI_OUTPUT_A/x",
    "$AZ_BATCHAI_JOB_MOUNT_ROOTx/y",
    "/data/$USER"
  })
  void unknownVariableInAPathIsAnError(String path) {
    for (String member :
        List.of(
            ", \"inputDirectories\": [{\"id\": \"B\", \"path\": \"" + path + "\"}]",
            ", \"outputDirectories\": [{\"id\": \"B\", \"pathPrefix\": \"" + path + "\"}]")) {
      assertThat(refusedWith(member))
          .hasMessageStartingWith("job.json:1:")
          .hasMessageContaining("which no path can: use $AZ_BATCHAI_MOUNT_ROOT")
          .hasMessageContaining("Directories[0].path");
    }
  }

  @Test
  void userVariablesRefersToServiceVariablesInputsOutputsAndEarlierOnes() {
    JobPlan plan =
        planWith(
            ", \"inputDirectories\": [{\"id\": \"I\", \"path\": \"/i\"}], \"outputDirectories\":"
                + " [{\"id\": \"O\", \"pathPrefix\": \"/o\"}]"
                + variables(
                    "CODE", "$AZ_BATCHAI_JOB_MOUNT_ROOT/in/code",
                    "IO", "${AZ_BATCHAI_INPUT_I}:$AZ_BATCHAI_OUTPUT_O",
                    "TWICE", "$CODE-$CODE"));
    assertThat(value(plan, "CODE")).isEqualTo(JMR + "/in/code");
    assertThat(value(plan, "IO")).isEqualTo("/i:/o/" + SEG);
    assertThat(value(plan, "TWICE")).isEqualTo(JMR + "/in/code-" + JMR + "/in/code");
  }

  @Test
  void undefinedServiceVariableInAValueIsAnError() {
    assertThat(refusedWith(variables("A", "$AZ_BATCHAI_INPUT_NONE")))
        .hasMessageContaining(
            "\"environmentVariables[0].value\": refers to $AZ_BATCHAI_INPUT_NONE, which is not set");
  }

  @Test
  void cyclicAndForwardReferencesAreErrors() {
    assertThat(refusedWith(variables("A", "$B", "B", "$A")))
        .hasMessageContaining(
            "\"environmentVariables[0].value\": refers to $B, which is set further");
    assertThat(refusedWith(variables("A", "x$A"))).hasMessageContaining("refers to itself ($A)");
  }

  @Test
  void variableThatExtendsTheLaunchersOwn() {
    JobPlan plan =
        plan(
            "{" + HEAD + ", " + TRUE + variables("PATH", "$PATH:/opt/bin") + "}",
            r -> r.baseEnvironment(Map.of("PATH", "/usr/bin")));
    assertThat(value(plan, "PATH")).isEqualTo("/usr/bin:/opt/bin");
  }

  @Test
  void otherReferencesInAValueStayAsWritten() {
    JobPlan plan = planWith(variables("A", "cost $5 for $WHO, $$ and $(date) ${B:-c}"));
    assertThat(value(plan, "A")).isEqualTo("cost $5 for $WHO, $$ and $(date) ${B:-c}");
    assertThat(plan.warnings()).anyMatch(w -> w.contains("refers to $WHO, which is not set"));
  }

  @Test
  void userVariablesComeAfterInputsAndOutputsAndSecretsAfterThem() {
    JobPlan plan =
        planWith(
            variables("B", "1", "A", "2")
                + ", \"secrets\": [{\"name\": \"S\", \"value\": \"$B\"}, {\"name\": \"B\", \"value\":"
                + " \"hidden\"}]");
    assertThat(plan.environment().names().stream().skip(11)).containsExactly("A", "S", "B");
    assertThat(plan.environment().get("B"))
        .contains(new EnvironmentValue.Hidden(SecretValue.of("hidden")));
    assertThat(plan.environment().get("S"))
        .as("secrets are literal")
        .contains(new EnvironmentValue.Hidden(SecretValue.of("$B")));
    assertThat(plan.warnings()).anyMatch(w -> w.contains("\"B\" is set twice"));
  }

  @Test
  void ofTwoVariablesWithOneNameTheLaterHolds() {
    JobPlan plan = planWith(variables("A", "1", "A", "$A-2"));
    assertThat(value(plan, "A")).isEqualTo("1-2");
    assertThat(plan.warnings()).anyMatch(w -> w.contains("\"A\" is set twice"));
  }

  @Test
  void secretsAreNamedWithoutValue() {
    JobPlan plan =
        plan(
            "{"
                + HEAD
                + ", \"customToolkitSettings\": {\"commandLine\": \"echo $S ${S} $V\"}, \"secrets\":"
                + " [{\"name\": \"S\", \"value\": \"s3cr3t\"}, {\"name\": \"V\","
                + " \"valueSecretReference\": {\"sourceVault\": {\"id\": \"/v\"}, \"secretUrl\":"
                + " \"https://v/secrets/x\"}}]}");
    var json = plan.toDryRunJson();
    assertThat(json.path("environment").has("S")).isTrue();
    assertThat(json.path("environment").path("S").isNull()).isTrue();
    assertThat(json.path("environment").path("V").isNull()).isTrue();
    assertThat(json.path("launch").path("expanded").asText()).isEqualTo("echo $S ${S} $V");
    assertThat(json.toString() + plan + plan.environment()).doesNotContain("s3cr3t");
    assertThat(plan.environment().references())
        .containsExactly(new SecretReference("/v", "https://v/secrets/x"));
    assertThat(plan.environment().values(r -> SecretValue.of("from vault")))
        .containsEntry("S", "s3cr3t")
        .containsEntry("V", "from vault");
  }

  @Test
  void nameThatNoShellCanUseWarns() {
    assertThat(planWith(variables("A-B", "1")).warnings())
        .anyMatch(w -> w.contains("\"A-B\" is no name that a shell can refer to"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "$A/x|1/x",
        "${A}x|1x",
        "$Ax|",
        "$A-1|1-1",
        "'$A' \"$A\"|'1' \"1\"",
        "$A.$B|1.2",
        "\\$A|\\1",
        "$$A|$1",
        "${A:-x}|${A:-x}",
        "$1 $? $(A) ${#A}|$1 $? $(A) ${#A}",
        "a; b && c > e|a; b && c > e"
      })
  void nameEndsBeforeTheFirstOtherCharacterAndTheRestIsLeftAlone(String text, String expanded) {
    Map<String, String> values = Map.of("A", "1", "B", "2");
    assertThat(
            Expansion.replace(text, name -> java.util.Optional.of(values.getOrDefault(name, ""))))
        .isEqualTo(expanded == null ? "" : expanded);
  }

  @Test
  void unsetVariableOfACommandLineIsEmptyWithAWarning() {
    JobPlan plan =
        plan(
            "{"
                + HEAD
                + ", \"customToolkitSettings\": {\"commandLine\": \"run --d=$AZ_BATCHAI_INPUT_X end\"}}");
    assertThat(plan.launch().command().expanded()).isEqualTo("run --d= end");
    assertThat(plan.warnings())
        .anyMatch(
            w ->
                w.contains(
                    "\"customToolkitSettings\": uses $AZ_BATCHAI_INPUT_X, which is not set"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "X=1; echo $X",
        "for i in 1 2; do echo $i; done",
        "read line; echo $line",
        "export N=2 && echo $N",
        "echo $HOME $RANDOM $OMPI_COMM_WORLD_RANK"
      })
  void variableThatTheTextItselfSetsIsNoWarning(String line) {
    assertThat(
            plan("{" + HEAD + ", \"customToolkitSettings\": {\"commandLine\": \"" + line + "\"}}")
                .warnings())
        .noneMatch(w -> w.contains("which is not set"));
  }

  @Test
  void credentialsOfTheLaunchersEnvironmentAreNotExpanded() {
    JobPlan plan =
        plan(
            "{"
                + HEAD
                + ", \"customToolkitSettings\": {\"commandLine\": \"echo $AZURE_STORAGE_ACCESS_KEY"
                + " $MY_TOKEN $LANGUAGE\"}}",
            r ->
                r.baseEnvironment(
                    Map.of(
                        "AZURE_STORAGE_ACCESS_KEY", "s3cr3t",
                        "MY_TOKEN", "s3cr3t",
                        "LANGUAGE", "de")));
    assertThat(plan.launch().command().expanded())
        .isEqualTo("echo $AZURE_STORAGE_ACCESS_KEY $MY_TOKEN de");
  }

  @Test
  void preparationSeesTheEnvironmentOfTheJob() {
    JobPlan plan =
        plan(
            "{"
                + HEAD
                + ", "
                + TRUE
                + ", \"jobPreparation\": {\"commandLine\": \"mkdir $AZ_BATCHAI_OUTPUT_O/$A\"},"
                + " \"outputDirectories\": [{\"id\": \"O\", \"pathPrefix\": \"/o\"}]"
                + variables("A", "x")
                + ", \"secrets\": [{\"name\": \"S\", \"value\": \"1\"}]}");
    assertThat(plan.preparation().orElseThrow().expanded()).isEqualTo("mkdir /o/" + SEG + "/x");
    assertThat(plan.nodes().get(0).environment().names()).containsAll(plan.environment().names());
  }

  @Test
  void previousOutputsAreNamedWhenThereWasAnAttemptBefore() {
    String outputs =
        "{"
            + TestPlans.HEAD
            + ", "
            + TestPlans.TRUE
            + ", \"outputDirectories\": [{\"id\": \"MODEL\", \"pathPrefix\":"
            + " \"$AZ_BATCHAI_JOB_MOUNT_ROOT/out\", \"pathSuffix\": \"models\"}]}";
    JobPlan first = TestPlans.plan(outputs);
    assertThat(first.environment().names()).doesNotContain("AZ_BATCHAI_PREV_OUTPUT_MODEL");
    JobPlan again = TestPlans.plan(outputs, request -> request.previousJobId("the-one-before"));
    assertThat(TestPlans.value(again, "AZ_BATCHAI_PREV_OUTPUT_MODEL"))
        .isEqualTo(
            TestPlans.value(again, "AZ_BATCHAI_OUTPUT_MODEL")
                .replace(TestPlans.UUID, "the-one-before")
                .replace(TestPlans.JMR.replace(TestPlans.UUID, "the-one-before"), TestPlans.JMR));
    assertThat(again.createdBeforePreparation())
        .noneMatch(directory -> directory.toString().contains("the-one-before"));
  }
}
