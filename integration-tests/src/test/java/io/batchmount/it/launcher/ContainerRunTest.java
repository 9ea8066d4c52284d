package io.batchmount.it.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.it.support.Batchmount;
import io.batchmount.it.support.ContainerImage;
import java.nio.file.Path;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs in containers: podman with an image that is made here, on real mounts. */
class ContainerRunTest extends LauncherFixture {
  private static final String CONTAINER =
      "\"containerSettings\": {\"shmSize\": \"16mb\", \"imageSourceRegistry\": {\"image\": \""
          + ContainerImage.NAME
          + "\"}},";

  @TempDir static Path storage;
  private static ContainerImage image;

  @BeforeAll
  static void makeImage() throws Exception {
    image = ContainerImage.make(storage);
  }

  @AfterAll
  static void removeImage() {
    if (image != null) {
      image.close();
    }
  }

  @BeforeEach
  void usePodman() {
    batchmount = batchmount.with(image.environment()).with("BATCHMOUNT_CONTAINER_ENGINE", "podman");
  }

  @Test
  void preparationAndCommandShareOneContainerWithVolumesAndVariables() throws Exception {
    Batchmount.Result result =
        run(
            "inside",
            job(
                CONTAINER
                    + "\"outputDirectories\": [{\"id\": \"OUT\", \"pathPrefix\":"
                    + " \"$AZ_BATCHAI_JOB_MOUNT_ROOT/bfs\", \"pathSuffix\": \"output\"}],"
                    + "\"environmentVariables\": [{\"name\": \"PLAIN\", \"value\": \"a b\"}],"
                    + "\"secrets\": [{\"name\": \"HIDDEN\", \"value\": \"SECRET-c\"}],"
                    + "\"jobPreparation\": {\"commandLine\": \"echo installed > /installed; echo"
                    + " prepared > $AZ_BATCHAI_JOB_MOUNT_ROOT/afs/prep.txt\"},"
                    + custom(
                        "cat /installed $AZ_BATCHAI_JOB_MOUNT_ROOT/afs/prep.txt; echo $PLAIN $HIDDEN;"
                            + " echo hi > $AZ_BATCHAI_OUTPUT_OUT/result.txt; pwd >&2; exit 7")));
    assertThat(result.expect(7).stdout()).isEqualTo("installed\nprepared\na b SECRET-c\n");
    assertThat(Path.of("/installed")).doesNotExist();
    assertThat(content("inside", "result.txt", "-d", "OUT")).isEqualTo("hi\n");
    assertThat(content("inside", "stderr.txt")).endsWith("/task/wd\n");
    assertThat(content("inside", "execution.log"))
        .contains("of image " + ContainerImage.NAME)
        .doesNotContain("SECRET-c");
    assertThat(image.containers()).isEmpty();
    assertThat(mounts()).isEmpty();
  }

  /** Conformance case T5 with a container, and an image that is not there. */
  @Test
  void t05FailedPreparationInAContainerAndAMissingImage() throws Exception {
    Batchmount.Result failed =
        run(
            "t5c",
            job(
                CONTAINER
                    + "\"jobPreparation\": {\"commandLine\": \"false\"},"
                    + custom("echo ran")));
    assertThat(failed.expect(1).stdout()).isEmpty();
    assertThat(failed.stderr()).contains("JobPreparationFailed");
    Batchmount.Result missing =
        run(
            "noimage",
            job(CONTAINER.replace(ContainerImage.NAME, "localhost:9/no-such:1") + custom("true")));
    missing.expect(125);
    assertThat(missing.stderr()).contains("FailedStartingContainer", "localhost:9/no-such:1");
    assertThat(image.containers()).isEmpty();
  }

  @Test
  void signalReachesTheCommandInsideAndAllIsSaved() throws Exception {
    Path file =
        write(
            "csig.json",
            job(
                CONTAINER
                    + custom(
                        "trap 'echo last; exit 5' TERM; echo begun; while :; do sleep 0.1; done")));
    try (Batchmount.Running running =
        batchmount.start("run", "-f", file.toString(), "--job-name", "csig", "--job-id", "id")) {
      running.awaitOutput("begun");
      assertThat(image.containers()).containsExactly("batchmount-id-0");
      running.signal("TERM");
      running.await(Batchmount.LIMIT).expect(5);
    }
    assertThat(content("csig", "stdout.txt")).isEqualTo("begun\nlast\n");
    assertThat(image.containers()).isEmpty();
  }

  @Test
  void killedLauncherLeavesNoContainer() throws Exception {
    Path file = write("ckill.json", job(CONTAINER + custom("echo begun; sleep 600")));
    try (Batchmount.Running running =
        batchmount.start(
            "run",
            "-f",
            file.toString(),
            "--job-name",
            "ckill",
            "--job-id",
            "id",
            "--grace",
            "1s",
            "--mount-root",
            work.resolve("mounts").toString())) {
      running.awaitOutput("begun");
      running.signal("KILL");
      Awaitility.await().atMost(Batchmount.LIMIT).until(() -> image.containers().isEmpty());
      run("after", job(custom("true"))).expect(0);
    }
    assertThat(mounts()).isEmpty();
  }
}
