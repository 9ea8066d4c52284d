package io.batchmount.core.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MountJournalTest {
  private static final JournalIdentity ID =
      new JournalIdentity("blob", "http://127.0.0.1:1/acct", "acct", "box", "", "/mnt/box");

  @TempDir Path root;

  @Test
  void keepsBytesSizesAndFacts() throws Exception {
    try (MountJournal journal = MountJournal.open(root, ID)) {
      JournalEntry entry = journal.begin("/a/b", "write", Map.of("etag", "\"1\""));
      entry.write(bytes("hello"), 10);
      entry.write(bytes("XY"), 12);
      assertThat(entry.size()).isEqualTo(15);
      assertThat(entry.dirty().extents()).containsExactly(new Extent(10, 15));
      assertThat(text(entry, 8, 20)).isEqualTo("\0\0heXYo");
      entry.truncate(13);
      assertThat(entry.dirty().extents()).containsExactly(new Extent(10, 13));
      entry.truncate(16);
      assertThat(text(entry, 10, 20)).isEqualTo("heX\0\0\0");
      assertThat(entry.floor()).isEqualTo(13);
      entry.updateFacts("/c", Map.of("etag", "\"2\""));
      assertThat(entry.path()).isEqualTo("/c");
      entry.complete();
      assertThat(journal.entries()).isEmpty();
    }
    assertThat(journals()).isEmpty();
  }

  @Test
  void isPrivate() throws Exception {
    Path inner = root.resolve("new/root");
    try (MountJournal journal = MountJournal.open(inner, ID)) {
      JournalEntry entry = journal.begin("/a", "write", Map.of());
      entry.write(bytes("x"), 0);
      entry.fail("because");
      try (Stream<Path> files = Files.walk(inner)) {
        for (Path file : files.toList()) {
          assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
              .as("%s", file)
              .isEqualTo(Files.isDirectory(file) ? "rwx------" : "rw-------");
        }
      }
      entry.complete();
    }
  }

  @Test
  void aLockedJournalIsListedAndNeverTakenOver() throws Exception {
    try (MountJournal journal = MountJournal.open(root, ID)) {
      JournalEntry entry = journal.begin("/a", "write", Map.of());
      entry.write(bytes("abc"), 0);
      assertThat(MountJournal.openAbandoned(root)).isEmpty();
      List<JournalSummary> all = MountJournal.list(root);
      assertThat(all).hasSize(1);
      assertThat(all.get(0).locked()).isTrue();
      assertThat(all.get(0).entries().get(0).dirtyBytes()).isEqualTo(3);
      // listing opened and closed nothing that would have released the lock
      assertThat(MountJournal.openAbandoned(root)).isEmpty();
      entry.complete();
    }
  }

  @Test
  void dataOfAJournalThatCannotBeReadIsLeftAlone() throws Exception {
    MountJournal journal = MountJournal.open(root, ID);
    journal.begin("/f", "write", Map.of()).write(bytes("abc"), 0);
    Path directory = journal.directory();
    journal.close();
    Files.writeString(directory.resolve("identity.json"), "{damaged");
    assertThat(MountJournal.openAbandoned(root)).isEmpty();
    assertThat(directory.resolve("00000001.data")).hasContent("abc");
  }

  @Test
  void aClosedJournalWithEntriesIsTakenOver() throws Exception {
    MountJournal journal = MountJournal.open(root, ID);
    JournalEntry entry = journal.begin("/päth #1", "write", Map.of("mode", "0644"));
    entry.write(bytes("abc"), 5);
    entry.fail("no answer");
    journal.beginLazily("/nothing", "write", Map.of());
    journal.close();
    List<MountJournal> taken = MountJournal.openAbandoned(root);
    assertThat(taken).hasSize(1);
    try (MountJournal again = taken.get(0)) {
      assertThat(again.identity()).isEqualTo(ID);
      assertThat(again.entries()).hasSize(1);
      JournalEntry kept = again.entries().get(0);
      assertThat(kept.path()).isEqualTo("/päth #1");
      assertThat(kept.facts()).containsEntry("mode", "0644");
      assertThat(kept.state()).isEqualTo(JournalEntry.State.FAILED);
      assertThat(kept.failure()).contains("no answer");
      assertThat(text(kept, 5, 10)).isEqualTo("abc");
      JournalEntry second = again.begin("/b", "write", Map.of());
      assertThat(second.id()).isNotEqualTo(kept.id());
      second.complete();
      kept.complete();
    }
    assertThat(journals()).isEmpty();
  }

  @Test
  void aTornTailOfTheLogCostsOnlyTheLastRecord() throws Exception {
    MountJournal journal = MountJournal.open(root, ID);
    JournalEntry entry = journal.begin("/a", "write", Map.of());
    entry.write(bytes("abc"), 0);
    entry.write(bytes("def"), 10);
    journal.close();
    Path log = only(".log");
    byte[] all = Files.readAllBytes(log);
    for (int cut = 1; cut < ExtentLog.RECORD_BYTES; cut++) {
      Files.write(log, java.util.Arrays.copyOf(all, all.length - cut));
      MountJournal again = MountJournal.openAbandoned(root).get(0);
      JournalEntry kept = again.entries().get(0);
      assertThat(kept.dirty().extents()).containsExactly(new Extent(0, 3));
      kept.write(bytes("ghi"), 20); // goes on behind what was good
      again.close();
      MountJournal third = MountJournal.openAbandoned(root).get(0);
      assertThat(third.entries().get(0).dirty().extents())
          .containsExactly(new Extent(0, 3), new Extent(20, 23));
      third.close();
    }
    Files.write(log, new byte[] {1, 2, 3}, StandardOpenOption.TRUNCATE_EXISTING);
    MountJournal again = MountJournal.openAbandoned(root).get(0);
    assertThat(again.entries().get(0).dirty().isEmpty()).isTrue();
    again.entries().get(0).complete();
    again.close();
  }

  @Test
  void afterACrashOfTheMachineOnlyWhatWasForcedCounts() throws Exception {
    MountJournal journal = MountJournal.open(root, ID);
    JournalEntry entry = journal.begin("/a", "write", Map.of());
    entry.write(bytes("abc"), 0);
    entry.force();
    entry.write(bytes("def"), 10);
    journal.close();
    Path identity = journals().get(0).resolve("identity.json");
    Files.writeString(
        identity,
        Files.readString(identity).replaceAll("\"bootId\":\"[^\"]*\"", "\"bootId\":\"another\""));
    MountJournal again = MountJournal.openAbandoned(root).get(0);
    assertThat(again.entries().get(0).dirty().extents()).containsExactly(new Extent(0, 3));
    assertThat(again.entries().get(0).size()).isEqualTo(3);
    again.entries().get(0).complete();
    again.close();
  }

  @Test
  void theLastCompleteLineOfTheIntentCounts() throws Exception {
    MountJournal journal = MountJournal.open(root, ID);
    JournalEntry entry = journal.begin("/a", "write", Map.of("mode", "0600"));
    entry.write(bytes("abc"), 0);
    entry.updateFacts("/b", Map.of("mode", "0644", "text", "two\nlines"));
    Object file = fileKey(only("1.json"));
    entry.updateFacts("/c", Map.of("mode", "0666"));
    assertThat(fileKey(only("1.json"))).isEqualTo(file); // nothing was put in its place
    journal.close();
    byte[] all = Files.readAllBytes(only("1.json"));
    int torn = 0;
    for (int cut = 0; all[all.length - 1 - cut] != '\n'; cut++) {
      Files.write(only("1.json"), java.util.Arrays.copyOf(all, all.length - cut));
      try (MountJournal again = MountJournal.openAbandoned(root).get(0)) {
        JournalEntry kept = again.entries().get(0);
        assertThat(kept.path()).isEqualTo(cut == 0 ? "/c" : "/b");
        assertThat(kept.facts())
            .isEqualTo(
                cut == 0 ? Map.of("mode", "0666") : Map.of("mode", "0644", "text", "two\nlines"));
        kept.updateFacts("/d", Map.of()); // goes on behind what is torn
      }
      try (MountJournal third = MountJournal.openAbandoned(root).get(0)) {
        assertThat(third.entries().get(0).path()).isEqualTo("/d");
      }
      torn++;
    }
    assertThat(torn).isGreaterThan(50);
  }

  @Test
  void anIntentThatChangesOftenStaysSmall() throws Exception {
    MountJournal journal = MountJournal.open(root, ID);
    JournalEntry entry = journal.begin("/a", "write", Map.of());
    for (int i = 0; i < 2000; i++) {
      entry.updateFacts("/a", Map.of("number", Integer.toString(i)));
    }
    assertThat(Files.size(only("1.json"))).isLessThan(70_000);
    journal.close();
    try (MountJournal again = MountJournal.openAbandoned(root).get(0)) {
      assertThat(again.entries().get(0).facts()).containsEntry("number", "1999");
      again.entries().get(0).complete();
    }
  }

  @Test
  void filesOfAnEntryThatIsDoneServeTheNextOne() throws Exception {
    try (MountJournal journal = MountJournal.open(root, ID)) {
      JournalEntry first = journal.begin("/a", "write", Map.of());
      first.write(bytes("secret of a"), 0);
      first.truncate(5);
      Object data = fileKey(only(".data"));
      Object log = fileKey(only(".log"));
      first.complete();
      assertThat(Files.size(only(".data"))).isZero();
      JournalEntry second = journal.begin("/b", "write", Map.of());
      second.write(bytes("x"), 8);
      assertThat(fileKey(only(".data"))).isEqualTo(data);
      assertThat(fileKey(only(".log"))).isEqualTo(log);
      assertThat(second.dirty().extents()).containsExactly(new Extent(8, 9));
      assertThat(second.floor()).isEqualTo(Long.MAX_VALUE);
      assertThat(text(second, 0, 9)).isEqualTo("\0\0\0\0\0\0\0\0x");
      // the first one has no part in what is the second's now
      assertThat(text(first, 0, 5)).isEqualTo("\0\0\0\0\0");
      assertThatThrownBy(() -> first.write(bytes("late"), 0)).isInstanceOf(FsException.class);
      assertThat(Files.size(only(".data"))).isEqualTo(9);
      second.fail("kept");
    }
    // only what is in the second entry's files is found
    try (MountJournal again = MountJournal.openAbandoned(root).get(0)) {
      JournalEntry kept = again.entries().get(0);
      assertThat(kept.path()).isEqualTo("/b");
      assertThat(kept.dirty().extents()).containsExactly(new Extent(8, 9));
      assertThat(kept.size()).isEqualTo(9);
      kept.complete();
    }
    assertThat(journals()).isEmpty();
  }

  @Test
  void theTimeOfATruncationIsFoundWhereTheDataFileIsAnEarlierEntrys() throws Exception {
    MountJournal journal = MountJournal.open(root, ID);
    JournalEntry first = journal.begin("/a", "write", Map.of());
    first.write(bytes("abc"), 0);
    first.complete();
    JournalEntry second = journal.begin("/b", "write", Map.of());
    second.truncate(5);
    journal.close();
    Instant truncated = Files.getLastModifiedTime(only(".log")).toInstant();
    Files.setLastModifiedTime(only(".data"), FileTime.from(truncated.minusSeconds(20)));
    Files.setLastModifiedTime(only("1.json"), FileTime.from(truncated.minusSeconds(10)));
    try (MountJournal again = MountJournal.openAbandoned(root).get(0)) {
      assertThat(again.entries().get(0).changedSinceFacts()).contains(truncated);
      again.entries().get(0).complete();
    }
  }

  /** After a crash of the machine a truncation may be undone: then no old record may count. */
  @Test
  void aLogThatWasForcedServesNoOther() throws Exception {
    try (MountJournal journal = MountJournal.open(root, ID)) {
      JournalEntry first = journal.begin("/a", "write", Map.of());
      first.write(bytes("abc"), 0);
      first.force();
      first.complete();
      assertThat(files()).noneMatch(file -> file.endsWith(".log") || file.endsWith(".data"));
    }
  }

  @Test
  void filesThatSomebodyDeletedServeNoEntry() throws Exception {
    MountJournal journal = MountJournal.open(root, ID);
    JournalEntry first = journal.begin("/a", "write", Map.of());
    first.write(bytes("abc"), 0);
    first.complete();
    Files.delete(only(".log"));
    JournalEntry second = journal.begin("/b", "write", Map.of());
    second.write(bytes("def"), 0);
    journal.close();
    try (MountJournal again = MountJournal.openAbandoned(root).get(0)) {
      assertThat(text(again.entries().get(0), 0, 3)).isEqualTo("def");
      again.entries().get(0).complete();
    }
  }

  @Test
  void dataWithoutAnIntentIsRemovedBeforeAnotherEntryGetsItsId() throws Exception {
    MountJournal journal = MountJournal.open(root, ID);
    JournalEntry kept = journal.begin("/kept", "write", Map.of());
    kept.write(bytes("abc"), 0);
    JournalEntry killed = journal.begin("/killed", "write", Map.of());
    killed.write(bytes("old bytes"), 0);
    Path directory = journal.directory();
    journal.close();
    Files.delete(directory.resolve(killed.id() + ".json")); // killed within complete()
    try (MountJournal again = MountJournal.openAbandoned(root).get(0)) {
      JournalEntry next = again.begin("/next", "write", Map.of());
      assertThat(next.id()).isEqualTo(killed.id());
      next.write(bytes("x"), 20);
      assertThat(text(next, 0, 3)).isEqualTo("\0\0\0");
      next.complete();
      again.entries().get(0).complete();
    }
  }

  @Test
  void savedRangesGiveTheirRoomBack() throws Exception {
    try (MountJournal journal = MountJournal.open(root, ID)) {
      JournalEntry entry = journal.begin("/a", "write", Map.of());
      entry.write(ByteBuffer.allocate(1 << 20), 0);
      entry.markClean(0, 1 << 19);
      assertThat(entry.dirty().extents()).containsExactly(new Extent(1 << 19, 1 << 20));
      entry.markClean(1 << 19, 1 << 20);
      assertThat(Files.size(only(".data"))).isZero();
      assertThat(entry.size()).isEqualTo(1 << 20);
      entry.complete();
    }
  }

  @Test
  void aLongLogIsRewritten() throws Exception {
    MountJournal journal = MountJournal.open(root, ID);
    JournalEntry entry = journal.begin("/a", "write", Map.of());
    for (int i = 0; i < 70_000; i++) {
      entry.write(ByteBuffer.wrap(new byte[] {(byte) i}), i);
    }
    assertThat(Files.size(only(".log"))).isLessThan(200_000);
    journal.close();
    MountJournal again = MountJournal.openAbandoned(root).get(0);
    assertThat(again.entries().get(0).dirty().extents()).containsExactly(new Extent(0, 70_000));
    again.entries().get(0).complete();
    again.close();
  }

  @Test
  void aFullDiskIsToldAsSuch() throws Exception {
    Path small = root.resolve("small");
    Files.createDirectory(small);
    Process mount =
        new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", small.toString())
            .redirectErrorStream(true)
            .start();
    Assumptions.assumeTrue(
        mount.waitFor(10, TimeUnit.SECONDS) && mount.exitValue() == 0,
        "mounting a small tmpfs needs root");
    try {
      try (MountJournal journal = MountJournal.open(small.resolve("j"), ID)) {
        JournalEntry entry = journal.begin("/a", "write", Map.of());
        entry.write(ByteBuffer.allocate(100_000), 0);
        assertThatThrownBy(() -> entry.write(ByteBuffer.allocate(300_000), 100_000))
            .isInstanceOfSatisfying(
                FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOSPC))
            .hasMessageContaining(small.toRealPath().toString());
        assertThat(entry.dirty().extents()).containsExactly(new Extent(0, 100_000));
        entry.complete();
      }
    } finally {
      new ProcessBuilder("umount", small.toString()).start().waitFor(10, TimeUnit.SECONDS);
    }
  }

  /** Kills a writing process at random moments: what it told as kept must be there. */
  @Test
  void aKilledProcessLosesNothingThatWasTold() throws Exception {
    Random random = new Random(7);
    for (int round = 0; round < 5; round++) {
      Process child =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xshare:auto",
                  "-cp",
                  System.getProperty("java.class.path"),
                  KilledWriter.class.getName(),
                  root.toString())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      int told = -1;
      int stopAfter = 1 + random.nextInt(400);
      try (var out = child.inputReader(StandardCharsets.US_ASCII)) {
        String line;
        while ((line = out.readLine()) != null) {
          told = Integer.parseInt(line);
          if (told >= stopAfter) {
            child.toHandle().destroyForcibly(); // the stream stays open for what was told
          }
        }
      } finally {
        child.destroyForcibly().waitFor();
      }
      assertThat(told).isGreaterThanOrEqualTo(0);
      MountJournal journal = MountJournal.openAbandoned(root).get(0);
      JournalEntry entry = journal.entries().get(0);
      for (int i = 0; i <= told; i++) {
        long at = KilledWriter.offset(i);
        assertThat(entry.dirty().contains(at, at + KilledWriter.LENGTH)).isTrue();
        ByteBuffer got = ByteBuffer.allocate(KilledWriter.LENGTH);
        entry.read(got, at);
        assertThat(got.array()).isEqualTo(KilledWriter.content(i));
      }
      entry.complete();
      journal.close();
      assertThat(journals()).isEmpty();
    }
  }

  private List<Path> journals() throws IOException {
    try (Stream<Path> children = Files.list(root)) {
      return new ArrayList<>(children.filter(Files::isDirectory).toList());
    }
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      return files.map(Path::toString).toList();
    }
  }

  private static Object fileKey(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
  }

  private Path only(String suffix) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .filter(file -> file.toString().endsWith(suffix))
          .sorted(Comparator.naturalOrder())
          .findFirst()
          .orElseThrow();
    }
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String text(JournalEntry entry, long offset, int room) throws FsException {
    ByteBuffer target = ByteBuffer.allocate(room);
    int got = entry.read(target, offset);
    return new String(target.array(), 0, got, StandardCharsets.US_ASCII);
  }
}
