package io.batchmount.launcher.plan;

import static io.batchmount.launcher.plan.TestPlans.ACCOUNTS;
import static io.batchmount.launcher.plan.TestPlans.CMR;
import static io.batchmount.launcher.plan.TestPlans.JMR;
import static io.batchmount.launcher.plan.TestPlans.KEY;
import static io.batchmount.launcher.plan.TestPlans.SEG;
import static io.batchmount.launcher.plan.TestPlans.TEMP;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.batchmount.launcher.job.ConfigurationFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The published recipes: what each must come to, read off the files by hand. One row a file:
 * mounts, cluster volumes, variables, directories, preparation, launch, files, container, warnings.
 */
class RecipesTest {
  private static final String LOGS = JMR + "/logs";
  private static final String SCRIPTS = JMR + "/scripts";
  private static final String DATA = JMR + "/data";
  private static final String STDOUTERR = "/" + SEG + "/stdouterr";

  /** What a file must come to. */
  private static final class Row {
    final String file;
    final Map<String, String> mounts = new LinkedHashMap<>();
    List<String> used = List.of();
    final Map<String, String> environment = new LinkedHashMap<>();
    List<String> created = List.of();
    String preparation;
    String runner;
    int processes = 1;
    String text;
    String expanded;
    List<String> files = List.of("stdout.txt", "stderr.txt", "execution.log");
    String container;
    List<String> warnings = List.of();

    Row(String file) {
      this.file = file;
    }

    Row logsAndScripts() {
      mounts.put("share acctnorth logs", LOGS);
      mounts.put("share acctnorth scripts", SCRIPTS);
      environment.put("AZ_BATCHAI_STDOUTERR_DIR", LOGS + STDOUTERR);
      return this;
    }

    Row data() {
      mounts.put("container acctnorth data", DATA);
      return this;
    }

    Row external() {
      used = List.of("external");
      environment.put("AZ_BATCHAI_STDOUTERR_DIR", CMR + "/external" + STDOUTERR);
      warnings = List.of("\"stdOutErrPathPrefix\": " + CMR + "/external lies on no volume");
      return this;
    }

    Row env(String name, String value) {
      environment.put(name, value);
      return this;
    }

    Row created(String... paths) {
      created = List.of(paths);
      return this;
    }

    Row launch(String kind, int count, String line, String expansion) {
      runner = kind;
      processes = count;
      text = line;
      expanded = expansion;
      return this;
    }

    Row prepared(String line) {
      preparation = line;
      return this;
    }

    Row files(String... names) {
      files = List.of(names);
      return this;
    }

    Row container(String image) {
      container = image;
      return this;
    }

    Row warnings(String... parts) {
      warnings = List.of(parts);
      return this;
    }

    @Override
    public String toString() {
      return file;
    }
  }

