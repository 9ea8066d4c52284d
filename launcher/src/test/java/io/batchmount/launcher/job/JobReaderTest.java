package io.batchmount.launcher.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Chapter 3 of the contract: shapes, members, and how mistakes are told. */
class JobReaderTest {
  private static final String HEAD =
      "\"nodeCount\": 1, \"stdOutErrPathPrefix\": \"$AZ_BATCHAI_JOB_MOUNT_ROOT/out\"";

  static LoadedJob read(String json) {
    return ConfigurationFiles.parseJob("job.json", json.getBytes(StandardCharsets.UTF_8), false);
  }

  static ConfigurationException refused(String json) {
    ConfigurationException refused =
        catchThrowableOfType(ConfigurationException.class, () -> read(json));
    assertThat(refused).as(json).isNotNull();
    return refused;
  }

  @Test
  void wrappedShapeIsRead() {
    LoadedJob job =
        read(
            "{\"$schema\": \"x\", \"properties\": {"
                + HEAD
                + ", \"customToolkitSettings\": {\"commandLine\": \"true\"}}}");
    assertThat(job.definition().nodeCount()).isEqualTo(1);
    assertThat(job.definition().toolkit()).contains(new ToolkitSettings.Custom("true"));
    assertThat(job.warnings()).isEmpty();
  }

  @Test
  void bareShapeIsRead() {
    LoadedJob job =
        read(
            "{"
                + HEAD
                + ", \"inputDirectories\": [{\"id\": \"CODE\", \"path\":"
                + " \"$AZ_BATCHAI_JOB_MOUNT_ROOT/in/code\"}]}");
    assertThat(job.definition().inputDirectories())
        .containsExactly(new InputDirectory("CODE", "$AZ_BATCHAI_JOB_MOUNT_ROOT/in/code"));
    assertThat(job.warnings()).isEmpty();
  }

  @Test
  void propertiesThatIsNoObjectIsNoWrapper() {
    LoadedJob job = read("{" + HEAD + ", \"properties\": 3}");
    assertThat(job.warnings()).containsExactly("job.json:1:75: unknown member \"properties\"");
  }

  @Test
  void membersBesidePropertiesAreIgnored() {
    LoadedJob job =
        read(
            "{\"location\": \"eastus\", \"comment\": 1, \"$schema\": \"x\", \"nodeCount\": 7,"
                + " \"properties\": {"
                + HEAD
                + "}}");
    assertThat(job.definition().nodeCount()).isEqualTo(1);
    assertThat(job.warnings())
        .singleElement()
        .asString()
        .contains("unknown member \"nodeCount\" beside \"properties\"");
  }

  @Test
  void brokenJsonIsOneSentenceWithPlaceAndWhatWasExpected() {
    assertThat(refused("{\n  \"nodeCount\": 1\n  \"x\": 2}"))
        .hasMessage("job.json:3:3: is not valid JSON: found \" where a comma or } was expected");
    assertThat(refused("{\n  \"nodeCount\": [1\n"))
        .hasMessage(
            "job.json:3:1: is not valid JSON: the text ends where ] was expected for the array that"
                + " begins at line 2, column 16");
  }

  @Test
  void unknownMemberWarnsWithPlaceAndNearestName() {
    LoadedJob job =
        read(
            "{\n  \"properties\": {\n    \"nodeCount\": 1,\n    \"stdOutErrPathPrefix\": \"/x\",\n"
                + "    \"customToolkitSettings\": { \"commandLine\": \"true\" },\n\n"
                + "    \"mountVolume\": {}\n  }\n}");
    assertThat(job.warnings())
        .containsExactly(
            "job.json:7:5: unknown member \"mountVolume\", did you mean \"mountVolumes\"?");
  }

  @Test
  void unknownMembersAreReportedAtEveryLevel() {
    LoadedJob job =
        read(
            "{"
                + HEAD
                + ", \"mountVolumes\": {\"azureFileShares\": [{\"azureFileUrl\": \"https://a.b/c\","
                + " \"relativeMountPath\": \"x\", \"filMode\": \"0777\"}]},"
                + "\"horovodSettings\": {\"pythonScriptFilePath\": \"a\", \"procesCount\": 1}}");
    assertThat(job.warnings())
        .hasSize(2)
        .anyMatch(w -> w.contains("\"filMode\", did you mean \"fileMode\"?"))
        .anyMatch(w -> w.contains("\"procesCount\", did you mean \"processCount\"?"));
  }

