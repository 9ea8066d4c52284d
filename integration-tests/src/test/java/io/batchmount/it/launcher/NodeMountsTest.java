package io.batchmount.it.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.batchmount.blob.OwnCertificate;
import io.batchmount.blob.TunnelProxy;
import io.batchmount.core.testkit.Azurite;
import io.batchmount.emulator.files.FilesEmulator;
import io.batchmount.it.support.Batchmount;
import io.batchmount.it.support.Storage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a node mounts at boot: cluster files, mount commands, fstab; and what it does without. */
class NodeMountsTest extends LauncherFixture {
  /** Of an idle process with four mounts; the aim of the project. */
  private static final long IDLE_MIB = 200;

  private static final String SECRET = "word-that-nobody-may-see";

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  private Path root() {
    return work.resolve("root");
  }

  /** A cluster file with the share at {@code afs} and further volumes. */
  private Path cluster(String moreVolumes) {
    return write(
        "cluster.json",
        """
        {"nodeSetup": {"mountVolumes": {
          "azureFileShares": [{
            "azureFileUrl": "https://<AZURE_BATCHAI_STORAGE_ACCOUNT>.file.core.windows.net/%s",
            "relativeMountPath": "afs"}]%s}}}
        """
            .formatted(share, moreVolumes));
  }

  private static String unmanaged(String command, String path) throws IOException {
    return ", \"unmanagedFileSystems\": [{\"mountCommand\": "
        + new ObjectMapper().writeValueAsString(command)
        + ", \"relativeMountPath\": \""
        + path
        + "\"}]";
  }

  private Batchmount.Result mountCluster(Path cluster, String... more) {
    String[] arguments =
        Stream.concat(
                Stream.of("mount", "-f", cluster.toString(), "--mount-root", root().toString()),
                Stream.of(more))
            .toArray(String[]::new);
    return batchmount.run(arguments);
  }

  @Test
  void mountCommandIsRunCheckedAndItsPasswordHidden() throws Exception {
    assumeTrue(isRoot(), "mount commands need root");
    Path cluster =
        cluster(unmanaged("password=" + SECRET + " true; mount -t tmpfs tmpfs", "scratch"));
    mountCluster(cluster).expect(0);
    assertThat(mounts()).hasSize(2);
    Files.writeString(root().resolve("scratch/a"), "a");
    Files.writeString(root().resolve("afs/b"), "b");
    Batchmount.Result status = batchmount.run("status", "--json").expect(0);
    JsonNode shown = new ObjectMapper().readTree(status.stdout()).path("mounts");
    assertThat(shown).hasSize(2);
    assertThat(status.stdout()).contains("password=***").doesNotContain(SECRET);
    assertThat(Files.readString(Path.of("/proc/" + shown.get(0).path("pid").asLong() + "/cmdline")))
        .doesNotContain(SECRET);
    batchmount.run("unmount", "--all").expect(0);
    assertThat(mounts()).isEmpty();
    try (Stream<Path> files = Files.walk(work.resolve("state"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
            .as(file.toString())
            .doesNotContain(SECRET);
      }
    }
  }

  @Test
  void allOrNoneAndEachFailureWithItsReason() throws Exception {
    Path cluster =
        cluster(
            ", \"azureBlobFileSystems\": [{\"accountName\": \"<AZURE_BATCHAI_STORAGE_ACCOUNT>\","
                + " \"containerName\": \"absent\", \"relativeMountPath\": \"bfs\"}]"
                + unmanaged("echo the server is switched off >&2; false", "nfs"));
    Batchmount.Result result = mountCluster(cluster).expect(3);
    assertThat(result.stderr())
        .contains("the server is switched off")
        .contains("container absent")
        .contains("batchmount storage create");
    assertThat(mounts()).isEmpty();
  }

  @Test
  void mountCommandThatMountsNothingIsAFailure() throws Exception {
    assertThat(mountCluster(cluster(unmanaged("true", "nothing"))).expect(3).stderr())
        .contains("mounted nothing there");
    assertThat(mounts()).isEmpty();
  }

  @Test
  void startWaitsForStorageThatIsNotThereYet() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Batchmount later =
        batchmount.with(
            "AZURE_STORAGE_FILE_ENDPOINT", "http://127.0.0.1:" + port + "/" + Azurite.ACCOUNT);
    try (Batchmount.Running running =
        later.start(
            "mount",
            "--use-auto-storage",
            "--mount-root",
            root().toString(),
            "--keep-trying",
            "10m",
            "--connect-timeout",
            "1s")) {
      running.awaitOutput("trying again");
      try (FilesEmulator files = FilesEmulator.builder().port(port).inMemory().start()) {
        running.await(Batchmount.LIMIT).expect(0);
        assertThat(mounts()).hasSize(2);
        Files.writeString(root().resolve("autoafs/a"), "a");
        later.run("unmount", "--all").expect(0);
      }
    }
  }

