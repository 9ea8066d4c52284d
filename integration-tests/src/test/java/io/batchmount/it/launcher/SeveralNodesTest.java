package io.batchmount.it.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.batchmount.it.support.Batchmount;
import io.batchmount.it.support.Storage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** One launcher on each node, which find each other on the volume of the job's logs. */
class SeveralNodesTest extends LauncherFixture {
  private static final String HOSTS = "127.0.0.1,127.0.0.1";

  private static String onTwoNodes(String job) {
    return job.replace("\"nodeCount\": 1", "\"nodeCount\": 2");
  }

  /** A node with state and cache of its own, as another machine has them. */
  private Batchmount node(int index) throws IOException {
    Path directory = Files.createDirectories(work.resolve("machine" + index));
    return Batchmount.in(directory).with(Storage.environment());
  }

  private Batchmount.Running start(int index, Path file, String name) throws IOException {
    return node(index)
        .with("NODE", Integer.toString(index))
        .start(
            "run",
            "-f",
            file.toString(),
            "--job-name",
            name,
            "--hosts",
            HOSTS,
            "--node-index",
            Integer.toString(index),
            "--job-id",
            "id",
            "--mount-root",
            work.resolve("mounts").toString());
  }

  private List<String> names(String job) throws IOException {
    Path mount = Files.createDirectory(work.resolve("look"));
    batchmount.run("mount", "files", share, mount.toString()).expect(0);
    try (Stream<Path> files = Files.list(mount.resolve(SEGMENT_HEAD + job + "/id/stdouterr"))) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    } finally {
      batchmount.run("unmount", mount.toString()).expect(0);
    }
  }

  @Test
  void toolkitStartsWhenAllNodesArePrepared() throws Exception {
    Path go = work.resolve("go");
    Path file =
        write(
            "two.json",
            onTwoNodes(
                job(
                    "\"jobPreparation\": {\"commandLine\": \"if [ $NODE = 1 ]; then"
                        + " while [ ! -e "
                        + go
                        + " ]; do sleep 0.1; done; fi; touch"
                        + " $AZ_BATCHAI_SHARED_JOB_TEMP/prepared-$NODE\"},"
                        + custom("ls $AZ_BATCHAI_SHARED_JOB_TEMP; echo $AZ_BATCH_HOST_LIST"))));
    try (Batchmount.Running master = start(0, file, "two");
        Batchmount.Running other = start(1, file, "two")) {
      Path log = work.resolve("machine0/state/logs/run-two-id.log");
      org.awaitility.Awaitility.await()
          .atMost(Batchmount.LIMIT)
          .until(() -> Files.exists(log) && Files.readString(log).contains("waiting for node"));
      assertThat(master.stdout()).isEmpty();
      Files.createFile(go);
      assertThat(master.await(Batchmount.LIMIT).expect(0).stdout())
          .isEqualTo("prepared-0\nprepared-1\n" + HOSTS + "\n");
      assertThat(other.await(Batchmount.LIMIT).expect(0).stdout()).isEmpty();
    }
    List<String> names = names("two");
    assertThat(names).contains("stdout.txt", "stderr.txt");
    assertThat(names).filteredOn(n -> n.startsWith("execution-")).hasSize(2);
    assertThat(names).filteredOn(n -> n.startsWith("stdout-job_prep-")).hasSize(2);
  }

  @Test
  void preparationThatFailsOnOneNodeFailsTheJobOnAll() throws Exception {
    Path file =
        write(
            "bad.json",
            onTwoNodes(
                job(
                    "\"jobPreparation\": {\"commandLine\": \"exit $((7 * NODE))\"},"
                        + custom("echo ran"))));
    try (Batchmount.Running master = start(0, file, "bad");
        Batchmount.Running other = start(1, file, "bad")) {
      Batchmount.Result first = master.await(Batchmount.LIMIT).expect(7);
      assertThat(first.stdout()).isEmpty();
      assertThat(first.stderr()).contains("JobPreparationFailed");
      other.await(Batchmount.LIMIT).expect(7);
    }
    assertThat(names("bad")).doesNotContain("stdout.txt");
  }

  private static boolean has(String program) throws Exception {
    return new ProcessBuilder("sh", "-c", "command -v " + program)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor()
        == 0;
  }

  @Test
  void mpiToolkitRunsItsRanksUnderMpirunWithTheJobsVariables() throws Exception {
    assumeTrue(has("mpirun"), "skipped: no mpirun (Debian: openmpi-bin)");
    Batchmount.Result result =
        run(
            "mpi",
            onTwoNodes(
                job(
                    "\"environmentVariables\": [{\"name\": \"PLAIN\", \"value\": \"a b\"}],"
                        + "\"secrets\": [{\"name\": \"HIDDEN\", \"value\": \"s3cr3t\"}],"
                        + "\"customMpiSettings\": {\"commandLine\": \"echo rank $OMPI_COMM_WORLD_RANK of"
                        + " $OMPI_COMM_WORLD_SIZE, $PLAIN, $HIDDEN >"
                        + " $AZ_BATCHAI_JOB_MOUNT_ROOT/afs/rank-$OMPI_COMM_WORLD_RANK; exit"
                        + " $OMPI_COMM_WORLD_RANK\", \"processCount\": 2}")));
    result.expect(1); // rank 1's code
    Path mount = Files.createDirectory(work.resolve("m"));
    batchmount.run("mount", "files", share, mount.toString()).expect(0);
    for (int rank = 0; rank < 2; rank++) {
      assertThat(mount.resolve("rank-" + rank)).hasContent("rank " + rank + " of 2, a b, s3cr3t\n");
    }
    batchmount.run("unmount", mount.toString()).expect(0);
  }

  /** Debian's Open MPI starts the launchers: two ranks are two nodes. */
  @Test
  void openMpiStartsOneLauncherForEachNode() throws Exception {
    assumeTrue(has("mpirun"), "skipped: no mpirun (Debian: openmpi-bin)");
    Path file =
        write(
            "ranks.json",
            onTwoNodes(
                job(
                    "\"jobPreparation\": {\"commandLine\": \"touch"
                        + " $AZ_BATCHAI_SHARED_JOB_TEMP/prepared-$OMPI_COMM_WORLD_RANK\"},"
                        + custom("ls $AZ_BATCHAI_SHARED_JOB_TEMP; exit 3"))));
    List<String> line =
        new ArrayList<>(
            List.of("mpirun", "--allow-run-as-root", "--oversubscribe", "-np", "2", "env"));
    Storage.environment().forEach((name, value) -> line.add(name + "=" + value));
    line.add("BATCHMOUNT_STATE_DIR=" + work.resolve("state"));
    line.add("XDG_CACHE_HOME=" + work.resolve("cache"));
    line.addAll(
        List.of(
            Batchmount.script().toString(),
            "run",
            "-f",
            file.toString(),
            "--job-name",
            "ranks",
            "--mount-root",
            work.resolve("mounts").toString()));
    Path out = work.resolve("out.txt");
    Path err = work.resolve("err.txt");
    Process mpirun =
        new ProcessBuilder(line)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    assertThat(mpirun.waitFor(Batchmount.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(mpirun.exitValue()).as(Files.readString(err)).isEqualTo(3);
    assertThat(out).content().contains("prepared-0\nprepared-1\n");
    assertThat(list("ranks").stream().map(e -> e.split(" ")[0]))
        .contains("stdout.txt", "stderr.txt")
        .filteredOn(n -> n.startsWith("execution-"))
        .hasSize(2);
  }
}
