package io.batchmount.it.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.models.BlobType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.batchmount.blob.AzuriteContainers;
import io.batchmount.blob.TunnelProxy;
import io.batchmount.core.testkit.Azurite;
import io.batchmount.it.support.Batchmount;
import io.batchmount.it.support.Storage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** mount, unmount, status, recover. */
class MountCommandsTest extends LauncherFixture {
  private Path directory(String name) throws Exception {
    return Files.createDirectory(work.resolve(name));
  }

  private JsonNode status() throws Exception {
    return new ObjectMapper().readTree(batchmount.run("status", "--json").expect(0).stdout());
  }

  @Test
  void bothKindsInTheBackground() throws Exception {
    Path blob = directory("b");
    Path files = directory("f");
    batchmount.run("mount", "blob", container, blob.toString()).expect(0);
    batchmount.run("mount", "files", share, files.toString(), "-o", "file_mode=0600").expect(0);
    Files.writeString(blob.resolve("a.txt"), "in a container");
    Files.writeString(files.resolve("a.txt"), "in a share");
    assertThat(blob.resolve("a.txt")).hasContent("in a container");
    assertThat(files.resolve("a.txt")).hasContent("in a share");
    JsonNode mounts = status().path("mounts");
    assertThat(mounts).hasSize(2);
    for (JsonNode mount : mounts) {
      assertThat(mount.path("health").asText()).isEqualTo("ok");
      assertThat(mount.path("requests").path("total").asLong()).isPositive();
    }
    assertThat(batchmount.run("status").expect(0).stdout()).contains(blob.toString());
    try (var logs = Files.list(work.resolve("state/logs"))) {
      for (Path log : logs.toList()) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(log)))
            .isEqualTo("rw-------");
      }
    }
    long pid = mounts.get(0).path("pid").asLong();
    batchmount.run("unmount", blob.toString(), files.toString()).expect(0);
    assertThat(ProcessHandle.of(pid)).isEmpty();
    assertThat(mounts()).isEmpty();
    assertThat(status().path("mounts")).isEmpty();
  }

  /** As on a machine whose name service knows the own network only. */
  @Test
  void proxyOfTheEnvironmentKnowsTheHostThatThisMachineDoesNot() throws Exception {
    String host = Azurite.ACCOUNT + ".blob.invalid";
    Path blob = directory("b");
    Path files = directory("f");
    try (TunnelProxy proxy = new TunnelProxy(Storage.blobEndpoint().getPort())) {
      batchmount
          .with("AZURE_STORAGE_BLOB_ENDPOINT", "http://" + host)
          .with("HTTP_PROXY", "http://" + proxy.address())
          .run("mount", "blob", container, blob.toString())
          .expect(0);
      Files.writeString(blob.resolve("a"), "text");
      batchmount.run("unmount", blob.toString()).expect(0);
      assertThat(proxy.asked()).isNotEmpty().allMatch((host + ":80")::equals);
      // what is on this machine is never asked of the proxy, which leads elsewhere
      batchmount
          .with("https_proxy", "http://" + proxy.address())
          .run("mount", "files", share, files.toString())
          .expect(0);
      batchmount.run("unmount", files.toString()).expect(0);
      assertThat(proxy.asked()).allMatch((host + ":80")::equals);
    }
    assertThat(blobs().getBlobClient("a").downloadContent().toString()).isEqualTo("text");
  }

  @Test
  void filesOfAPatternAreMadeAsAppendBlobsAndGrow() throws Exception {
    Path blob = directory("b");
    batchmount
        .run("mount", "blob", container, blob.toString(), "--append-blobs", "*.log:events-?")
        .expect(0);
    Files.writeString(blob.resolve("train.log"), "epoch 1\n");
    Files.writeString(blob.resolve("train.log"), "epoch 2\n", StandardOpenOption.APPEND);
    Files.writeString(blob.resolve("events-1"), "e");
    Files.writeString(blob.resolve("events-10"), "not of the pattern");
    batchmount.run("unmount", blob.toString()).expect(0);
    assertThat(type("train.log")).isEqualTo(BlobType.APPEND_BLOB);
    assertThat(storage().getBlobClient("train.log").downloadContent().toString())
        .isEqualTo("epoch 1\nepoch 2\n");
    assertThat(type("events-1")).isEqualTo(BlobType.APPEND_BLOB);
    assertThat(type("events-10")).isEqualTo(BlobType.BLOCK_BLOB);
    assertThat(batchmount.run("mount", "blob", container, blob.toString(), "--append-blobs", "a/*"))
        .satisfies(refused -> assertThat(refused.expect(2).stderr()).contains("'a/*'"));
  }

  @Test
  void aVolumesOptionsNameAppendBlobs() {
    String job =
        job(custom("echo 1 > $AZ_BATCHAI_JOB_MOUNT_ROOT/bfs/run.log"))
            .replace(
                "\"relativeMountPath\": \"bfs\"",
                "\"relativeMountPath\": \"bfs\", \"mountOptions\": \"--append-blobs=*.log\"");
    run("append", job).expect(0);
    assertThat(type("run.log")).isEqualTo(BlobType.APPEND_BLOB);
  }

  private BlobContainerClient storage() {
    return AzuriteContainers.client(container);
  }

  private BlobType type(String blob) {
    return storage().getBlobClient(blob).getProperties().getBlobType();
  }

  @Test
  void foregroundEndsOnSignal() throws Exception {
    Path files = directory("f");
    try (Batchmount.Running running =
        batchmount.start("mount", "files", share, files.toString(), "--foreground")) {
      org.awaitility.Awaitility.await()
          .atMost(Batchmount.LIMIT)
          .until(() -> status().path("mounts").size() == 1);
      running.signal("TERM");
      running.await(Batchmount.LIMIT).expect(0);
    }
    assertThat(mounts()).isEmpty();
  }

  /** The kernel has the mount before the process is ready: a signal then leaves no dead mount. */
  @Test
  void aSignalWhileMountingLeavesNothing() throws Exception {
    Path files = directory("f");
    try (Batchmount.Running running =
        batchmount.start("mount", "files", share, files.toString(), "--foreground")) {
      org.awaitility.Awaitility.await()
          .atMost(Batchmount.LIMIT)
          .pollInterval(java.time.Duration.ofMillis(1))
          .until(() -> mounts().size() == 1);
      running.signal("TERM");
      Batchmount.Result ended = running.await(Batchmount.LIMIT);
      // it may have been ready already
      assertThat(ended.exitCode()).isIn(0, 3);
      if (ended.exitCode() == 3) {
        assertThat(ended.stderr()).contains("TERM before the volumes were mounted");
      }
    }
    assertThat(mounts()).isEmpty();
    assertThat(status().path("mounts")).isEmpty();
  }

  @Test
  void killedMountIsDeadAndTheNextOneHealsIt() throws Exception {
    Path files = directory("f");
    batchmount.run("mount", "files", share, files.toString()).expect(0);
    Files.writeString(files.resolve("kept.txt"), "kept");
    long pid = status().path("mounts").get(0).path("pid").asLong();
    ProcessHandle process = ProcessHandle.of(pid).orElseThrow();
    process.destroyForcibly();
    process.onExit().get(60, TimeUnit.SECONDS);
    assertThat(status().path("mounts").get(0).path("health").asText()).isEqualTo("dead");
    batchmount.run("mount", "files", share, files.toString()).expect(0);
    assertThat(files.resolve("kept.txt")).hasContent("kept");
    batchmount.run("recover", "--list").expect(0);
    batchmount.run("unmount", "--all").expect(0);
  }

  @Test
  void fstabHelperTakesItsArguments() throws Exception {
    Path files = directory("f");
    batchmount
        .run(
            "mount-helper",
            "files:" + share,
            files.toString(),
            "-o",
            "rw,_netdev,nofail,allow_other")
        .expect(0);
    assertThat(mounts()).hasSize(1);
    batchmount.run("unmount", files.toString()).expect(0);
  }

  @Test
  void autoStorage() throws Exception {
    Path root = work.resolve("auto");
    batchmount.run("mount", "--use-auto-storage", "--mount-root", root.toString()).expect(0);
    assertThat(mounts()).hasSize(2);
    assertThat(root.resolve("autoafs")).isDirectory();
    assertThat(root.resolve("autobfs")).isDirectory();
    batchmount.run("unmount", root.toString()).expect(0);
  }

  @Test
  void uploadAndDownloadGoOnWhereTheyStopped() throws Exception {
    Path source = directory("source");
    Files.createDirectories(source.resolve("sub"));
    Files.writeString(source.resolve("a.txt"), "a");
    Files.writeString(source.resolve("sub/ü b.txt"), "b");
    Batchmount.Result first =
        batchmount.run("storage", "upload", source.toString(), container + "/data");
    assertThat(first.expect(0).stdout()).contains("uploaded 2 files");
    assertThat(
            batchmount
                .run("storage", "upload", source.toString(), container + "/data")
                .expect(0)
                .stdout())
        .contains("uploaded 0 files")
        .contains("2 were there");
    Path target = work.resolve("target");
    batchmount.run("storage", "download", container + "/data", target.toString()).expect(0);
    assertThat(target.resolve("sub/ü b.txt")).hasContent("b");
    assertThat(
            batchmount
                .run("storage", "download", container + "/data", target.toString())
                .expect(0)
                .stdout())
        .contains("2 were there");
  }

  @Test
  void doctorHasOneLineForEachCheck() {
    Batchmount.Result result = batchmount.run("doctor", "--cache-size", "1MiB");
    List<String> lines = result.stdout().lines().toList();
    assertThat(lines)
        .anyMatch(l -> l.startsWith("ok    fuse"))
        .anyMatch(l -> l.contains("network"));
    result.expect(0);
  }
}
