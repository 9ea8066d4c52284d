package io.batchmount.blob.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.batchmount.blob.store.BlobOperation;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.BlobType;
import io.batchmount.blob.store.FaultyBlobStore;
import io.batchmount.blob.store.InMemoryBlobStore;
import io.batchmount.blob.store.WriteCondition;
import io.batchmount.core.AttributeChange;
import io.batchmount.core.Errno;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FsException;
import io.batchmount.core.RenameMode;
import io.batchmount.core.journal.JournalEntry;
import io.batchmount.core.journal.MountJournal;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Recovery of states that only a kill between two instructions leaves. */
class BlobRecoveryTest {
  @TempDir Path root;
  private final InMemoryBlobStore memory = InMemoryBlobStore.create();

  /** Found by the kill harness: the file was cut to nothing. */
  @Test
  void anIntentWithoutAnyRecordChangesNothing() throws Exception {
    byte[] content = EngineFixture.bytes(1000, 1);
    BlobProperties stored = memory.putForeign("f", content);
    try (MountJournal journal = MountJournal.open(root, EngineFixture.IDENTITY)) {
      journal.begin("/f", EntryFacts.WRITE, facts(stored));
      assertThat(BlobRecovery.recover(journal, memory))
          .singleElement()
          .satisfies(o -> assertThat(o.result()).isEqualTo(BlobRecovery.Result.NOTHING_LEFT));
      assertThat(EngineFixture.stored(memory, "f")).isEqualTo(content);
      assertThat(journal.entries()).isEmpty();
    }
  }

  /** Found by the kill harness: the dead process's request was carried out during recovery. */
  @Test
  void aCommitOfTheDeadProcessThatArrivesLateIsNoConflict() throws Exception {
    byte[] content = EngineFixture.bytes(100, 1);
    FaultyBlobStore late = new FaultyBlobStore(memory);
    late.meanwhile(
        (operation, blob) -> operation == BlobOperation.PUT_BLOB,
        () ->
            memory.putForeign(
                "f", content, BlobType.BLOCK, Map.of("mtime", "2026-01-02T03:04:05Z")));
    try (MountJournal journal = MountJournal.open(root, EngineFixture.IDENTITY)) {
      JournalEntry entry = journal.begin("/f", EntryFacts.WRITE, Map.of(EntryFacts.BLOB, "f"));
      entry.write(ByteBuffer.wrap(content), 0);
      assertThat(BlobRecovery.recover(journal, late).get(0).result())
          .isEqualTo(BlobRecovery.Result.NOTHING_LEFT);
      assertThat(EngineFixture.stored(memory, "f")).isEqualTo(content);
    }
  }

  /**
   * Found by the kill harness: a file was deleted while a handle of it was still being closed, so
   * that its bytes were kept for that handle; the process died when the service had deleted it.
   */
  @Test
  void aFileThatTheDeadProcessDeletedOrReplacedIsNotMissed() throws Exception {
    byte[] content = EngineFixture.bytes(1000, 1);
    for (boolean replaced : new boolean[] {false, true}) {
      BlobProperties stored = memory.putForeign("f", content);
      Map<String, String> facts = new HashMap<>(facts(stored));
      facts.put(EntryFacts.REMOVING, "true");
      try (MountJournal journal = MountJournal.open(root, EngineFixture.IDENTITY)) {
        JournalEntry entry = journal.begin("/f", EntryFacts.WRITE, facts);
        entry.truncate(content.length);
        entry.write(ByteBuffer.wrap(content), 0);
        memory.delete("f", WriteCondition.ANY);
        if (replaced) {
          memory.putForeign("f", EngineFixture.bytes(10, 2));
        }
        assertThat(BlobRecovery.recover(journal, memory).get(0).result())
            .isEqualTo(BlobRecovery.Result.NOTHING_LEFT);
        assertThat(memory.names()).hasSize(replaced ? 1 : 0);
      }
    }
  }

  /** What that recovery goes by is noted before the request is sent, and taken back if it fails. */
  @Test
  void theJournalKnowsWhatIsBeingDeletedOrReplaced() throws Exception {
    for (BlobOperation operation : List.of(BlobOperation.DELETE, BlobOperation.COPY)) {
      try (EngineFixture fixture = new EngineFixture(root, memory, b -> b)) {
        fixture.put("/f", EngineFixture.bytes(1000, 1));
        fixture.put("/g", EngineFixture.bytes(10, 2));
        FileHandle open = fixture.openForWrite("/f");
        open.write(ByteBuffer.wrap(new byte[] {1}), 0);
        boolean[] known = new boolean[1];
        fixture.faults.fail(
            operation, 0, 1, FaultyBlobStore.Moment.BEFORE, Errno.EACCES, "AuthorizationFailure");
        fixture.faults.meanwhile(
            (op, blob) -> op == operation, () -> known[0] = isRemoving(fixture.journal));
        for (int i = 0; i < 2; i++) { // the first fails
          try {
            if (operation == BlobOperation.DELETE) {
              fixture.engine.unlink("/f");
            } else {
              fixture.engine.rename("/g", "/f", RenameMode.REPLACE);
            }
          } catch (FsException e) {
            assertThat(e.errno()).isEqualTo(Errno.EACCES);
            assertThat(isRemoving(fixture.journal)).isFalse();
          }
        }
        assertThat(known[0]).as("%s", operation).isTrue();
        open.close();
      }
    }
  }

