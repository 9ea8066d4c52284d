package io.batchmount.launcher.mount;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MountRegistryTest {
  @TempDir Path dir;
  private MountRegistry registry;

  @BeforeEach
  void open() {
    registry = new MountRegistry(dir);
  }

  private MountRecord record(
      String id, long pid, long ticks, String boot, RunDirectories directories) throws Exception {
    return new MountRecord(
        id,
        "run",
        pid,
        ticks,
        boot,
        registry.socketPath(id),
        Optional.empty(),
        Instant.parse("2026-01-02T12:00:00Z"),
        List.of(new MountRecord.Entry(dir.resolve("mnt"), "blob", "blob:corpus")),
        directories,
        List.of());
  }

  private MountRecord mine(String id) throws Exception {
    long pid = ProcessHandle.current().pid();
    return record(
        id, pid, ProcessFacts.startTicks(pid), ProcessFacts.bootId(), RunDirectories.NONE);
  }

  @Test
  void whatIsPutIsReadAgainByOwnerOnlyFiles() throws Exception {
    MountRecord record = mine("a");
    registry.put(record);
    assertThat(registry.all()).containsExactly(record);
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(dir.resolve("mounts/a.json"))))
        .isEqualTo("rw-------");
    registry.remove(record);
    assertThat(registry.all()).isEmpty();
  }

  @Test
  void ownerIsTheLivingProcess() throws Exception {
    long pid = ProcessHandle.current().pid();
    registry.put(record("reused", pid, 1, ProcessFacts.bootId(), RunDirectories.NONE));
    registry.put(
        record(
            "rebooted", pid, ProcessFacts.startTicks(pid), "an-earlier-boot", RunDirectories.NONE));
    assertThat(registry.owner(dir.resolve("mnt"))).isEmpty();
    MountRecord living = mine("living");
    registry.put(living);
    assertThat(registry.owner(dir.resolve("mnt"))).contains(living);
    assertThat(registry.owner(dir.resolve("other"))).isEmpty();
  }

  @Test
  void deadProcessesAreForgottenWithAllDirectoriesThatTheyMade() throws Exception {
    Path temp = Files.createDirectories(dir.resolve("jobs/default/fit/id"));
    Files.writeString(temp.resolve("x"), "x");
    Path mounts = Files.createDirectories(dir.resolve("mnt/fit-id/afs"));
    Path output = temp.resolve("out");
    MountRecord dead =
        record(
            "dead",
            1,
            1,
            "an-earlier-boot",
            new RunDirectories(
                List.of(mounts.getParent(), temp),
                List.of(dir.resolve("jobs/default/fit"), dir.resolve("jobs/default")),
                List.of(output)));
    registry.put(dead);
    registry.put(mine("living"));
    assertThat(registry.cleanDead()).containsExactly(dead);
    assertThat(dir.resolve("jobs")).isEmptyDirectory();
    assertThat(dir.resolve("mnt")).isEmptyDirectory();
    assertThat(registry.all()).extracting(MountRecord::id).containsExactly("living");
  }

  @Test
  void outputsThatLieNowhereElseStayWhenARunWasKilled() throws Exception {
    Path temp = Files.createDirectories(dir.resolve("jobs/default/fit/id"));
    Path output = Files.createDirectories(temp.resolve("out/model"));
    Files.writeString(output.resolve("weights"), "of three days");
    Path mounts = Files.createDirectories(dir.resolve("mnt/fit-id"));
    RunDirectories directories =
        new RunDirectories(List.of(mounts, temp), List.of(temp.getParent()), List.of(output));
    registry.put(record("dead", 1, 1, "an-earlier-boot", directories));
    registry.cleanDead();
    assertThat(output.resolve("weights")).hasContent("of three days");
    assertThat(registry.all()).isEmpty();
  }

  @Test
  void parentsStayWhileAnotherJobIsInThem() throws Exception {
    Path temp = Files.createDirectories(dir.resolve("jobs/default/fit/id"));
    Files.createDirectories(dir.resolve("jobs/default/other"));
    RunDirectories directories =
        new RunDirectories(
            List.of(temp),
            List.of(dir.resolve("jobs/default/fit"), dir.resolve("jobs/default")),
            List.of());
    assertThat(directories.remove()).isEqualTo(RunDirectories.Removal.REMOVED);
    assertThat(dir.resolve("jobs/default/fit")).doesNotExist();
    assertThat(dir.resolve("jobs/default/other")).exists();
  }

  @Test
  void whoWorksOnAMountIsKnown() throws Exception {
    Path volume = dir.resolve("mnt");
    MountRecord user =
        new MountRecord(
            "user",
            "run",
            ProcessHandle.current().pid(),
            ProcessFacts.startTicks(ProcessHandle.current().pid()),
            ProcessFacts.bootId(),
            registry.socketPath("user"),
            Optional.empty(),
            Instant.parse("2026-01-02T12:00:00Z"),
            List.of(),
            RunDirectories.NONE,
            List.of(volume));
    registry.put(user);
    assertThat(registry.all()).containsExactly(user);
    assertThat(registry.users(List.of(volume), "owner")).containsExactly(user);
    assertThat(registry.users(List.of(volume), "user")).isEmpty();
    assertThat(registry.users(List.of(dir.resolve("other")), "owner")).isEmpty();
    registry.put(user.withoutUses());
    assertThat(registry.users(List.of(volume), "owner")).isEmpty();
    registry.put(record("gone", 1, 1, "an-earlier-boot", RunDirectories.NONE));
    assertThat(registry.users(List.of(volume), "owner")).isEmpty();
  }

  @Test
  void socketOfALongPathLiesElsewhere() throws Exception {
    Path deep = dir.resolve("d".repeat(120));
    MountRegistry far = new MountRegistry(deep);
    Path socket = far.socketPath("a");
    assertThat(socket.toString().length()).isLessThanOrEqualTo(107);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket.getParent())))
        .isEqualTo("rwx------");
    Files.delete(socket.getParent());
  }

  @Test
  void treeIsDeletedWithLinksAsLinks() throws Exception {
    Path outside = Files.writeString(dir.resolve("outside"), "kept");
    Path tree = Files.createDirectories(dir.resolve("tree/sub"));
    Files.createSymbolicLink(tree.resolve("link"), outside);
    Files.createSymbolicLink(tree.resolve("dir"), dir);
    assertThat(SafeDelete.tree(dir.resolve("tree"))).isTrue();
    assertThat(dir.resolve("tree")).doesNotExist();
    assertThat(outside).hasContent("kept");
    assertThat(SafeDelete.tree(dir.resolve("absent"))).isTrue();
  }
}
