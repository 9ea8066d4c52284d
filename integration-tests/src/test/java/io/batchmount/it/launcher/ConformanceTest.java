package io.batchmount.it.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.batchmount.it.support.Batchmount;
import io.batchmount.it.support.Storage;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The conformance cases of Batch AI, numbered as in its description. */
class ConformanceTest extends LauncherFixture {
  private static final String OUTPUT =
      "\"outputDirectories\": [{\"id\": \"OUTPUT\", \"pathPrefix\":"
          + " \"$AZ_BATCHAI_JOB_MOUNT_ROOT/bfs\", \"pathSuffix\": \"output\"}],";

  @Test
  void t01CustomJobWithStdoutOnShareAndOutputOnContainer() throws Exception {
    run(
            "t1",
            job(OUTPUT + custom("echo hi | tee $AZ_BATCHAI_OUTPUT_OUTPUT/result.txt")),
            "--output-layout",
            "service")
        .expect(0);
    assertThat(list("t1"))
        .containsExactly("execution.log " + size("t1"), "stderr.txt 0", "stdout.txt 3");
    assertThat(list("t1", "-d", "OUTPUT")).containsExactly("result.txt 3");
    assertThat(content("t1", "result.txt", "-d", "OUTPUT")).isEqualTo("hi\n");
    Path target = work.resolve("copy");
    batchmount
        .run(
            "storage",
            "download",
            container + "/" + SEGMENT_HEAD + "t1/id/outputs/output",
            target.toString())
        .expect(0);
    assertThat(target.resolve("result.txt")).hasContent("hi\n");
  }

  private String size(String job) {
    return Integer.toString(content(job, "execution.log").length());
  }

  @Test
  void t02VolumesFromTheCommandLine() throws Exception {
    run(
            "t2",
            "{\"nodeCount\": 1, \"stdOutErrPathPrefix\": \"$AZ_BATCHAI_JOB_MOUNT_ROOT/afs\","
                + OUTPUT
                + custom("echo hi | tee $AZ_BATCHAI_OUTPUT_OUTPUT/result.txt")
                + "}",
            "--afs-name",
            share,
            "--bfs-name",
            container)
        .expect(0);
    assertThat(list("t2", "-d", "OUTPUT")).containsExactly("result.txt 3");
  }

  @Test
  void t03AndT08ClusterVolumeStaysAndJobVolumesGo() throws Exception {
    Path cluster =
        write(
            "cluster.json",
            """
            {"properties": {"nodeSetup": {"mountVolumes": {"azureFileShares": [{
              "azureFileUrl": "https://devstoreaccount1.file.core.windows.net/%s",
              "relativeMountPath": "azfiles"}]}}}}"""
                .formatted(share));
    Path root = work.resolve("cluster");
    batchmount.run("mount", "-f", cluster.toString(), "--mount-root", root.toString()).expect(0);
    String job =
        """
        {"nodeCount": 1, "stdOutErrPathPrefix": "$AZ_BATCHAI_MOUNT_ROOT/azfiles",
         "mountVolumes": {"azureBlobFileSystems": [{"accountName": "devstoreaccount1",
           "containerName": "%s", "relativeMountPath": "bfs"}]},
         %s}"""
            .formatted(container, custom("df | grep -c \"$AZ_BATCHAI_JOB_MOUNT_ROOT/bfs\""));
    Batchmount onCluster = batchmount.with("AZ_BATCHAI_MOUNT_ROOT", root.toString());
    Path file = write("t3.json", job);
    Batchmount.Result first =
        onCluster.run("run", "-f", file.toString(), "--job-name", "t3", "--job-id", "id").expect(0);
    assertThat(first.stdout()).isEqualTo("1\n");
    assertThat(root.resolve("azfiles").resolve(SEGMENT_HEAD + "t3/id/stdouterr/stdout.txt"))
        .hasContent("1\n");
    // a following job finds nothing of the job's volumes, and the cluster's are still there
    Path next =
        write(
            "t8.json",
            "{\"nodeCount\": 1, \"stdOutErrPathPrefix\": \"$AZ_BATCHAI_MOUNT_ROOT/azfiles\","
                + custom("df | grep -q azfiles || exit 9; df | grep /t3/id/")
                + "}");
    onCluster.run("run", "-f", next.toString(), "--job-name", "t8", "--job-id", "id").expect(1);
    batchmount.run("unmount", root.toString()).expect(0);
  }

  @Test
  void t04FailedCommand() throws Exception {
    run("t4", job(custom("false"))).expect(1);
    JsonNode info = record("t4").path("executionInfo");
    assertThat(record("t4").path("executionState").asText()).isEqualTo("failed");
    assertThat(info.path("exitCode").asInt()).isEqualTo(1);
    assertThat(info.path("errors")).hasSize(1);
    assertThat(info.path("errors").get(0).path("code").asText()).isEqualTo("JobFailed");
  }