  private static boolean isRemoving(MountJournal journal) {
    return journal.entries().stream()
        .filter(entry -> entry.operation().equals(EntryFacts.WRITE))
        .anyMatch(entry -> entry.facts().containsKey(EntryFacts.REMOVING));
  }

  /** A request of a dead process may be carried out when the name holds something new. */
  @Test
  void eachDeletionIsOfTheVersionThatWasSeen() throws Exception {
    try (EngineFixture fixture = new EngineFixture(root, memory, b -> b)) {
      fixture.put("/f", EngineFixture.bytes(10, 1));
      fixture.counts.reset();
      fixture.faults.meanwhile(
          (operation, blob) -> operation == BlobOperation.DELETE,
          () -> memory.putForeign("f", EngineFixture.bytes(20, 2)));
      fixture.engine.unlink("/f");
      assertThat(fixture.counts.count(BlobOperation.DELETE)).isEqualTo(2);
      assertThatThrownBy(() -> memory.getProperties("f")).hasMessageContaining("f");
    }
  }

  @Test
  void unsavedBytesAreSavedOntoTheSameVersionOnly() throws Exception {
    BlobProperties stored = memory.putForeign("f", new byte[5]);
    try (MountJournal journal = MountJournal.open(root, EngineFixture.IDENTITY)) {
      JournalEntry entry = journal.begin("/f", EntryFacts.WRITE, facts(stored));
      entry.truncate(5);
      entry.write(ByteBuffer.wrap(new byte[] {7}), 5);
      BlobProperties theirs = memory.putForeign("f", new byte[] {9});
      BlobRecovery.Outcome outcome = BlobRecovery.recover(journal, memory).get(0);
      assertThat(outcome.result()).isEqualTo(BlobRecovery.Result.CONFLICT);
      assertThat(outcome.bytes()).isEqualTo(1);
      assertThat(EngineFixture.stored(memory, "f")).containsExactly(9);
      assertThat(journal.entries()).hasSize(1);
      entry.updateFacts("/f", facts(theirs));
      assertThat(BlobRecovery.recover(journal, memory).get(0).result())
          .isEqualTo(BlobRecovery.Result.SAVED);
      assertThat(EngineFixture.stored(memory, "f")).containsExactly(9, 0, 0, 0, 0, 7);
    }
  }

