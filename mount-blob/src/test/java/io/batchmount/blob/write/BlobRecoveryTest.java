package io.batchmount.blob.write;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.blob.store.BlobOperation;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.BlobType;
import io.batchmount.blob.store.FaultyBlobStore;
import io.batchmount.blob.store.InMemoryBlobStore;
import io.batchmount.blob.store.WriteCondition;
import io.batchmount.core.journal.JournalEntry;
import io.batchmount.core.journal.MountJournal;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  private static Map<String, String> facts(BlobProperties base) {
    return EntryFacts.ofWrite("f", Optional.of(base), base.metadata(), Optional.empty(), false);
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