  static Stream<Row> jobs() {
    String cntkImage = "microsoft/cntk:2.1-gpu-python3.5-cuda8.0-cudnn6.0";
    String newCntk = "microsoft/cntk:2.5.1-gpu-python2.7-cuda9.0-cudnn7.0";
    String tensorFlow = "tensorflow/tensorflow:1.8.0-gpu";
    String external = CMR + "/external";
    String model = external + "/" + SEG + "/Models";
    String logsModel = LOGS + "/" + SEG;
    String replica = SCRIPTS + "/tensorflow/mnist_replica.py";
    String args =
        "--job_name=worker --num_gpus=1 --ps_hosts=$AZ_BATCHAI_PS_HOSTS"
            + " --worker_hosts=$AZ_BATCHAI_WORKER_HOSTS --train_steps 10000"
            + " --checkpoint_dir=$AZ_BATCHAI_OUTPUT_MODEL --log_dir=$AZ_BATCHAI_OUTPUT_TENSORBOARD"
            + " --task_index=$AZ_BATCHAI_TASK_INDEX --data_dir=$AZ_BATCHAI_INPUT_DATASET";
    return Stream.of(
        new Row("CNTK-GPU-BrainScript.job.json")
            .external()
            .env("AZ_BATCHAI_INPUT_DATASET", external + "/mnist_database")
            .env("AZ_BATCHAI_INPUT_CONFIG", external + "/cntk_samples")
            .env("AZ_BATCHAI_OUTPUT_MODEL", model)
            .created(model, external + STDOUTERR)
            .launch(
                "single",
                1,
                "cntk configFile=$AZ_BATCHAI_INPUT_CONFIG/ConvNet_MNIST.cntk rootDir=."
                    + " dataDir=$AZ_BATCHAI_INPUT_DATASET outputDir=$AZ_BATCHAI_OUTPUT_MODEL",
                "cntk configFile="
                    + external
                    + "/cntk_samples/ConvNet_MNIST.cntk rootDir=. dataDir="
                    + external
                    + "/mnist_database outputDir="
                    + model)
            .container(cntkImage)
            .warnings(
                "\"outputDirectories[0].pathPrefix\": " + external + " lies on no volume",
                "\"stdOutErrPathPrefix\": " + external + " lies on no volume"),
        new Row("CNTK-GPU-Python-Distributed.job.json")
            .logsAndScripts()
            .env("AZ_BATCHAI_OUTPUT_MODEL", logsModel)
            .created(logsModel, LOGS + STDOUTERR)
            .prepared("bash $AZ_BATCHAI_JOB_MOUNT_ROOT/scripts/cntk/CIFAR-10_data_prepare.sh")
            .launch(
                "mpi",
                2,
                "python $AZ_BATCHAI_JOB_MOUNT_ROOT/scripts/cntk/ConvNet_CIFAR10_DataAug_Distributed.py"
                    + " --datadir $AZ_BATCHAI_JOB_TEMP --outputdir $AZ_BATCHAI_OUTPUT_MODEL -n 5",
                "python "
                    + SCRIPTS
                    + "/cntk/ConvNet_CIFAR10_DataAug_Distributed.py --datadir "
                    + TEMP
                    + " --outputdir "
                    + logsModel
                    + " -n 5")
            .files(
                "stdout.txt",
                "stderr.txt",
                "stdout-job_prep-node-0.txt",
                "stderr-job_prep-node-0.txt",
                "stdout-job_prep-node-1.txt",
                "stderr-job_prep-node-1.txt",
                "execution-node-0.log",
                "execution-node-1.log")
            .container(newCntk),
        new Row("CNTK-GPU-Python.job.json")
            .logsAndScripts()
            .data()
            .env("AZ_BATCHAI_OUTPUT_MODEL", logsModel)
            .created(logsModel, LOGS + STDOUTERR)
            .launch(
                "single",
                1,
                "python $AZ_BATCHAI_JOB_MOUNT_ROOT/scripts/cntk/ConvNet_MNIST.py"
                    + " $AZ_BATCHAI_JOB_MOUNT_ROOT/data/mnist_data $AZ_BATCHAI_OUTPUT_MODEL",
                "python " + SCRIPTS + "/cntk/ConvNet_MNIST.py " + DATA + "/mnist_data " + logsModel)
            .container(newCntk),
        new Row("Chainer-GPU-Distributed.job.json")
            .logsAndScripts()
            .env("AZ_BATCHAI_OUTPUT_MODEL", logsModel)
            .created(logsModel, LOGS + STDOUTERR)
            .launch(
                "mpi",
                2,
                "python $AZ_BATCHAI_JOB_MOUNT_ROOT/scripts/chainer/train_mnist.py -g -o"
                    + " $AZ_BATCHAI_OUTPUT_MODEL",
                "python " + SCRIPTS + "/chainer/train_mnist.py -g -o " + logsModel)
            .files("stdout.txt", "stderr.txt", "execution-node-0.log", "execution-node-1.log")
            .container("batchaitraining/chainermn:openMPI"),
        new Row("Horovod-Tensorflow.job.json")
            .logsAndScripts()
            .created(LOGS + STDOUTERR)
            .prepared(
                "apt update; apt install mpi-default-dev mpi-default-bin -y; pip install horovod")
            .launch(
                "mpi",
                2,
                "python $AZ_BATCHAI_JOB_MOUNT_ROOT/scripts/horovod/tensorflow_mnist.py",
                "python " + SCRIPTS + "/horovod/tensorflow_mnist.py")
            .files(
                "stdout.txt",
                "stderr.txt",
                "stdout-job_prep-node-0.txt",
                "stderr-job_prep-node-0.txt",
                "stdout-job_prep-node-1.txt",
                "stderr-job_prep-node-1.txt",
                "execution-node-0.log",
                "execution-node-1.log")
            .container(tensorFlow),
        new Row("Keras-DSVM.job.json")
            .external()
            .env("AZ_BATCHAI_INPUT_SCRIPT", external + "/keras_samples")
            .created(external + STDOUTERR)
            .launch(
                "master",
                1,
                "KERAS_BACKEND=cntk python $AZ_BATCHAI_INPUT_SCRIPT/mnist_cnn.py",
                "KERAS_BACKEND=cntk python " + external + "/keras_samples/mnist_cnn.py"),
        new Row("Keras-GPU.job_tensorflow.json")
            .logsAndScripts()
            .created(LOGS + STDOUTERR)
            .prepared("pip install keras")
            .launch(
                "single",
                1,
                "python $AZ_BATCHAI_JOB_MOUNT_ROOT/scripts/keras/mnist_cnn.py",
                "python " + SCRIPTS + "/keras/mnist_cnn.py")
            .files(
                "stdout-wk-0.txt",
                "stderr-wk-0.txt",
                "stdout-job_prep.txt",
                "stderr-job_prep.txt",
                "execution.log")
            .container(tensorFlow),
        new Row("PyTorch-GPU-Distributed-Gloo.job.json")
            .logsAndScripts()
            .env("AZ_BATCHAI_TASK_INDEX", "0")
            .env("AZ_BATCHAI_PYTORCH_INIT_METHOD", "file://" + TEMP + "/shared/pytorch-init")
            .env("AZ_BATCHAI_PYTORCH_BACKEND", "gloo")
            .created(LOGS + STDOUTERR)
            .launch(
                "per-rank",
                2,
                "python $AZ_BATCHAI_JOB_MOUNT_ROOT/scripts/pytorch/mnist_trainer.py --epochs 10"
                    + " --world-size 2 --dist-backend gloo --dist-url"
                    + " $AZ_BATCHAI_PYTORCH_INIT_METHOD --rank $AZ_BATCHAI_TASK_INDEX",
                "python "
                    + SCRIPTS
                    + "/pytorch/mnist_trainer.py --epochs 10 --world-size 2 --dist-backend gloo"
                    + " --dist-url file://"
                    + TEMP
                    + "/shared/pytorch-init --rank 0")
            .files(
                "stdout-0.txt",
                "stderr-0.txt",
                "stdout-1.txt",
                "stderr-1.txt",
                "execution-node-0.log",
                "execution-node-1.log")
            .container("pytorch/pytorch:0.4_cuda9_cudnn7"),
        new Row("TensorFlow-GPU-Distributed.job.json")
            .logsAndScripts()
            .data()
            .env("AZ_BATCHAI_OUTPUT_MODEL", logsModel + "/Models")
            .env("AZ_BATCHAI_OUTPUT_TENSORBOARD", logsModel + "/Logs")
            .env("AZ_BATCHAI_PS_HOSTS", "127.0.0.1:2222")
            .env("AZ_BATCHAI_WORKER_HOSTS", "127.0.0.1:2223,127.0.0.1:2224")
            .env("AZ_BATCHAI_TASK_INDEX", "0")
            .env(
                "TF_CONFIG",
                "{\"cluster\":{\"ps\":[\"127.0.0.1:2222\"],\"worker\":[\"127.0.0.1:2223\","
                    + "\"127.0.0.1:2224\"]},\"task\":{\"type\":\"master\",\"index\":0},"
                    + "\"environment\":\"cloud\"}")
            .created(logsModel + "/Models", logsModel + "/Logs", LOGS + STDOUTERR)
            .launch(
                "roles",
                3,
                "python $AZ_BATCHAI_JOB_MOUNT_ROOT/scripts/tensorflow/mnist_replica.py " + args,
                "python "
                    + replica
                    + " --job_name=worker --num_gpus=1 --ps_hosts=127.0.0.1:2222"
                    + " --worker_hosts=127.0.0.1:2223,127.0.0.1:2224 --train_steps 10000"
                    + " --checkpoint_dir="
                    + logsModel
                    + "/Models --log_dir="
                    + logsModel
                    + "/Logs --task_index=0 --data_dir=")
            .files(
                "stdout-wk-0.txt",
                "stderr-wk-0.txt",
                "stdout-wk-1.txt",
                "stderr-wk-1.txt",
                "stdout-ps-0.txt",
                "stderr-ps-0.txt",
                "execution-node-0.log",
                "execution-node-1.log")
            .container(tensorFlow)
            .warnings("uses $AZ_BATCHAI_INPUT_DATASET, which is not set for this job"),
        new Row("TensorFlow-GPU.job.json")
            .logsAndScripts()
            .created(LOGS + STDOUTERR)
            .launch(
                "single",
                1,
                "python $AZ_BATCHAI_JOB_MOUNT_ROOT/scripts/tensorflow/convolutional.py",
                "python " + SCRIPTS + "/tensorflow/convolutional.py")
            .files("stdout-wk-0.txt", "stderr-wk-0.txt", "execution.log")
            .container(tensorFlow),
        jobWithFileSystems(),
        new Row("azure-cli.nop_job.job.json")
            .env("AZ_BATCHAI_STDOUTERR_DIR", JMR + STDOUTERR)
            .created(JMR + STDOUTERR)
            .launch("master", 1, "true", "true")
            .warnings("\"stdOutErrPathPrefix\": " + JMR + " lies on no volume"),
        new Row("documentation.reference-job.job.json")
            .external()
            .env("AZ_BATCHAI_INPUT_DATASET", external + "/mnist_database")
            .env("AZ_BATCHAI_INPUT_SCRIPT", external + "/cntk_samples")
            .env("AZ_BATCHAI_OUTPUT_MODEL", model)
            .env("ENVIRONMENT_VARIABLE_1", "Value1")
            .env("ENVIRONMENT_VARIABLE_2", "Value2")
            .env("ENVIRONMENT_VARIABLE_3", null)
            .env("ENVIRONMENT_VARIABLE_4", null)
            .created(model, external + STDOUTERR)
            .prepared("echo This is a job preparation task")
            .launch(
                "single",
                1,
                "python $AZ_BATCHAI_INPUT_SCRIPT/ConvNet_MNIST.py $AZ_BATCHAI_INPUT_DATASET"
                    + " $AZ_BATCHAI_OUTPUT_MODEL",
                "python "
                    + external
                    + "/cntk_samples/ConvNet_MNIST.py "
                    + external
                    + "/mnist_database "
                    + model)
            .files(
                "stdout.txt",
                "stderr.txt",
                "stdout-job_prep.txt",
                "stderr-job_prep.txt",
                "execution.log")
            .container(cntkImage)
            .warnings(
                "\"outputDirectories[0].pathPrefix\": " + external + " lies on no volume",
                "\"stdOutErrPathPrefix\": " + external + " lies on no volume"));
  }

