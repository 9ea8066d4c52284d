package io.batchmount.it.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Boots Debian with systemd in a container of systemd-nspawn, on this machine's kernel: the unit of
 * the distribution mounts a cluster file, a job that requires the unit runs, a killed mount process
 * heals, and a line of fstab mounts.
 *
 * <p>The root file system is made by debootstrap once and kept ({@code -Dbatchmount.boot.root=DIR}
 * names another place for it); each boot gets a layer of its own over it.
 */
@Tag("long")
class NodeBootTest {
  /**
   * From kill -9 until the files are there again, on a machine that is not busy with other work.
   */
  private static final Duration HEALED = Duration.ofSeconds(5);

  private static final Duration BOOT = Duration.ofMinutes(3);
  private static final Duration DEBOOTSTRAP = Duration.ofMinutes(15);
  private static final String MOUNTS = "/mnt/batchmount/mounts";

  @TempDir Path work;
  private Optional<Process> container = Optional.empty();
  private boolean layered;

  private Path machine() {
    return work.resolve("machine");
  }

  @Test
  void unitMountsJobRunsAndKilledProcessHeals() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "booting a container needs root");
    assumeTrue(Files.exists(Path.of("/dev/fuse")), "no /dev/fuse here");
    for (String program : List.of("systemd-nspawn", "debootstrap", "nsenter")) {
      assumeTrue(onPath(program), program + " is not installed");
    }
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    String corpus = Storage.newContainer().getBlobContainerName();
    install(port, corpus);
    boot();
    // the share's service is not there yet: the unit waits and says for what
    awaitInside("systemctl show -p StatusText --value batchmount | grep -q waiting:");
    assertThat(inside("systemctl is-active batchmount").said()).isEqualTo("activating");
    assertThat(inside("systemctl is-active job").said()).isNotEqualTo("failed");
    try (FilesEmulator files = FilesEmulator.builder().port(port).inMemory().start()) {
      awaitInside("systemctl is-active batchmount");
      awaitInside("mountpoint -q " + MOUNTS + "/autobfs");

      // the job that requires the unit has run, on its mounts
      awaitInside("systemctl show -p Result --value job | grep -q success && test -e /root/ran");
      assertThat(inside("cat " + MOUNTS + "/autoafs/from-job").said()).isEqualTo("of the job");
      assertThat(inside("journalctl -u job --no-pager").said()).contains("job hello succeeded");

      // the setup task's files stand where the cluster file says
      assertThat(
              inside("find " + MOUNTS + "/autoafs/setup -name 'stdout-*.txt' -exec cat {} +")
                  .said())
          .isEqualTo("set up");

      // the line of fstab
      assertThat(inside("systemctl restart data.mount; cat /data/from-job").said())
          .isEqualTo("of the job");

      kill();

      inside("systemctl stop data.mount");
      assertThat(inside("systemctl stop batchmount; grep -c fuse.batchmount /proc/mounts").said())
          .isEqualTo("0");
      assertThat(inside("systemctl is-failed batchmount").said()).isEqualTo("inactive");
    }
  }

  private void kill() throws Exception {
    double load = Double.parseDouble(Files.readString(Path.of("/proc/loadavg")).split(" ")[0]);
    String pid = inside("systemctl show -p MainPID --value batchmount").said();
    long began = System.nanoTime();
    inside("kill -9 " + pid);
    awaitInside(
        "p=$(systemctl show -p MainPID --value batchmount); test \"$p\" != 0 && test \"$p\" != "
            + pid
            + " && systemctl is-active batchmount && cat "
            + MOUNTS
            + "/autoafs/from-job");
    Duration took = Duration.ofNanos(System.nanoTime() - began);
    System.out.println("healed after " + took.toMillis() + " ms, load before it " + load);
    assertThat(inside("systemctl show -p NRestarts --value batchmount").said()).isEqualTo("1");
    // no dead mount lies below the new one
    assertThat(inside("grep -c ' " + MOUNTS + "/autoafs ' /proc/mounts").said()).isEqualTo("1");
    if (load < Runtime.getRuntime().availableProcessors()) {
      assertThat(took).isLessThan(HEALED);
    }
  }

  /** A root file system, the distribution, the unit, a job behind it, and a line of fstab. */
  private void install(int port, String corpus) throws Exception {
    Path base =
        Path.of(
            System.getProperty(
                "batchmount.boot.root",
                Azurite.projectRoot() + "/integration-tests/target/debian"));
    if (!Files.exists(base.resolve("complete"))) {
      Files.createDirectories(base);
      run(
          DEBOOTSTRAP,
          "debootstrap",
          "--variant=minbase",
          "--include=systemd,systemd-sysv,openjdk-17-jre-headless,util-linux,procps",
          "bookworm",
          base.toString());
      Files.createFile(base.resolve("complete"));
    }
    Path upper = Files.createDirectory(work.resolve("upper"));
    Path below = Files.createDirectory(work.resolve("below"));
    Files.createDirectory(machine());
    run(
        BOOT,
        "mount",
        "-t",
        "overlay",
        "overlay",
        "-o",
        "lowerdir=" + base + ",upperdir=" + upper + ",workdir=" + below,
        machine().toString());
    layered = true;
    run(
        BOOT,
        "cp",
        "-a",
        Batchmount.script().getParent().getParent().toString(),
        machine().resolve("opt/batchmount").toString());
    // class data for the container's Java, as an installation makes it
    run(
        BOOT,
        "systemd-nspawn",
        "--directory=" + machine(),
        "--register=no",
        "--keep-unit",
        "--settings=no",
        "--bind=/dev/fuse",
        "--console=pipe",
        "--machine=batchmount-boot",
        "/opt/batchmount/bin/batchmount",
        "class-data");
    Path etc = Files.createDirectory(machine().resolve("etc/batchmount"));
    Files.writeString(etc.resolve("key"), Azurite.KEY);
    Files.setPosixFilePermissions(etc.resolve("key"), PosixFilePermissions.fromString("rw-------"));
    Files.writeString(
        etc.resolve("config.yaml"),
        """
        account: %s
        account-key-file: /etc/batchmount/key
        blob-endpoint: %s
        file-endpoint: http://127.0.0.1:%d/%s
        use-auto-storage: true
        connect-timeout: 10s
        """
            .formatted(Azurite.ACCOUNT, Storage.blobEndpoint(), port, Azurite.ACCOUNT));
    Files.writeString(
        etc.resolve("cluster.json"),
        """
        {"nodeSetup": {
          "setupTask": {"commandLine": "echo set up",
            "stdOutErrPathPrefix": "$AZ_BATCHAI_MOUNT_ROOT/autoafs/setup"},
          "mountVolumes": {"azureBlobFileSystems": [
            {"accountName": "%s", "containerName": "%s", "relativeMountPath": "corpus"}]}}}
        """
            .formatted(Azurite.ACCOUNT, corpus));
    Files.writeString(
        etc.resolve("job.json"),
        """
        {"nodeCount": 1, "stdOutErrPathPrefix": "$AZ_BATCHAI_MOUNT_ROOT/autoafs",
         "customToolkitSettings": {"commandLine":
           "echo of the job >$AZ_BATCHAI_MOUNT_ROOT/autoafs/from-job"}}
        """);
    Path units = machine().resolve("etc/systemd/system");
    Files.copy(
        machine().resolve("opt/batchmount/share/systemd/batchmount.service"),
        units.resolve("batchmount.service"));
    Files.writeString(
        units.resolve("job.service"),
        """
        [Unit]
        Requires=batchmount.service
        After=batchmount.service
        [Service]
        Type=oneshot
        ExecStart=/opt/batchmount/bin/batchmount run -f /etc/batchmount/job.json --job-name hello
        ExecStartPost=/usr/bin/touch /root/ran
        """);
    Path wanted = Files.createDirectories(units.resolve("multi-user.target.wants"));
    for (String unit : List.of("batchmount.service", "job.service")) {
      Files.createSymbolicLink(wanted.resolve(unit), Path.of("/etc/systemd/system/" + unit));
    }
    Files.createSymbolicLink(
        machine().resolve("usr/sbin/mount.batchmount"),
        Path.of("/opt/batchmount/sbin/mount.batchmount"));
    Files.createDirectory(machine().resolve("data"));
    Files.writeString(
        machine().resolve("etc/fstab"),
        "files:batchaishare /data batchmount"
            + " _netdev,nofail,noauto,config=/etc/batchmount/config.yaml 0 0\n");
  }

  private void boot() throws Exception {
    container =
        Optional.of(
            new ProcessBuilder(
                    "systemd-nspawn",
                    "--boot",
                    "--directory=" + machine(),
                    "--register=no",
                    "--keep-unit",
                    "--settings=no",
                    "--bind=/dev/fuse",
                    "--console=pipe",
                    "--machine=batchmount-boot")
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(work.resolve("console.txt").toFile())
                .start());
    awaitInside("systemctl show -p Version");
  }

  /** A command of the booted machine. */
  private record Answer(int code, String said) {}

  private Answer inside(String command) throws Exception {
    Optional<ProcessHandle> init = container.orElseThrow().children().findFirst();
    if (init.isEmpty()) {
      return new Answer(-1, "not booted yet");
    }
    Path said = Files.createTempFile(work, "said", ".txt");
    Process process =
        new ProcessBuilder(
                "nsenter",
                "--target=" + init.get().pid(),
                "--mount",
                "--uts",
                "--ipc",
                "--pid",
                "--root",
                "--wd",
                "sh",
                "-c",
                command)
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    assertThat(process.waitFor(BOOT.toSeconds(), TimeUnit.SECONDS)).as(command).isTrue();
    return new Answer(process.exitValue(), text(said));
  }

  private void awaitInside(String command) throws Exception {
    try {
      Awaitility.await()
          .atMost(BOOT)
          .pollInterval(Duration.ofMillis(100))
          .until(() -> inside(command).code() == 0);
    } catch (org.awaitility.core.ConditionTimeoutException e) {
      throw new AssertionError(
          command
              + " did not succeed\n"
              + inside("systemctl status batchmount job; journalctl -b --no-pager | tail -60")
                  .said()
              + text(work.resolve("console.txt")),
          e);
    }
  }

  private static String text(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8).strip();
  }

  private static boolean onPath(String program) {
    for (String directory : System.getenv().getOrDefault("PATH", "").split(":")) {
      if (Files.isExecutable(Path.of(directory, program))) {
        return true;
      }
    }
    return false;
  }

  private void run(Duration limit, String... command) throws Exception {
    Path said = Files.createTempFile(work, "run", ".txt");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    assertThat(process.waitFor(limit.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(String.join(" ", command) + "\n" + text(said)).isZero();
  }

  @AfterEach
  void switchOff() throws Exception {
    if (container.isPresent()) {
      inside("systemctl stop data.mount batchmount");
      Process machine = container.get();
      machine.destroy(); // systemd-nspawn hands it on as an order to halt
      if (!machine.waitFor(BOOT.toSeconds(), TimeUnit.SECONDS)) {
        machine.destroyForcibly().waitFor();
      }
    }
    if (layered) {
      run(BOOT, "umount", "-l", machine().toString());
    }
  }
}