  @Test
  void unknownMemberIsAnErrorWhenStrict() {
    String json = "{" + HEAD + ", \"nodCount\": 1}";
    assertThatThrownBy(
            () ->
                ConfigurationFiles.parseJob(
                    "job.json", json.getBytes(StandardCharsets.UTF_8), true))
        .isInstanceOf(ConfigurationException.class)
        .hasMessage("job.json:1:75: unknown member \"nodCount\", did you mean \"nodeCount\"?");
  }

  @Test
  void membersOfPublishedFilesAreSilentEvenWhenStrict() {
    String json =
        "{\"$schema\": \"x\", \"location\": \"eastus\", \"properties\": {"
            + HEAD
            + ", \"toolType\": \"custom\", \"comment\": \"c\", \"$comment\": \"d\","
            + " \"customToolkitSettings\": {\"commandLine\": \"true\", \"comment\": \"e\"},"
            + " \"outputDirectories\": [{\"id\": \"A\", \"pathPrefix\": \"/a\", \"type\":"
            + " \"model\"}]}}";
    LoadedJob job =
        ConfigurationFiles.parseJob("job.json", json.getBytes(StandardCharsets.UTF_8), true);
    assertThat(job.warnings()).isEmpty();
  }

  /** What the service's CLI printed of a job, handed back as a job file. */
  @Test
  void reportedJobIsReadAsAJobFileEvenWhenStrict() {
    String json =
        "{\"caffeSettings\": null, \"cluster\": {\"id\": \"/subscriptions/1/c\", \"resourceGroup\":"
            + " \"rg\"}, \"constraints\": {\"maxWallClockTime\": \"7 days, 0:00:00\"},"
            + " \"containerSettings\": null, \"creationTime\": \"2018-06-13T00:50:33+00:00\","
            + " \"customToolkitSettings\": {\"commandLine\": \"true\"}, \"environmentVariables\": null,"
            + " \"executionInfo\": {\"errors\": null, \"exitCode\": 0}, \"executionState\":"
            + " \"succeeded\", \"executionStateTransitionTime\": \"x\", \"id\": \"/s/j\","
            + " \"inputDirectories\": [], \"jobOutputDirectoryPathSegment\": \"a/b\","
            + " \"jobPreparation\": null, \"mountVolumes\": {\"azureBlobFileSystems\":"
            + " [{\"accountName\": \"acct\", \"containerName\": \"c\", \"credentials\":"
            + " {\"accountKey\": null, \"accountKeySecretReference\": null}, \"mountOptions\": null,"
            + " \"relativeMountPath\": \"b\"}], \"azureFileShares\": [], \"fileServers\": null},"
            + " \"name\": \"fit\", \"nodeCount\": 1, \"outputDirectories\": [{\"id\": \"O\","
            + " \"pathPrefix\": \"/a\", \"pathSuffix\": null}], \"provisioningState\": \"succeeded\","
            + " \"provisioningStateTransitionTime\": \"x\", \"resourceGroup\": \"rg\","
            + " \"schedulingPriority\": \"Normal\", \"secrets\": null, \"stdOutErrPathPrefix\":"
            + " \"/o\", \"tensorFlowSettings\": null, \"toolType\": \"custom\", \"type\":"
            + " \"Microsoft.BatchAI/workspaces/experiments/jobs\"}";
    LoadedJob job =
        ConfigurationFiles.parseJob("job.json", json.getBytes(StandardCharsets.UTF_8), true);
    assertThat(job.warnings()).isEmpty();
    assertThat(job.definition().mountVolumes().azureBlobFileSystems()).hasSize(1);
    assertThat(job.definition().maxWallClockTime()).isEqualTo(java.time.Duration.ofDays(7));
  }

  @Test
  void outdatedCredentialsInfoIsAnUnknownMember() {
    LoadedJob job =
        read(
            "{"
                + HEAD
                + ", \"mountVolumes\": {\"azureFileShares\": [{\"azureFileUrl\": \"https://a.b/c\","
                + " \"relativeMountPath\": \"x\", \"credentialsInfo\": {\"accountKey\": \"k\"}}]}}");
    assertThat(job.warnings())
        .singleElement()
        .asString()
        .endsWith("unknown member \"credentialsInfo\", did you mean \"credentials\"?");
    assertThat(job.definition().mountVolumes().azureFileShares().get(0).credentials()).isEmpty();
  }