  private JsonNode record(String job) throws Exception {
    return new ObjectMapper().readTree(batchmount.run("job", "show", "-j", job).expect(0).stdout());
  }

  @Test
  void t05FailedPreparation() throws Exception {
    run("t5", job("\"jobPreparation\": {\"commandLine\": \"false\"}," + custom("echo ran")))
        .expect(1);
    JsonNode errors = record("t5").path("executionInfo").path("errors");
    assertThat(errors).hasSize(1);
    assertThat(errors.get(0).path("code").asText()).isEqualTo("JobPreparationFailed");
    assertThat(list("t5").stream().map(e -> e.split(" ")[0]))
        .containsExactly("execution.log", "stderr-job_prep.txt", "stdout-job_prep.txt");
  }

  @Test
  void t06PreparationMakesTheInput() throws Exception {
    run(
            "t6",
            job(
                "\"inputDirectories\": [{\"id\": \"INPUT\", \"path\":"
                    + " \"$AZ_BATCHAI_JOB_MOUNT_ROOT/afs/input\"}],"
                    + "\"jobPreparation\": {\"commandLine\": \"mkdir -p $AZ_BATCHAI_INPUT_INPUT &&"
                    + " echo made | tee $AZ_BATCHAI_INPUT_INPUT/file.txt\"},"
                    + custom("cat $AZ_BATCHAI_INPUT_INPUT/file.txt")))
        .expect(0);
    assertThat(content("t6", "stdout.txt")).isEqualTo("made\n");
    assertThat(content("t6", "stdout-job_prep.txt")).isEqualTo("made\n");
    assertThat(list("t6")).contains("stderr.txt 0", "stderr-job_prep.txt 0");
  }

  @Test
  void t07SameListingOnShareAndContainer() throws Exception {
    run(
            "t7",
            job(
                """
                "outputDirectories": [
                  {"id": "A", "pathPrefix": "$AZ_BATCHAI_JOB_MOUNT_ROOT/afs", "pathSuffix": "out"},
                  {"id": "B", "pathPrefix": "$AZ_BATCHAI_JOB_MOUNT_ROOT/bfs", "pathSuffix": "out"}],
                "jobPreparation": {"commandLine":
                  "echo p | tee $AZ_BATCHAI_OUTPUT_A/prep.txt > $AZ_BATCHAI_OUTPUT_B/prep.txt"},
                """
                    + custom(
                        "for d in $AZ_BATCHAI_OUTPUT_A $AZ_BATCHAI_OUTPUT_B; do echo c > $d/job.txt;"
                            + " mkdir $d/sub; echo sub > $d/sub/deep.txt; done")))
        .expect(0);
    for (String id : List.of("A", "B")) {
      assertThat(list("t7", "-d", id)).containsExactly("job.txt 2", "prep.txt 2", "sub/");
      assertThat(list("t7", "-d", id, "-p", "sub")).containsExactly("deep.txt 4");
    }
  }

  @Test
  void t09VariablesAndSecrets() throws Exception {
    run(
            "t9",
            job(
                "\"environmentVariables\": [{\"name\": \"VARIABLE\", \"value\": \"VALUE\"}],"
                    + "\"secrets\": [{\"name\": \"SECRET_VARIABLE\", \"value\": \"SECRET-t9\"}],"
                    + "\"jobPreparation\": {\"commandLine\": \"echo $VARIABLE $SECRET_VARIABLE\"},"
                    + custom("echo $VARIABLE $SECRET_VARIABLE")))
        .expect(0);
    assertThat(content("t9", "stdout.txt")).isEqualTo("VALUE SECRET-t9\n");
    assertThat(content("t9", "stdout-job_prep.txt")).isEqualTo("VALUE SECRET-t9\n");
    String shown = batchmount.run("job", "show", "-j", "t9").expect(0).stdout();
    assertThat(shown).contains("VALUE", "SECRET_VARIABLE").doesNotContain("SECRET-t9");
    assertThat(content("t9", "execution.log")).doesNotContain("SECRET-t9");
  }

