package io.batchmount.it.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.batchmount.it.support.Batchmount;
import io.batchmount.launcher.mount.ProcessFacts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Runs that overlap on one machine and name one cluster file, none of whose volumes is mounted. */
class SharedClusterTest extends LauncherFixture {
  private Path cluster;
  private Path root;
  private Batchmount onCluster;

  @BeforeEach
  void cluster() {
    cluster =
        write(
            "cluster.json",
            """
            {"nodeSetup": {"mountVolumes": {
              "azureFileShares": [{"relativeMountPath": "team",
                "azureFileUrl": "https://devstoreaccount1.file.core.windows.net/%s"}],
              "azureBlobFileSystems": [{"relativeMountPath": "corpus",
                "accountName": "devstoreaccount1", "containerName": "%s"}]}}}"""
                .formatted(share, container));
    root = work.resolve("cluster");
    onCluster = batchmount.with("AZ_BATCHAI_MOUNT_ROOT", root.toString());
  }

  /** A job that lets the test know that it runs, and ends when it is told. */
  private Batchmount.Running start(String name, String then) throws IOException {
    String text =
        "touch "
            + work.resolve(name + "-begun")
            + "; while [ ! -e "
            + work.resolve(name + "-go")
            + " ]; do sleep 0.1; done; "
            + then;
    Path file =
        write(
            name + ".json",
            "{\"nodeCount\": 1, \"stdOutErrPathPrefix\": \"$AZ_BATCHAI_MOUNT_ROOT/team\", "
                + custom(text)
                + "}");
    return onCluster.start(
        "run",
        "-f",
        file.toString(),
        "--cluster-file",
        cluster.toString(),
        "--job-name",
        name,
        "--job-id",
        "id");
  }

  private void awaitBegun(String name, Batchmount.Running running) {
    Awaitility.await()
        .atMost(Batchmount.LIMIT)
        .until(() -> Files.exists(work.resolve(name + "-begun")) || !running.process().isAlive());
    assertThat(work.resolve(name + "-begun")).as(running.stderr()).exists();
  }

  private void letEnd(String name) throws IOException {
    Files.createFile(work.resolve(name + "-go"));
  }

  private String state(String name) throws IOException {
    return new ObjectMapper()
        .readTree(batchmount.run("job", "show", "-j", name).expect(0).stdout())
        .path("executionState")
        .asText();
  }

  private void awaitState(String name, String state) {
    Awaitility.await().atMost(Batchmount.LIMIT).until(() -> state(name).equals(state));
  }

  private String onShare(String path) throws IOException {
    Path copy = Files.createTempDirectory(work, "copy");
    batchmount.run("mount", "files", share, copy.toString(), "--read-only").expect(0);
    try {
      return Files.readString(copy.resolve(path));
    } finally {
      batchmount.run("unmount", copy.toString()).expect(0);
    }
  }

  private static String writes(String word) {
    return "echo "
        + word
        + " > $AZ_BATCHAI_MOUNT_ROOT/team/"
        + word
        + "; echo "
        + word
        + " > $AZ_BATCHAI_MOUNT_ROOT/corpus/"
        + word
        + "; echo "
        + word;
  }

  @Test
  void runThatEndsEarlierLeavesTheVolumesToTheOther() throws Exception {
    try (Batchmount.Running first = start("first", writes("one"));
        Batchmount.Running second = startBehind("first", first, "second", writes("two"))) {
      letEnd("first");
      awaitState("first", "succeeded");
      // its job is over and its process keeps what the other works on
      first.awaitOutput("stay mounted until no other run uses them");
      assertThat(mounts()).containsExactlyInAnyOrder(root + "/team", root + "/corpus");
      letEnd("second");
      second.await(Batchmount.LIMIT).expect(0);
      first.await(Batchmount.LIMIT).expect(0);
    }
    assertThat(mounts()).isEmpty();
    assertThat(onShare("one")).isEqualTo("one\n");
    assertThat(onShare("two")).isEqualTo("two\n");
    assertThat(onShare(SEGMENT_HEAD + "second/id/stdouterr/stdout.txt")).isEqualTo("two\n");
    Path copy = work.resolve("blobs");
    batchmount.run("storage", "download", container, copy.toString()).expect(0);
    assertThat(copy.resolve("two")).hasContent("two\n");
    // nothing went into the empty directories below the mounts
    assertThat(root.resolve("team")).isEmptyDirectory();
    assertThat(root.resolve("corpus")).isEmptyDirectory();
  }

  private Batchmount.Running startBehind(
      String before, Batchmount.Running running, String name, String then) throws IOException {
    awaitBegun(before, running);
    Batchmount.Running started = start(name, then);
    awaitBegun(name, started);
    return started;
  }

  @Test
  void runsThatStartAtTheSameTimeMountOnce() throws Exception {
    List<Batchmount.Running> runs = new ArrayList<>();
    try {
      for (String name : List.of("a", "b", "c")) {
        letEnd(name);
        runs.add(start(name, writes(name)));
      }
      for (Batchmount.Running run : runs) {
        run.await(Batchmount.LIMIT).expect(0);
      }
    } finally {
      runs.forEach(Batchmount.Running::close);
    }
    assertThat(mounts()).isEmpty();
    for (String name : List.of("a", "b", "c")) {
      assertThat(onShare(name)).isEqualTo(name + "\n");
    }
  }

  @Test
  void runThatBeginsWhileAnotherWaitsUsesItsVolumes() throws Exception {
    try (Batchmount.Running first = start("first", "true");
        Batchmount.Running second = startBehind("first", first, "second", "true")) {
      letEnd("first");
      first.awaitOutput("stay mounted until no other run uses them");
      try (Batchmount.Running third = startBehind("second", second, "third", writes("three"))) {
        letEnd("second");
        second.await(Batchmount.LIMIT).expect(0);
        letEnd("third");
        third.await(Batchmount.LIMIT).expect(0);
      }
      first.await(Batchmount.LIMIT).expect(0);
    }
    assertThat(mounts()).isEmpty();
    assertThat(onShare("three")).isEqualTo("three\n");
  }

  @Test
  void runThatWasKilledIsNotWaitedFor() throws Exception {
    try (Batchmount.Running first = start("first", "true");
        Batchmount.Running second = startBehind("first", first, "second", "true")) {
      letEnd("first");
      first.awaitOutput("stay mounted until no other run uses them");
      second.signal("KILL");
      // a run that was killed uses nothing any more
      first.await(Batchmount.LIMIT).expect(0);
    }
    assertThat(mounts()).isEmpty();
  }

  @Test
  void deadVolumesOfAKilledRunAreMountedAnew() throws Exception {
    try (Batchmount.Running first = start("first", "true")) {
      awaitBegun("first", first);
      first.signal("KILL");
      // taken apart, though perhaps not gone: it may wait for its own mounts
      Awaitility.await()
          .atMost(Batchmount.LIMIT)
          .until(() -> !ProcessFacts.isRunning(first.process().pid()));
    }
    letEnd("next");
    try (Batchmount.Running next = start("next", writes("next"))) {
      next.await(Batchmount.LIMIT).expect(0);
    }
    assertThat(mounts()).isEmpty();
    assertThat(onShare("next")).isEqualTo("next\n");
  }
}
