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

  private MountRecord record(String id, long pid, long ticks, String boot, Optional<Path> temporary)
      throws Exception {
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
        temporary);
  }

  private MountRecord mine(String id) throws Exception {
    long pid = ProcessHandle.current().pid();
    return record(id, pid, ProcessFacts.startTicks(pid), ProcessFacts.bootId(), Optional.empty());
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
    registry.put(record("reused", pid, 1, ProcessFacts.bootId(), Optional.empty()));
    registry.put(
        record("rebooted", pid, ProcessFacts.startTicks(pid), "an-earlier-boot", Optional.empty()));
    assertThat(registry.owner(dir.resolve("mnt"))).isEmpty();
    MountRecord living = mine("living");
    registry.put(living);
    assertThat(registry.owner(dir.resolve("mnt"))).contains(living);
    assertThat(registry.owner(dir.resolve("other"))).isEmpty();
  }

  @Test
  void deadProcessesAreForgottenWithTheirTemporaryDirectories() throws Exception {
    Path temporary = Files.createDirectories(dir.resolve("job/temp"));
    Files.writeString(temporary.resolve("x"), "x");
    MountRecord dead = record("dead", 1, 1, "an-earlier-boot", Optional.of(temporary));
    registry.put(dead);
    registry.put(mine("living"));
    assertThat(registry.cleanDead()).containsExactly(dead);
    assertThat(temporary).doesNotExist();
    assertThat(registry.all()).extracting(MountRecord::id).containsExactly("living");
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