  /** Found by the model-based test: what the replaced file had shone through the holes. */
  @Test
  void nothingOfAFileThatAnUnsavedOneReplacedComesBack() throws Exception {
    EngineFixture dying = new EngineFixture(root, memory, b -> b);
    dying.put("/old", EngineFixture.bytes(1000, 1));
    FileHandle handle = dying.create("/new");
    handle.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 0);
    handle.write(ByteBuffer.wrap(new byte[] {4}), 500);
    dying.engine.rename("/new", "/old", RenameMode.REPLACE);
    dying.close(); // as if it died: nothing is saved any more
    for (MountJournal journal : MountJournal.openAbandoned(root)) {
      assertThat(BlobRecovery.recover(journal, memory).get(0).result())
          .isEqualTo(BlobRecovery.Result.SAVED);
      journal.close();
    }
    byte[] expected = new byte[501];
    System.arraycopy(new byte[] {1, 2, 3}, 0, expected, 0, 3);
    expected[500] = 4;
    assertThat(EngineFixture.stored(memory, "old")).isEqualTo(expected);
    assertThat(memory.names()).containsExactly("old");
  }

  /** What make and rsync go by: the time of the last write, not that of the version before. */
  @Test
  void aRecoveredFileHasTheTimeOfItsLastWrite() throws Exception {
    Instant old = Instant.parse("2020-01-02T03:04:05Z");
    memory.putForeign("f", new byte[5], BlobType.BLOCK, Map.of("mtime", old.toString()));
    Instant before = Instant.now();
    EngineFixture dying = new EngineFixture(root, memory, b -> b);
    FileHandle handle = dying.openForWrite("/f");
    handle.write(ByteBuffer.wrap(new byte[] {1}), 0);
    dying.close(); // as if it died: nothing is saved any more
    assertThat(Instant.parse(recovered().get("mtime"))).isBetween(before, Instant.now());

    dying = new EngineFixture(root, memory, b -> b);
    handle = dying.openForWrite("/f");
    handle.write(ByteBuffer.wrap(new byte[] {2}), 0);
    Path data;
    try (Stream<Path> files = Files.walk(root)) {
      data = files.filter(file -> file.toString().endsWith(".data")).findFirst().orElseThrow();
    }
    // a later write, long after the facts were noted
    Instant late = Instant.now().plusSeconds(3600);
    Files.setLastModifiedTime(data, FileTime.from(late));
    dying.close();
    assertThat(Duration.between(Instant.parse(recovered().get("mtime")), late).abs())
        .isLessThan(Duration.ofSeconds(1));
  }

  /** cp -p and tar: a time that was set after the last write stays. */
  @Test
  void aRecoveredFileHasTheTimeThatWasSetAfterItsLastWrite() throws Exception {
    Instant set = Instant.parse("2020-01-02T03:04:05Z");
    EngineFixture dying = new EngineFixture(root, memory, b -> b);
    FileHandle handle = dying.create("/f");
    handle.write(ByteBuffer.wrap(new byte[] {1}), 0);
    dying.engine.setAttributes("/f", AttributeChange.ofTimes(Optional.of(set), Optional.empty()));
    dying.close();
    assertThat(recovered()).containsEntry("mtime", set.toString());
  }

  private Map<String, String> recovered() throws Exception {
    for (MountJournal left : MountJournal.openAbandoned(root)) {
      assertThat(BlobRecovery.recover(left, memory).get(0).result())
          .isEqualTo(BlobRecovery.Result.SAVED);
      left.close();
    }
    return memory.getProperties("f").metadata();
  }

  private static Map<String, String> facts(BlobProperties base) {
    return EntryFacts.ofWrite(
        "f", Optional.of(base), base.size(), base.metadata(), Optional.empty(), false);
  }

  private static Map<String, String> rename(BlobProperties source, String replaces) {
    return Map.of(
        EntryFacts.SOURCE,
        source.name(),
        EntryFacts.SOURCE_ETAG,
        source.etag(),
        EntryFacts.TARGET,
        "b",
        EntryFacts.REPLACES,
        replaces);
  }

  /** Both names would be left when the dead process's copy came after recovery had looked. */
  @Test
  void aCopyOfADeadRenameThatArrivesLateLeavesOneName() throws Exception {
    BlobProperties source = memory.putForeign("a", new byte[] {1, 2, 3});
    try (MountJournal journal = MountJournal.open(root, EngineFixture.IDENTITY)) {
      journal.begin("/a", EntryFacts.RENAME, rename(source, "nothing"));
      assertThat(BlobRecovery.recover(journal, memory).get(0).result())
          .isEqualTo(BlobRecovery.Result.SAVED);
    }
    assertThat(memory.names()).containsExactly("b");
    assertThatThrownBy(() -> memory.copy("a", Optional.of(source.etag()), "b", WriteCondition.ANY))
        .as("the late copy")
        .isInstanceOf(FsException.class);
    assertThat(EngineFixture.stored(memory, "b")).containsExactly(1, 2, 3);
  }

  @Test
  void aDeadRenameIsFinishedOverTheVersionThatItWasToReplaceOnly() throws Exception {
    BlobProperties source = memory.putForeign("a", new byte[] {1});
    BlobProperties target = memory.putForeign("b", new byte[] {2, 2});
    try (MountJournal journal = MountJournal.open(root, EngineFixture.IDENTITY)) {
      journal.begin("/a", EntryFacts.RENAME, rename(source, target.etag()));
      memory.putForeign("b", new byte[] {3, 3, 3});
      assertThat(BlobRecovery.recover(journal, memory).get(0).result())
          .isEqualTo(BlobRecovery.Result.NOTHING_LEFT);
      assertThat(memory.names()).containsExactly("a", "b");
      assertThat(EngineFixture.stored(memory, "b")).containsExactly(3, 3, 3);

      target = memory.putForeign("b", new byte[] {2, 2});
      journal.begin("/a", EntryFacts.RENAME, rename(source, target.etag()));
      BlobRecovery.recover(journal, memory);
      assertThat(memory.names()).containsExactly("b");
      assertThat(EngineFixture.stored(memory, "b")).containsExactly(1);
    }
  }

  @Test
  void halfAFileRenameIsFinished() throws Exception {
    BlobProperties source = memory.putForeign("a", new byte[3]);
    memory.copy("a", Optional.empty(), "b", WriteCondition.ANY);
    try (MountJournal journal = MountJournal.open(root, EngineFixture.IDENTITY)) {
      journal.begin(
          "/a",
          EntryFacts.RENAME,
          Map.of(
              EntryFacts.SOURCE,
              "a",
              EntryFacts.SOURCE_ETAG,
              source.etag(),
              EntryFacts.TARGET,
              "b"));
      BlobRecovery.recover(journal, memory);
      assertThat(memory.names()).isEqualTo(List.of("b"));
    }
  }
}