  @Test
  void wrongKeyIsNotTriedAgain() {
    Batchmount.Result result =
        batchmount
            .with("AZURE_BATCHAI_STORAGE_KEY", "d3Jvbmc=")
            .run(
                "mount",
                "-f",
                cluster("").toString(),
                "--mount-root",
                root().toString(),
                "--keep-trying",
                "10m");
    assertThat(result.expect(3).stderr())
        .contains("refuses the credential")
        .doesNotContain("trying again");
  }

  @Test
  void idleProcessWithFourMountsStaysSmall() throws Exception {
    Path cluster =
        write(
            "four.json",
            """
            {"nodeSetup": {"mountVolumes": {
              "azureFileShares": [
                {"azureFileUrl": "https://%1$s.file.core.windows.net/%2$s", "relativeMountPath": "f1"},
                {"azureFileUrl": "https://%1$s.file.core.windows.net/%2$s", "relativeMountPath": "f2"}],
              "azureBlobFileSystems": [
                {"accountName": "%1$s", "containerName": "%3$s", "relativeMountPath": "b1"},
                {"accountName": "%1$s", "containerName": "%3$s", "relativeMountPath": "b2"}]}}}
            """
                .formatted(Azurite.ACCOUNT, share, container));
    mountCluster(cluster).expect(0);
    JsonNode mounts =
        new ObjectMapper()
            .readTree(batchmount.run("status", "--json").expect(0).stdout())
            .path("mounts");
    assertThat(mounts).hasSize(4);
    long resident =
        Files.readAllLines(Path.of("/proc/" + mounts.get(0).path("pid").asLong() + "/status"))
            .stream()
            .filter(line -> line.startsWith("VmRSS:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
            .findFirst()
            .orElseThrow();
    batchmount.run("unmount", "--all").expect(0);
    assertThat(resident).as("resident MiB").isBetween(1L, IDLE_MIB);
  }

  /** Makes /sbin a directory of this test's own, in a mount name space that ends with it. */
  private static final String OWN_SBIN =
      "set -e; mount --make-rprivate /; sbin=$(readlink -f /sbin); mkdir -p own; "
          + "mount -t tmpfs tmpfs own; mkdir own/upper own/work; "
          + "mount -t overlay overlay -o lowerdir=$sbin,upperdir=own/upper,workdir=own/work $sbin; ";

  @Test
  void fstabLineAndMountCommandOfTheSystem() throws Exception {
    assumeTrue(isRoot(), "mount(8) needs root");
    Path config = write("config.yaml", "attr-ttl: 2s\n");
    write("fstab", "blob:" + container + " " + work + "/b batchmount ro,_netdev,nofail 0 0\n");
    Batchmount.Result result =
        batchmount
            .under(
                "unshare",
                "-m",
                "bash",
                "-c",
                OWN_SBIN
                    + "ln -s \"$(dirname \"$1\")/../sbin/mount.batchmount\" /sbin/mount.batchmount; "
                    + "mkdir f b; mount -t batchmount files:"
                    + share
                    + " $PWD/f -o rw,_netdev,config="
                    + config
                    + "; echo kept >f/file; cat f/file; "
                    + "mount --fstab $PWD/fstab $PWD/b; touch b/no 2>&1 || true; "
                    + "grep -c fuse.batchmount /proc/self/mountinfo; umount f b; "
                    + "\"$1\" status",
                "bash")
            .run()
            .expect(0);
    assertThat(result.stdout()).contains("kept").contains("Read-only file system");
    try (Stream<Path> logs = Files.list(work.resolve("state/logs"))) {
      assertThat(logs).hasSize(2);
    }
  }

  @Test
  void fileServerIsMountedByTheSystemsNfsClient() throws Exception {
    assumeTrue(isRoot(), "mount(8) needs root");
    Files.writeString(Files.createDirectory(work.resolve("export")).resolve("file"), "of a server");
    Path cluster =
        cluster(
            ", \"fileServers\": [{\"fileServer\": {\"id\": \"/x/fileServers/nas\"},"
                + " \"relativeMountPath\": \"nfs\", \"mountOptions\": \"ro,vers=4.1\"}]");
    // stands for the NFS client, which needs a server and a kernel module
    write(
        "mount.nfs",
        "#!/bin/sh\necho \"$@\" >" + work + "/asked\nmount --bind " + work + "/export \"$2\"\n");
    Batchmount.Result result =
        batchmount
            .under(
                "unshare",
                "-m",
                "bash",
                "-c",
                OWN_SBIN
                    + "cp mount.nfs /sbin/mount.nfs; chmod 755 /sbin/mount.nfs; \"$@\"; "
                    + "cat root/nfs/file; \"$1\" unmount --all; ls root/nfs",
                "bash")
            .run(
                "mount",
                "-f",
                cluster.toString(),
                "--mount-root",
                root().toString(),
                "--file-server",
                "nas=10.1.2.3:/mnt/data")
            .expect(0);
    assertThat(result.stdout()).isEqualTo("of a server");
    assertThat(work.resolve("asked"))
        .content()
        .contains("10.1.2.3:/mnt/data " + root() + "/nfs")
        .contains("vers=4.1");
  }

  /** A /dev without the device. */
  private Batchmount withoutFuse() {
    return batchmount.under(
        "unshare",
        "-m",
        "bash",
        "-c",
        "set -e; mount --make-rprivate /; mkdir -p dev; mount -t tmpfs tmpfs dev; "
            + "for d in null zero full random urandom; do touch dev/$d; "
            + "mount --bind /dev/$d dev/$d; done; mount --rbind dev /dev; exec \"$@\"",
        "bash");
  }

  @Test
  void withoutTheFuseDeviceNothingIsMountedOrRun() throws Exception {
    assumeTrue(isRoot(), "hiding a device needs root");
    Path point = Files.createDirectory(work.resolve("f"));
    Batchmount.Result mount = withoutFuse().run("mount", "files", share, point.toString());
    assertThat(mount.expect(3).stderr()).contains("/dev/fuse");
    Path job = write("job.json", job(custom("touch " + work + "/ran")));
    Batchmount.Result run = withoutFuse().run("run", "-f", job.toString());
    assertThat(run.expect(3).stderr()).contains("/dev/fuse");
    assertThat(work.resolve("ran")).doesNotExist();
    Batchmount.Result doctor = withoutFuse().run("doctor", "--cache-size", "1MiB");
    assertThat(doctor.expect(1).stdout().lines())
        .anyMatch(line -> line.startsWith("FAIL  fuse") && line.contains("modprobe fuse"));
    assertThat(mounts()).isEmpty();
  }

  @Test
  void doctorNamesWhatIsWrongWithVolumesAndTheFix() throws Exception {
    String volumes =
        ", \"azureBlobFileSystems\": [{\"accountName\": \"<AZURE_BATCHAI_STORAGE_ACCOUNT>\","
            + " \"containerName\": \"absent\", \"relativeMountPath\": \"bfs\"}]";
    List<String> lines =
        batchmount
            .run("doctor", "-f", cluster(volumes).toString(), "--cache-size", "1MiB")
            .expect(1)
            .stdout()
            .lines()
            .toList();
    assertThat(lines)
        .anyMatch(line -> line.startsWith("ok    files:" + share) && line.contains("listed"))
        .anyMatch(line -> line.startsWith("ok    files:" + share) && line.contains("written"))
        .anyMatch(line -> line.startsWith("ok    clock"))
        .anyMatch(line -> line.startsWith("FAIL  blob:absent"));
    assertThat(
            batchmount
                .with("AZURE_STORAGE_BLOB_ENDPOINT", "http://127.0.0.1:9/" + Azurite.ACCOUNT)
                .run("doctor", "--cache-size", "1MiB")
                .expect(1)
                .stdout())
        .contains("FAIL  network")
        .contains("check firewall");
    assertThat(batchmount.run("doctor", "--cache-size", "1000TiB").expect(1).stdout())
        .contains("FAIL  cache")
        .contains("--cache-dir");
    assertThat(
            batchmount
                .with("AZURE_STORAGE_ACCESS_KEY", "not base64!")
                .run("doctor", "--cache-size", "1MiB")
                .expect(1)
                .stdout())
        .contains("FAIL  credentials")
        .contains("copy it again");
  }

  @Test
  void progressIsOneLineOnATerminal() throws Exception {
    Path source = Files.createDirectory(work.resolve("many"));
    for (int i = 0; i < 50; i++) {
      Files.writeString(source.resolve("f" + i), "x");
    }
    Batchmount.Result result =
        batchmount
            // script(1) gives the command a terminal
            .under("bash", "-c", "script -qec \"$(printf '%q ' \"$@\")\" typed.txt", "bash")
            .run("storage", "upload", source.toString(), container, "--parallel", "2")
            .expect(0);
    assertThat(work.resolve("typed.txt")).content().contains("\r\u001b[K").contains(" of 50 files");
    assertThat(result.stdout()).contains("uploaded 50 files");
  }

  @Test
  void runEndsWithASummary() {
    Batchmount.Result result =
        run(
            "summary",
            job(
                "\"outputDirectories\": [{\"id\": \"MODEL\", \"pathPrefix\":"
                    + " \"$AZ_BATCHAI_JOB_MOUNT_ROOT/bfs\"}],"
                    + custom(
                        "echo text >$AZ_BATCHAI_OUTPUT_MODEL/a; cat $AZ_BATCHAI_OUTPUT_MODEL/a")));
    assertThat(result.expect(0).stderr())
        .containsPattern(
            "wall time [0-9.]+ s \\(mount .*, directories .*, command .*, unmount .*\\)")
        .containsPattern("files:" + share + ": read .*, written .*, requests: .*put_range [0-9]+")
        .containsPattern("blob:" + container + ": read .*, written .*, cache hits [0-9]+ %")
        .contains("output MODEL: blob:" + container + "/")
        .contains("output stdouterr: files:" + share + "/");
  }

  /** The container's host is known to the proxy only, and vouches for itself. */
  @Test
  void proxyAndCertificatesOfTheVolume() throws Exception {
    OwnCertificate own = OwnCertificate.make(work, Azurite.ACCOUNT + ".blob.invalid");
    try (TunnelProxy proxy = new TunnelProxy(Storage.blobEndpoint().getPort(), own.context())) {
      Path file =
          write(
              "proxy.json",
              job(custom("echo text >$AZ_BATCHAI_JOB_MOUNT_ROOT/bfs/a"))
                  .replace(
                      "\"relativeMountPath\": \"bfs\"",
                      "\"relativeMountPath\": \"bfs\", \"mountOptions\": \"--https-proxy="
                          + proxy.address()
                          + " --ca-cert-file="
                          + own.pem()
                          + "\""));
      batchmount
          .with("AZURE_STORAGE_BLOB_ENDPOINT", "https://" + Azurite.ACCOUNT + ".blob.invalid")
          .run("run", "-f", file.toString(), "--mount-root", work.resolve("mounts").toString())
          .expect(0);
      assertThat(proxy.asked())
          .isNotEmpty()
          .allMatch((Azurite.ACCOUNT + ".blob.invalid:443")::equals);
    }
    assertThat(blobs().getBlobClient("a").downloadContent().toString()).isEqualTo("text\n");
  }
}
