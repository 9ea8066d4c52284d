package io.batchmount.files;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.core.AttributeChange;
import io.batchmount.core.Caller;
import io.batchmount.core.FileHandle;
import io.batchmount.core.OpenOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What operations cost in requests, as docs/file-shares.md tells. */
class RequestCostTest {
  @TempDir Path directory;
  private ShareFixture fixture;
  private ShareFixture.Node node;
  private ShareFileSystem fs;

  @BeforeEach
  void mount() throws Exception {
    fixture = ShareFixture.inMemory(directory);
    // nothing expires and nothing is flushed by the clock while a test counts
    node =
        fixture.node(
            ShareMountOptions.defaults()
                .withFlushInterval(Duration.ofHours(1))
                .withAttributeTtl(Duration.ofHours(1)));
    fs = node.fileSystem();
    Files4Test.put(fs, "/first", "makes the hidden directory");
    fs.getAttributes("/");
    node.counter().reset();
  }

  @AfterEach
  void close() throws Exception {
    fixture.close();
  }

  private Map<String, Long> requests() {
    Map<String, Long> counts = node.counter().counts();
    node.counter().reset();
    return counts;
  }

  @Test
  void smallNewFileCostsThree() throws Exception {
    fs.makeDirectory("/d", 0755, Caller.ROOT); // known to be empty: no look-up
    assertThat(requests()).isEqualTo(Map.of("createDirectory", 1L));
    try (FileHandle handle = Files4Test.create(fs, "/d/f", OpenOptions.WRITE.withTruncate())) {
      handle.write(Files4Test.bytes("4 KiB or so"), 0);
      handle.setAttributes(
          AttributeChange.ofTimes(
              Optional.of(Instant.parse("2020-01-01T00:00:00Z")), Optional.empty()));
      handle.setAttributes(AttributeChange.ofPermissions(0600));
      handle.flush();
    }
    Map<String, Long> made = requests();
    made.remove("listDirectory"); // the parent, once
    assertThat(made).isEqualTo(Map.of("createFile", 1L, "putRange", 1L, "renameFile", 1L));
    assertThat(fs.getAttributes("/d/f").permissions()).isEqualTo(0600);
    assertThat(fs.getAttributes("/d/f").mtime()).isEqualTo("2020-01-01T00:00:00Z");
  }

  @Test
  void exclusiveNewFileIsMadeAtOnce() throws Exception {
    FileHandle handle = Files4Test.create(fs, "/lock", OpenOptions.WRITE.withExclusive());
    assertThat(requests()).containsEntry("createFile", 1L).containsEntry("renameFile", 1L);
    handle.close();
    assertThat(requests()).isEmpty();
  }

  @Test
  void flushOfAGrowingFileCostsTwo() throws Exception {
    try (FileHandle log = Files4Test.create(fs, "/log", OpenOptions.APPEND)) {
      log.write(Files4Test.bytes("first\n"), 0);
      log.fsync(false);
      log.write(Files4Test.bytes("second\n"), 0);
      log.fsync(false);
      requests();
      for (int i = 0; i < 5; i++) {
        log.write(Files4Test.bytes("line\n"), 0);
        log.write(Files4Test.bytes("line\n"), 0);
        log.fsync(false);
        assertThat(requests()).isEqualTo(Map.of("setFileProperties", 1L, "putRange", 1L));
      }
    }
    assertThat(requests()).isEqualTo(Map.of("releaseLease", 1L));
  }

  @Test
  void oneAppendToAnExistingFileCostsFour() throws Exception {
    Files4Test.put(fs, "/log", "before\n");
    fs.getAttributes("/log");
    requests();
    Files4Test.append(fs, "/log", "after\n");
    Map<String, Long> counts = requests();
    assertThat(counts)
        .containsEntry("acquireLease", 1L)
        .containsEntry("setFileProperties", 1L)
        .containsEntry("putRange", 1L)
        .containsEntry("releaseLease", 1L);
    counts
        .keySet()
        .removeAll(
            java.util.Set.of("acquireLease", "setFileProperties", "putRange", "releaseLease"));
    // the attributes were believed, or asked for once
    assertThat(counts.values().stream().mapToLong(Long::longValue).sum()).isLessThanOrEqualTo(1);
  }

  @Test
  void listingWithAttributesCostsOne() throws Exception {
    fs.makeDirectory("/d", 0755, Caller.ROOT);
    for (int i = 0; i < 1000; i++) {
      Files4Test.put(fs, "/d/f" + i, "content");
    }
    requests();
    int[] seen = new int[1];
    fs.readDirectory(
        "/d",
        entry -> {
          assertThat(entry.attributes().size()).isEqualTo(7);
          seen[0]++;
          return true;
        });
    assertThat(seen[0]).isEqualTo(1000);
    assertThat(requests()).isEqualTo(Map.of("listDirectory", 1L));
  }

  @Test
  void markedEntriesCostOneMoreAndOnlyOnce() throws Exception {
    fs.makeDirectory("/d", 0755, Caller.ROOT);
    for (int i = 0; i < 10; i++) {
      Files4Test.put(fs, "/d/f" + i, "content");
    }
    ShareFixture.Node other = fixture.node(ShareMountOptions.defaults());
    other.fileSystem().setAttributes("/d/f3", AttributeChange.ofPermissions(0600));
    requests();
    fs.readDirectory("/d", entry -> true);
    assertThat(requests()).isEqualTo(Map.of("listDirectory", 1L, "getFileProperties", 1L));
    fs.readDirectory("/d", entry -> true);
    assertThat(requests()).isEqualTo(Map.of("listDirectory", 1L));
    assertThat(fs.getAttributes("/d/f3").permissions()).isEqualTo(0600);
  }

  @Test
  void absentNamesAreAskedForOnce() throws Exception {
    assertThat(Files4Test.get(fs, "/first")).isNotEmpty();
    requests();
    for (int i = 0; i < 20; i++) {
      assertThat(exists("/no-such-file")).isFalse();
    }
    assertThat(node.counter().total()).isLessThanOrEqualTo(1);
    requests();
    fs.readDirectory("/", entry -> true);
    requests();
    for (int i = 0; i < 20; i++) {
      assertThat(exists("/other-" + i)).isFalse();
    }
    assertThat(requests()).isEmpty();
  }

  @Test
  void largeFileGoesInParallelRangesWithOneGrow() throws Exception {
    byte[] content = new byte[12 << 20];
    new java.util.Random(1).nextBytes(content);
    try (FileHandle handle = Files4Test.create(fs, "/large", OpenOptions.READ_WRITE)) {
      handle.fsync(false);
      requests();
      handle.write(java.nio.ByteBuffer.wrap(content), 0);
      handle.fsync(false);
    }
    Map<String, Long> counts = requests();
    assertThat(counts.get("putRange")).isEqualTo(3);
    assertThat(counts.get("setFileProperties")).isEqualTo(1);
  }

  private boolean exists(String path) throws Exception {
    try {
      fs.getAttributes(path);
      return true;
    } catch (io.batchmount.core.FsException e) {
      assertThat(e.errno()).isEqualTo(io.batchmount.core.Errno.ENOENT);
      return false;
    }
  }
}