  private static Row jobWithFileSystems() {
    Row row = new Row("azure-cli.job_with_file_systems.job.json");
    row.mounts.put("share acctnorth share", JMR + "/afs");
    row.mounts.put("container acctnorth container", JMR + "/bfs");
    String output = JMR + "/bfs/" + SEG + "/output";
    return row.env("AZ_BATCHAI_STDOUTERR_DIR", JMR + "/afs" + STDOUTERR)
        .env("AZ_BATCHAI_OUTPUT_OUTPUT", output)
        .created(output, JMR + "/afs" + STDOUTERR)
        .launch(
            "master",
            1,
            "echo hi | tee $AZ_BATCHAI_OUTPUT_OUTPUT/result.txt",
            "echo hi | tee " + output + "/result.txt")
        .container("ubuntu");
  }

  @ParameterizedTest
  @MethodSource("jobs")
  void recipeComesToWhatItSays(Row row) {
    Path file = SharedFiles.find("testdata/batchai-recipes/" + row.file);
    JobPlan plan =
        TestPlans.plan(ConfigurationFiles.readJob(file, true), request -> request); // strict: clean
    ObjectNode json = plan.toDryRunJson();

    assertThat(json.path("jobOutputDirectoryPathSegment").asText()).isEqualTo(SEG);
    assertThat(mounts(json.path("jobMounts"))).containsExactlyEntriesOf(row.mounts);
    assertThat(strings(json.path("clusterVolumesUsed"))).isEqualTo(row.used);
    row.environment.forEach(
        (name, value) -> {
          assertThat(json.path("environment").has(name)).as(name).isTrue();
          assertThat(json.path("environment").path(name).textValue()).as(name).isEqualTo(value);
        });
    assertThat(json.path("environment").path("AZ_BATCHAI_MOUNT_ROOT").asText()).isEqualTo(CMR);
    assertThat(json.path("environment").path("AZ_BATCHAI_JOB_MOUNT_ROOT").asText()).isEqualTo(JMR);
    assertThat(strings(json.path("createdBeforePreparation"))).isEqualTo(row.created);
    assertThat(json.path("preparation").path("text").textValue()).isEqualTo(row.preparation);
    JsonNode launch = json.path("launch");
    assertThat(launch.path("runner").asText()).isEqualTo(row.runner);
    assertThat(launch.path("processes").asInt()).isEqualTo(row.processes);
    assertThat(launch.path("text").asText()).isEqualTo(row.text);
    assertThat(launch.path("expanded").asText()).isEqualTo(row.expanded);
    assertThat(strings(json.path("stdouterrFiles"))).isEqualTo(row.files);
    assertThat(json.path("container").textValue()).isEqualTo(row.container);
    List<String> warnings = strings(json.path("warnings"));
    assertThat(warnings).hasSameSizeAs(row.warnings);
    for (int i = 0; i < warnings.size(); i++) {
      assertThat(warnings.get(i)).contains(row.warnings.get(i)).contains(row.file + ":");
    }
    assertThat(json.toString()).doesNotContain(KEY.reveal()).doesNotContain("<AZURE_BATCHAI");
  }