  @Test
  void nullCountsAsAbsent() {
    LoadedJob job =
        read(
            "{"
                + HEAD
                + ", \"mountVolumes\": null, \"inputDirectories\": null, \"cntkSettings\": null,"
                + " \"containerSettings\": null, \"constraints\": {\"maxWallClockTime\": null},"
                + " \"secrets\": [null], \"schedulingPriority\": null}");
    assertThat(job.definition().mountVolumes().isEmpty()).isTrue();
    assertThat(job.definition().maxWallClockTime()).isEqualTo(Duration.ofDays(7));
    assertThat(job.warnings()).isEmpty();
    assertThat(refused("{\"nodeCount\": null, \"stdOutErrPathPrefix\": \"/x\"}"))
        .hasMessageContaining("\"nodeCount\": is required");
  }

  @Test
  void byteOrderMarkIsSkipped() {
    assertThat(read("\uFEFF{" + HEAD + "}").definition().nodeCount()).isEqualTo(1);
  }

  @Test
  void textIsUtf8() {
    byte[] latin1 = "{\"nodeCount\": \"\u00e9\"}".getBytes(StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> ConfigurationFiles.parseJob("job.json", latin1, false))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("is not UTF-8 text");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "  ", "[]", "3", "{", "{\"a\":}", "{} {}", "null", "\"x\""})
  void textThatIsNoObjectIsRefusedWithItsPlace(String json) {
    assertThat(refused(json).getMessage()).startsWith("job.json:1:");
  }

  @Test
  void nameThatStandsTwiceWarns() {
    LoadedJob job = read("{" + HEAD + ", \"nodeCount\": 2}");
    assertThat(job.definition().nodeCount()).isEqualTo(2);
    assertThat(job.warnings())
        .containsExactly(
            "job.json:1:75: member \"nodeCount\" stands twice here, the first one is ignored");
  }

  @Test
  void allProblemsAreReportedAtOnce() {
    ConfigurationException refused =
        refused(
            "{\n \"nodeCount\": \"two\",\n \"outputDirectories\": [{\"id\": \"A-1\","
                + " \"pathPrefix\": \"/x\"}],\n \"schedulingPriority\": \"hgh\"\n}");
    assertThat(refused.problems()).hasSize(4);
    assertThat(refused.getMessage())
        .contains("job.json:2:15: \"nodeCount\": must be an integer, but is a string")
        .contains("job.json:3:31: \"outputDirectories[0].id\": \"A-1\" becomes part of")
        .contains("\"stdOutErrPathPrefix\": is required")
        .contains("\"hgh\" is not one of \"low\", \"normal\", \"high\", did you mean \"high\"?");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "10001", "99999999999"})
  void nodeCountIsOneOrMore(String count) {
    assertThat(
            refused("{\"nodeCount\": " + count + ", \"stdOutErrPathPrefix\": \"/x\"}").getMessage())
        .startsWith("job.json:1:15: \"nodeCount\":");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "7.00:00:00|P7D",
        "P7D|P7D",
        "7 days, 0:00:00|P7D",
        "1 day, 2:03:04|P1DT2H3M4S",
        "PT1H30M|PT1H30M",
        "00:10:00|PT10M",
        "1:02:03.5|PT1H2M3.5S",
        "P1W|P7D",
        "pt90s|PT90S",
        "7 days|P7D"
      })
  void durationsInThreeNotations(String text, String duration) {
    LoadedJob job =
        read("{" + HEAD + ", \"constraints\": {\"maxWallClockTime\": \"" + text + "\"}}");
    assertThat(job.definition().maxWallClockTime()).isEqualTo(Duration.parse(duration));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0:00:00", "PT0S", "-PT1H", "a week", "1:70:00", "7"})
  void durationThatIsNoneIsRefused(String text) {
    assertThat(refused("{" + HEAD + ", \"constraints\": {\"maxWallClockTime\": \"" + text + "\"}}"))
        .hasMessageContaining("\"constraints.maxWallClockTime\"")
        .hasMessageContaining("write \"P7D\"");
  }

  @Test
  void defaultOfTheTimeLimitIsAWeekAndOfThePriorityNormal() {
    JobDefinition job = read("{" + HEAD + "}").definition();
    assertThat(job.maxWallClockTime()).isEqualTo(Duration.ofDays(7));
    assertThat(job.schedulingPriority()).isEqualTo(SchedulingPriority.NORMAL);
    assertThat(
            read("{" + HEAD + ", \"schedulingPriority\": \"low\", \"cluster\": {\"id\": \"/s/c\"}}")
                .definition())
        .satisfies(
            d -> {
              assertThat(d.schedulingPriority()).isEqualTo(SchedulingPriority.LOW);
              assertThat(d.clusterId()).contains("/s/c");
            });
  }

  @Test
  void twoToolkitsAreRefused() {
    assertThat(
            refused(
                "{"
                    + HEAD
                    + ", \"customToolkitSettings\": {\"commandLine\": \"true\"},"
                    + " \"caffe2Settings\": {\"pythonScriptFilePath\": \"a.py\"}}"))
        .hasMessageContaining(
            "\"caffe2Settings\": is the second toolkit of this job, after"
                + " \"customToolkitSettings\": keep exactly one");
  }

  @Test
  void everyToolkitIsRead() {
    String python = "\"pythonScriptFilePath\": \"a.py\", \"commandLineArgs\": \"-x\"";
    PythonProgram program = PythonProgram.of("a.py", "-x");
    java.util.function.Function<String, ToolkitSettings> toolkit =
        settings -> read("{" + HEAD + ", " + settings + "}").definition().toolkit().orElseThrow();
    java.util.OptionalInt four = java.util.OptionalInt.of(4);
    java.util.OptionalInt none = java.util.OptionalInt.empty();
    assertThat(
            toolkit.apply("\"customMpiSettings\": {\"commandLine\": \"a\", \"processCount\": 4}"))
        .isEqualTo(new ToolkitSettings.CustomMpi("a", four));
    assertThat(toolkit.apply("\"horovodSettings\": {" + python + ", \"processCount\": 4}"))
        .isEqualTo(new ToolkitSettings.Horovod(program, four));
    assertThat(toolkit.apply("\"chainerSettings\": {" + python + "}"))
        .isEqualTo(new ToolkitSettings.Chainer(program, none));
    assertThat(toolkit.apply("\"cntkSettings\": {" + python + ", \"languageType\": \"Python\"}"))
        .isEqualTo(
            new ToolkitSettings.Cntk(
                Optional.empty(), Optional.empty(), Optional.of(program), none));
    assertThat(
            toolkit.apply(
                "\"cntkSettings\": {\"configFilePath\": \"c\", \"commandLineArgs\": \"r\"}"))
        .isEqualTo(
            new ToolkitSettings.Cntk(Optional.of("c"), Optional.of("r"), Optional.empty(), none));
    assertThat(toolkit.apply("\"caffeSettings\": {\"configFilePath\": \"s.prototxt\"}"))
        .isEqualTo(
            new ToolkitSettings.Caffe(
                Optional.of("s.prototxt"), Optional.empty(), Optional.empty(), none));
    assertThat(toolkit.apply("\"caffe2Settings\": {" + python + "}"))
        .isEqualTo(new ToolkitSettings.Caffe2(program));
    assertThat(
            toolkit.apply(
                "\"pyTorchSettings\": {" + python + ", \"communicationBackend\": \"gloo\"}"))
        .isEqualTo(new ToolkitSettings.PyTorch(program, none, Optional.of("gloo")));
    assertThat(
            toolkit.apply(
                "\"tensorFlowSettings\": {\"pythonScriptFilePath\": \"a.py\","
                    + " \"masterCommandLineArgs\": \"-x\", \"workerCommandLineArgs\": \"-w\","
                    + " \"parameterServerCommandLineArgs\": \"-p\", \"workerCount\": 4,"
                    + " \"parameterServerCount\": 1, \"pythonInterpreterPath\": \"python3\"}"))
        .isEqualTo(
            new ToolkitSettings.TensorFlow(
                new PythonProgram("a.py", Optional.of("python3"), Optional.of("-x")),
                Optional.of("-w"),
                Optional.of("-p"),
                four,
                java.util.OptionalInt.of(1)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cntkSettings|{}|give exactly one of \"configFilePath\" and \"pythonScriptFilePath\"",
        "cntkSettings|{\"configFilePath\": \"a\", \"pythonScriptFilePath\": \"b\"}|give exactly one",
        "cntkSettings|{\"configFilePath\": \"a\", \"languageType\": \"Python\"}|needs"
            + " \"pythonScriptFilePath\"",
        "cntkSettings|{\"pythonScriptFilePath\": \"a\", \"languageType\": \"BrainScript\"}|needs"
            + " \"configFilePath\"",
        "cntkSettings|{\"pythonScriptFilePath\": \"a\", \"languageType\": \"Perl\"}|is not one of",
        "caffeSettings|{\"configFilePath\": \"a\", \"pythonInterpreterPath\": \"p\"}|is used only"
            + " with",
        "caffeSettings|{\"configFilePath\": \"a\", \"pythonScriptFilePath\": \"b\"}|give exactly one",
        "horovodSettings|{}|is required",
        "customMpiSettings|{}|is required",
        "customToolkitSettings|{}|is required",
        "customToolkitSettings|{\"commandLine\": \" \"}|must not be empty",
        "tensorFlowSettings|{\"pythonScriptFilePath\": \"a\", \"workerCount\": 0}|must be 1 or more",
        "tensorFlowSettings|{\"pythonScriptFilePath\": \"a\", \"parameterServerCount\": -1}|must be"
            + " 0 or more",
        "chainerSettings|{\"pythonScriptFilePath\": \"a\", \"processCount\": 0}|must be 1 or more"
      })
  void toolkitMembersAreChecked(String member, String settings, String message) {
    assertThat(refused("{" + HEAD + ", \"" + member + "\": " + settings + "}"))
        .hasMessageContaining(member)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1A", "A-1", "A B", "\u00c4", "a.b", "$A", "A\\u0000"})
  void idsAreNamesThatAVariableCanHave(String id) {
    assertThat(
            refused(
                "{"
                    + HEAD
                    + ", \"inputDirectories\": [{\"id\": \""
                    + id
                    + "\", \"path\": \"/x\"}]}"))
        .hasMessageContaining("\"inputDirectories[0].id\"");
    assertThat(
            refused(
                "{"
                    + HEAD
                    + ", \"outputDirectories\": [{\"id\": \""
                    + id
                    + "\", \"pathPrefix\": \"/x\"}]}"))
        .hasMessageContaining("\"outputDirectories[0].id\"");
  }

  @Test
  void idsAreUniqueAndCaseIsNotFolded() {
    assertThat(
            refused(
                "{"
                    + HEAD
                    + ", \"inputDirectories\": [{\"id\": \"A\", \"path\": \"/x\"},\n"
                    + "{\"id\": \"A\", \"path\": \"/y\"}]}"))
        .hasMessage(
            "job.json:2:8: \"inputDirectories[1].id\": \"A\" is also the id of entry 0: choose"
                + " another");
    assertThat(
            read("{"
                    + HEAD
                    + ", \"inputDirectories\": [{\"id\": \"A\", \"path\": \"/x\"},"
                    + "{\"id\": \"a\", \"path\": \"/y\"}]}")
                .definition()
                .inputDirectories())
        .hasSize(2);
  }

  @Test
  void stdouterrIsNoIdOfAnOutput() {
    assertThat(
            refused(
                "{"
                    + HEAD
                    + ", \"outputDirectories\": [{\"id\": \"stdouterr\", \"pathPrefix\": \"/x\"}]}"))
        .hasMessageContaining("is the directory of standard output");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/abs", "../x", "a/../../x", "."})
  void pathSuffixIsRelativeAndStaysInside(String suffix) {
    assertThat(
            refused(
                "{"
                    + HEAD
                    + ", \"outputDirectories\": [{\"id\": \"A\", \"pathPrefix\": \"/x\","
                    + " \"pathSuffix\": \""
                    + suffix
                    + "\"}]}"))
        .hasMessageContaining("\"outputDirectories[0].pathSuffix\"");
  }

  private static String share(String path) {
    return "{\"azureFileUrl\": \"https://a.file.core.windows.net/s\", \"relativeMountPath\": \""
        + path
        + "\"}";
  }

  private static String shares(String... paths) {
    return "{"
        + HEAD
        + ", \"mountVolumes\": {\"azureFileShares\": ["
        + String.join(",", java.util.Arrays.stream(paths).map(JobReaderTest::share).toList())
        + "]}}";
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "/", "/abs", "..", "a/../b", "a/..", ".", "./"})
  void relativeMountPathStaysBelowTheRoot(String path) {
    assertThat(refused(shares(path)))
        .hasMessageContaining("\"mountVolumes.azureFileShares[0].relativeMountPath\"");
  }

  @Test
  void relativeMountPathMayHaveSeveralLevelsAndATrailingSlashMeansNothing() {
    assertThat(read(shares("team/logs/", "afs/", "./x//y")).definition().mountVolumes())
        .extracting(MountVolumes::relativeMountPaths)
        .isEqualTo(List.of("team/logs", "afs", "x/y"));
  }

  @ParameterizedTest
  @CsvSource({"afs,afs", "afs,afs/", "a,a/b", "a/b,a", "a/b/c,a/b"})
  void twoVolumesOnOnePathOrInsideEachOtherAreRefused(String one, String two) {
    assertThat(refused(shares("other", one, two)))
        .hasMessageContaining("\"mountVolumes.azureFileShares[2].relativeMountPath\"")
        .hasMessageContaining("of azureFileShares[1]");
  }

  @Test
  void mountPathsAreComparedByComponent() {
    assertThat(read(shares("af", "afs", "a/b", "a/bc")).definition().mountVolumes().isEmpty())
        .isFalse();
  }

  @Test
  void volumesOfAllKindsAreKeptApart() {
    assertThat(
            refused(
                "{"
                    + HEAD
                    + ", \"mountVolumes\": {\"azureFileShares\": ["
                    + share("v")
                    + "], \"unmanagedFileSystems\": [{\"mountCommand\": \"mount x\","
                    + " \"relativeMountPath\": \"v/w\"}]}}"))
        .hasMessageContaining("nested with \"v\" of azureFileShares[0]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"rwx", "0999", "77", "00777", "0x1", ""})
  void modesAreOctalDigits(String mode) {
    assertThat(
            refused(
                "{"
                    + HEAD
                    + ", \"mountVolumes\": {\"azureFileShares\": [{\"azureFileUrl\":"
                    + " \"https://a.b/s\", \"relativeMountPath\": \"x\", \"fileMode\": \""
                    + mode
                    + "\"}]}}"))
        .hasMessageContaining("\"mountVolumes.azureFileShares[0].fileMode\"");
  }

  @Test
  void modesDefaultTo0777() {
    AzureFileShareReference share =
        read(shares("x")).definition().mountVolumes().azureFileShares().get(0);
    assertThat(share.fileMode()).isEqualTo("0777");
    assertThat(share.directoryMode()).isEqualTo("0777");
  }

  @Test
  void credentialsHoldExactlyOneKind() {
    String volume =
        "{"
            + HEAD
            + ", \"mountVolumes\": {\"azureBlobFileSystems\": [{\"accountName\": \"a\","
            + " \"containerName\": \"c\", \"relativeMountPath\": \"x\", \"credentials\": %s}]}}";
    String reference =
        "\"accountKeySecretReference\": {\"sourceVault\": {\"id\": \"/v\"}, \"secretUrl\": \"https://v/s\"}";
    assertThat(refused(volume.formatted("{\"accountKey\": \"k\", " + reference + "}")))
        .hasMessageContaining("exactly one of \"accountKey\" and \"accountKeySecretReference\"");
    assertThat(refused(volume.formatted("{\"accountKeySecretReference\": {\"secretUrl\": \"u\"}}")))
        .hasMessageContaining("accountKeySecretReference.sourceVault\": is required");
    assertThat(
            read(volume.formatted("{" + reference + "}"))
                .definition()
                .mountVolumes()
                .azureBlobFileSystems()
                .get(0)
                .credentials())
        .contains(StorageCredentials.ofReference(new SecretReference("/v", "https://v/s")));
    assertThat(
            read(volume.formatted("{\"accountKey\": null}"))
                .definition()
                .mountVolumes()
                .azureBlobFileSystems()
                .get(0)
                .credentials())
        .as("blanked by a report")
        .isEmpty();
  }

  @Test
  void secretsHoldExactlyOneSource() {
    assertThat(refused("{" + HEAD + ", \"secrets\": [{\"name\": \"A\"}]}"))
        .hasMessageContaining("exactly one of \"value\" and \"valueSecretReference\"");
    assertThat(
            read("{"
                    + HEAD
                    + ", \"secrets\": [{\"name\": \"A\", \"value\": \"\"}, {\"name\": \"B\","
                    + " \"valueSecretReference\": {\"sourceVault\": {\"id\": \"/v\"},"
                    + " \"secretUrl\": \"https://v/s\"}}]}")
                .definition()
                .secrets())
        .containsExactly(
            Secret.of("A", ""), Secret.of("B", new SecretReference("/v", "https://v/s")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "A=B", "AZ_BATCHAI_X", "AZ_BATCHAI_JOB_TEMP", "A\\u0000"})
  void namesOfVariablesAreCheckedAndReservedOnesRefused(String name) {
    assertThat(
            refused(
                "{"
                    + HEAD
                    + ", \"environmentVariables\": [{\"name\": \""
                    + name
                    + "\", \"value\": \"x\"}]}"))
        .hasMessageContaining("\"environmentVariables[0].name\"");
    assertThat(
            refused(
                "{" + HEAD + ", \"secrets\": [{\"name\": \"" + name + "\", \"value\": \"x\"}]}"))
        .hasMessageContaining("\"secrets[0].name\"");
  }

  @Test
  void containerSettingsAreRead() {
    ContainerSettings settings =
        read("{"
                + HEAD
                + ", \"containerSettings\": {\"shmSize\": \"16gb\", \"imageSourceRegistry\":"
                + " {\"image\": \"r.example/i:1\", \"serverUrl\": \"r.example\", \"credentials\":"
                + " {\"username\": \"u\", \"password\": \"pw\"}}}}")
            .definition()
            .containerSettings()
            .orElseThrow();
    assertThat(settings.image()).isEqualTo("r.example/i:1");
    assertThat(settings.shmSize()).contains("16gb");
    assertThat(settings.credentials().orElseThrow().password()).contains(SecretValue.of("pw"));
    assertThat(settings.toString()).doesNotContain("pw");
    assertThat(refused("{" + HEAD + ", \"containerSettings\": {\"imageSourceRegistry\": {}}}"))
        .hasMessageContaining("\"containerSettings.imageSourceRegistry.image\": is required");
    assertThat(
            refused(
                "{"
                    + HEAD
                    + ", \"containerSettings\": {\"shmSize\": \"much\", \"imageSourceRegistry\":"
                    + " {\"image\": \"i\"}}}"))
        .hasMessageContaining("\"containerSettings.shmSize\"");
  }

  @Test
  void outputFilesAreCarriedAsWritten() {
    JobDefinition job =
        read("{"
                + HEAD
                + ", \"outputFiles\": [{\"filePattern\": \"*.txt\", \"n\": [1, 2.5, true]}]}")
            .definition();
    assertThat(job.outputFiles()).singleElement();
    assertThat(job.outputFiles().get(0).toString())
        .isEqualTo("{\"filePattern\":\"*.txt\",\"n\":[1,2.5,true]}");
  }

  @Test
  void secretsStandInNoMessageAndNoText() {
    String json =
        "{"
            + HEAD
            + ", \"secrets\": [{\"name\": \"A\", \"value\": \"s3cr3t\"}], \"outputFiles\":"
            + " [{\"u\": \"https://x?sig=s3cr3t\"}], \"mountVolumes\": {\"unmanagedFileSystems\":"
            + " [{\"mountCommand\": \"mount -o password=s3cr3t x\", \"relativeMountPath\": \"m\"}],"
            + " \"azureFileShares\": [{\"azureFileUrl\": \"https://a.b/c\", \"relativeMountPath\":"
            + " \"x\", \"credentials\": {\"accountKey\": \"s3cr3t\"}}]}%s}";
    JobDefinition job = read(json.formatted("")).definition();
    assertThat(job.toString() + job.secrets() + job.mountVolumes()).doesNotContain("s3cr3t");
    assertThat(refused(json.formatted(", \"schedulingPriority\": 3")).getMessage())
        .doesNotContain("s3cr3t");
  }

  @Test
  void fileThatCannotBeReadIsNamed(@TempDir Path directory) {
    assertThatThrownBy(() -> ConfigurationFiles.readJob(directory.resolve("none.json"), false))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("none.json: does not exist");
    assertThatThrownBy(() -> ConfigurationFiles.readJob(directory, false))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("it is a directory");
  }
}