  @Test
  void t10T12AndT13TerminateAndDelete() throws Exception {
    Path file = write("t10.json", job(custom("echo begun; sleep 600")));
    try (Batchmount.Running running =
        batchmount.start("run", "-f", file.toString(), "--job-name", "t10", "--job-id", "id")) {
      running.awaitOutput("begun");
      batchmount.run("job", "terminate", "-j", "t10").expect(0);
      assertThat(running.await(Batchmount.LIMIT).exitCode()).isEqualTo(143);
    }
    assertThat(record("t10").path("executionState").asText()).isEqualTo("failed");
    String before = batchmount.run("job", "show", "-j", "t10").expect(0).stdout();
    batchmount.run("job", "terminate", "-j", "t10").expect(0);
    assertThat(batchmount.run("job", "show", "-j", "t10").expect(0).stdout()).isEqualTo(before);
    batchmount.run("job", "delete", "-j", "t10").expect(0);
    batchmount.run("job", "show", "-j", "t10").expect(2);
  }

  /** A job is queued until its volumes are there; here the service takes requests and is silent. */
  @Test
  void t11TerminateAQueuedJob() throws Exception {
    Path file = write("t11.json", job(custom("echo never")));
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Batchmount.Running running =
            batchmount
                .with(
                    "AZURE_STORAGE_FILE_ENDPOINT",
                    "http://127.0.0.1:" + silent.getLocalPort() + "/devstoreaccount1")
                .start(
                    "run",
                    "-f",
                    file.toString(),
                    "--job-name",
                    "t11",
                    "--job-id",
                    "id",
                    "--connect-timeout",
                    "10m",
                    "--mount-root",
                    work.resolve("mounts").toString())) {
      silent.accept(); // the launcher asks for the share and waits
      assertThat(record("t11").path("executionState").asText()).isEqualTo("queued");
      batchmount.run("job", "terminate", "-j", "t11").expect(0);
      Batchmount.Result result = running.await(Batchmount.LIMIT).expect(143);
      assertThat(result.stdout()).isEmpty();
      assertThat(result.stderr().lines().reduce((a, b) -> b).orElse("")).contains("JobTerminated");
    }
    JsonNode ended = record("t11");
    assertThat(ended.path("executionState").asText()).isEqualTo("failed");
    assertThat(ended.path("executionInfo").path("errors").get(0).path("code").asText())
        .isEqualTo("JobTerminated");
    assertThat(mounts()).isEmpty();
  }

  @Test
  void t14VariableInsideQuotes() {
    Batchmount.Result result =
        run(
            "t14",
            job(
                "\"environmentVariables\": [{\"name\": \"OUT\", \"value\":"
                    + " \"$AZ_BATCHAI_JOB_MOUNT_ROOT/afs\"}],"
                    + custom("test \"$OUT\" = \"$AZ_BATCHAI_JOB_MOUNT_ROOT/afs\" && echo same")));
    assertThat(result.expect(0).stdout()).isEqualTo("same\n");
  }

  @Test
  void t15SetupTask() throws Exception {
    Path cluster =
        write(
            "cluster.json",
            """
            {"nodeSetup": {"mountVolumes": {"azureFileShares": [{
              "azureFileUrl": "https://devstoreaccount1.file.core.windows.net/%s",
              "relativeMountPath": "team"}]},
             "setupTask": {"commandLine": "echo $PLAIN $HIDDEN",
               "stdOutErrPathPrefix": "$AZ_BATCHAI_MOUNT_ROOT/team/logs",
               "environmentVariables": [{"name": "PLAIN", "value": "VALUE"}],
               "secrets": [{"name": "HIDDEN", "value": "SECRET-t15"}]}}}"""
                .formatted(share));
    Path root = work.resolve("cluster");
    batchmount.run("mount", "-f", cluster.toString(), "--mount-root", root.toString()).expect(0);
    try (var files = Files.walk(root.resolve("team/logs"))) {
      List<Path> found = files.filter(Files::isRegularFile).toList();
      Path out =
          found.stream()
              .filter(f -> f.getFileName().toString().startsWith("stdout-"))
              .findFirst()
              .get();
      Path err =
          found.stream()
              .filter(f -> f.getFileName().toString().startsWith("stderr-"))
              .findFirst()
              .get();
      assertThat(out).hasContent("VALUE SECRET-t15\n");
      assertThat(err).isEmptyFile();
    }
    batchmount.run("unmount", root.toString()).expect(0);
  }

  @Test
  void t16AccountAndKeyByOptionThenByEnvironment() throws Exception {
    String text =
        """
        {"nodeCount": 1, "stdOutErrPathPrefix": "$AZ_BATCHAI_JOB_MOUNT_ROOT/a",
         "mountVolumes": {"azureFileShares": [
           {"azureFileUrl": "https://devstoreaccount1.file.core.windows.net/%1$s",
            "relativeMountPath": "a"},
           {"azureFileUrl": "https://<AZURE_BATCHAI_STORAGE_ACCOUNT>.file.core.windows.net/%1$s",
            "relativeMountPath": "b", "credentials": {"accountKey": "<AZURE_BATCHAI_STORAGE_KEY>"}}],
          "azureBlobFileSystems": [
           {"accountName": "<AZURE_BATCHAI_STORAGE_ACCOUNT>", "containerName": "%2$s",
            "relativeMountPath": "c"}]},
         %3$s}"""
            .formatted(
                share,
                container,
                custom(
                    "cd $AZ_BATCHAI_JOB_MOUNT_ROOT && echo x > a/x"
                        // another mount of the share sees it when its listing is 1 s old
                        + " && for i in $(seq 100); do [ -e b/x ] && break; sleep 0.1; done"
                        + " && cat b/x && echo y > c/y"));
    Batchmount endpoints =
        Batchmount.in(work)
            .with("AZURE_STORAGE_BLOB_ENDPOINT", Storage.blobEndpoint().toString())
            .with("AZURE_STORAGE_FILE_ENDPOINT", Storage.fileEndpoint().toString());
    Path key = write("key", key());
    Path file = write("t16.json", text);
    List<String> run = List.of("run", "-f", file.toString(), "--job-name", "t16");
    for (boolean byOption : List.of(true, false)) {
      List<String> arguments = new ArrayList<>(run);
      Batchmount caller = endpoints;
      if (byOption) {
        arguments.addAll(
            List.of(
                "--storage-account-name",
                "devstoreaccount1",
                "--storage-account-key-file",
                key.toString()));
      } else {
        caller =
            endpoints
                .with("AZURE_BATCHAI_STORAGE_ACCOUNT", "devstoreaccount1")
                .with("AZURE_BATCHAI_STORAGE_KEY", key());
      }
      assertThat(caller.run(arguments.toArray(String[]::new)).expect(0).stdout()).isEqualTo("x\n");
      JsonNode volumes = record("t16").path("job").path("mountVolumes");
      assertThat(volumes.toString()).doesNotContain("<AZURE_BATCHAI").doesNotContain(key());
      for (String kind : List.of("azureFileShares", "azureBlobFileSystems")) {
        for (JsonNode volume : volumes.path(kind)) {
          assertThat(volume.path("accountName").asText()).isEqualTo("devstoreaccount1");
        }
      }
    }
  }

  @Test
  void t17NoAccountTellsHowToGiveOne() {
    Batchmount bare = Batchmount.in(work);
    Path file = write("t17.json", job(custom("true")));
    Batchmount.Result result = bare.run("run", "-f", file.toString());
    result.expect(2);
    assertThat(result.stderr()).contains("AZURE_BATCHAI_STORAGE_ACCOUNT");
  }

  @Test
  void t18NoVolumes() {
    Batchmount.Result result =
        run(
            "t18",
            "{\"nodeCount\": 1, \"stdOutErrPathPrefix\": \"$AZ_BATCHAI_JOB_MOUNT_ROOT\","
                + custom("echo local")
                + "}");
    assertThat(result.expect(0).stdout()).isEqualTo("local\n");
  }

  @Test
  void t19TensorFlowOnOneNode() throws Exception {
    Path script = write("train.sh", "echo worker $AZ_BATCHAI_TASK_INDEX\n");
    run(
            "t19",
            job(
                "\"tensorFlowSettings\": {\"pythonScriptFilePath\": \""
                    + script
                    + "\", \"pythonInterpreterPath\": \"bash\"}"))
        .expect(0);
    assertThat(list("t19").stream().map(e -> e.split(" ")[0]))
        .containsExactly("execution.log", "stderr-wk-0.txt", "stdout-wk-0.txt");
  }

  @Test
  void t20TensorFlowOnTwoNodes() throws Exception {
    Path script =
        write(
            "train.sh", "echo $1 $AZ_BATCHAI_TASK_INDEX\nif [ \"$1\" = ps ]; then sleep 600; fi\n");
    run(
            "t20",
            job("\"tensorFlowSettings\": {\"pythonScriptFilePath\": \""
                    + script
                    + "\", \"pythonInterpreterPath\": \"bash\","
                    + "\"masterCommandLineArgs\": \"master\","
                    + "\"workerCommandLineArgs\": \"worker\","
                    + "\"parameterServerCommandLineArgs\": \"ps\","
                    + "\"workerCount\": 2, \"parameterServerCount\": 1}")
                .replace("\"nodeCount\": 1", "\"nodeCount\": 2"))
        .expect(0);
    assertThat(list("t20").stream().map(e -> e.split(" ")[0]))
        .contains(
            "stdout-ps-0.txt",
            "stdout-wk-0.txt",
            "stdout-wk-1.txt",
            "stderr-ps-0.txt",
            "stderr-wk-0.txt",
            "stderr-wk-1.txt");
    assertThat(content("t20", "stdout-wk-1.txt")).isEqualTo("worker 1\n");
  }
}