  @Test
  void everyPublishedFileHasARow() throws IOException {
    Path directory = SharedFiles.find("testdata/batchai-recipes");
    List<String> rows = jobs().map(Row::toString).toList();
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(
              files
                  .map(file -> file.getFileName().toString())
                  .filter(name -> name.endsWith(".json") && !name.endsWith(".cluster.json")))
          .containsExactlyInAnyOrderElementsOf(rows);
    }
  }

  @Test
  void rolesOfTheDistributedTensorFlowRecipe() {
    Path file = SharedFiles.find("testdata/batchai-recipes/TensorFlow-GPU-Distributed.job.json");
    JsonNode roles =
        TestPlans.plan(ConfigurationFiles.readJob(file, true), r -> r)
            .toDryRunJson()
            .path("launch")
            .path("roles");
    assertThat(roles).hasSize(3);
    assertThat(StreamSupport.stream(roles.spliterator(), false))
        .extracting(
            r -> r.path("role").asText() + r.path("index").asInt() + "@" + r.path("node").asInt())
        .containsExactly("master0@0", "worker1@1", "ps0@0");
    assertThat(roles.get(1).path("expanded").asText()).contains("--task_index=1 ");
    assertThat(roles.get(2).path("expanded").asText())
        .isEqualTo(
            "python "
                + SCRIPTS
                + "/tensorflow/mnist_replica.py --job_name=ps --num_gpus=0"
                + " --ps_hosts=127.0.0.1:2222 --worker_hosts=127.0.0.1:2223,127.0.0.1:2224"
                + " --task_index=0 --data_dir="
                + DATA
                + "/mnist_data");
  }

  @Test
  void clusterFilesComeToTheirVolumes() {
    ClusterPlan many = cluster("documentation.multiple-file-systems.cluster.json");
    assertThat(mounts(many.toDryRunJson().path("clusterMounts")))
        .containsExactly(
            Map.entry("share acctnorth dataset1", CMR + "/afs1"),
            Map.entry("share acctnorth dataset2", CMR + "/afs2"),
            Map.entry("container acctnorth dataset1", CMR + "/bfs1"),
            Map.entry("container acctnorth dataset2", CMR + "/bfs2"),
            Map.entry("fileServer <ARM ID of Batch AI File Server>", CMR + "/nfs1"),
            Map.entry("fileServer <ARM ID of another Batch AI file Server>", CMR + "/nfs2"),
            Map.entry("unmanaged mount -t glusterfs 10.0.0.4:/gv0", CMR + "/glusterfs"));
    assertThat(many.warnings()).isEmpty();
    many.clusterMounts().stream()
        .filter(m -> m instanceof PlannedMount.FileShare)
        .forEach(
            m ->
                assertThat(((PlannedMount.FileShare) m).credential())
                    .isEqualTo(new VolumeCredential.Key(KEY, false)));

    ClusterPlan outdated = cluster("azure-cli.auto_scale_cluster_with_azure_files.cluster.json");
    assertThat(mounts(outdated.toDryRunJson().path("clusterMounts")))
        .containsExactly(Map.entry("share acctnorth share", CMR + "/azfiles"));
    assertThat(outdated.warnings())
        .singleElement()
        .asString()
        .endsWith(":10:13: unknown member \"credentialsInfo\", did you mean \"credentials\"?");
    assertThat(((PlannedMount.FileShare) outdated.clusterMounts().get(0)).credential())
        .as("completion supplies the key")
        .isEqualTo(new VolumeCredential.Key(KEY, false));

    assertThat(cluster("azure-cli.simple_cluster.cluster.json").clusterMounts()).isEmpty();
    assertThat(
            mounts(
                cluster("documentation.unmanaged-file-system.cluster.json")
                    .toDryRunJson()
                    .path("clusterMounts")))
        .containsExactly(
            Map.entry("unmanaged mount -t glusterfs 10.0.0.4:/gv0", CMR + "/glusterfs"));
  }

  private static ClusterPlan cluster(String name) {
    Path file = SharedFiles.find("testdata/batchai-recipes/" + name);
    assertThat(ConfigurationFiles.kindOf(file)).isEqualTo(ConfigurationFiles.Kind.CLUSTER);
    return TestPlans.clusterPlan(ConfigurationFiles.readCluster(file, false), ACCOUNTS);
  }

  private static Map<String, String> mounts(JsonNode mounts) {
    Map<String, String> found = new LinkedHashMap<>();
    for (JsonNode mount : mounts) {
      String words =
          switch (mount.path("kind").asText()) {
            case "azureFileShare" -> {
              assertThat(mount.path("url").asText())
                  .isEqualTo(
                      "https://acctnorth.file.core.windows.net/" + mount.path("share").asText());
              assertThat(mount.path("fileMode").asText()).isEqualTo("0777");
              assertThat(mount.path("directoryMode").asText()).isEqualTo("0777");
              yield "share "
                  + mount.path("accountName").asText()
                  + " "
                  + mount.path("share").asText();
            }
            case "azureBlobFileSystem" -> {
              assertThat(mount.path("mountOptions").asText())
                  .isEqualTo(BlobMountSettings.SERVICE_DEFAULT);
              yield "container "
                  + mount.path("accountName").asText()
                  + " "
                  + mount.path("container").asText();
            }
            case "fileServer" -> "fileServer " + mount.path("fileServer").asText();
            default -> "unmanaged " + mount.path("mountCommand").asText();
          };
      found.put(words, mount.path("path").asText());
    }
    return found;
  }

  private static List<String> strings(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asText).toList();
  }
}
