package io.batchmount.files;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.core.FileHandle;
import io.batchmount.core.OpenOptions;
import io.batchmount.core.journal.MountJournal;
import io.batchmount.files.store.FaultyShareStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bytes that a mount left in its journal are put where they belong, or beside. */
class RecoveryTest {
  @TempDir Path directory;
  private ShareFixture fixture;
  private ShareFixture.Node dead;

  @BeforeEach
  void mount() throws Exception {
    fixture = ShareFixture.inMemory(directory);
    dead = fixture.node(ShareMountOptions.defaults().withFlushInterval(Duration.ofHours(1)));
  }

  @AfterEach
  void close() throws Exception {
    fixture.close();
  }

  /** The service is gone for this mount for good; its journal is taken over. */
  private List<ShareRecovery.Outcome> recoverAfterDeath() throws Exception {
    dead.faults().down(true);
    dead.journal().close();
    List<MountJournal> abandoned = MountJournal.openAbandoned(fixture.journalRoot);
    assertThat(abandoned).hasSize(1);
    try (MountJournal journal = abandoned.get(0)) {
      List<ShareRecovery.Outcome> outcomes = ShareRecovery.recover(journal, fixture.service);
      assertThat(journal.entries()).isEmpty();
      return outcomes;
    }
  }

  private String content(String path) throws Exception {
    return Files4Test.get(fixture.mount(), path);
  }

  @Test
  void newFileIsMade() throws Exception {
    FileHandle handle =
        dead.fileSystem().create("/new", 0600, io.batchmount.core.Caller.ROOT, OpenOptions.WRITE);
    handle.write(Files4Test.bytes("content"), 0);
    assertThat(recoverAfterDeath())
        .singleElement()
        .satisfies(o -> assertThat(o.result()).isEqualTo(ShareRecovery.Result.SAVED));
    assertThat(content("/new")).isEqualTo("content");
    assertThat(fixture.mount().getAttributes("/new").permissions()).isEqualTo(0600);
  }

  @Test
  void appendedLinesAreAppended() throws Exception {
    Files4Test.put(dead.fileSystem(), "/log", "one\n");
    FileHandle handle = dead.fileSystem().open("/log", OpenOptions.APPEND);
    handle.write(Files4Test.bytes("two\n"), 0);
    assertThat(recoverAfterDeath().get(0).result()).isEqualTo(ShareRecovery.Result.SAVED);
    assertThat(content("/log")).isEqualTo("one\ntwo\n");
  }

  @Test
  void flushThatDiedBetweenGrowAndPutIsFinished() throws Exception {
    Files4Test.put(dead.fileSystem(), "/log", "one\n");
    dead.faults()
        .fail(
            "putRange",
            1000,
            FaultyShareStore.Moment.BEFORE,
            () -> FaultyShareStore.noAnswer("put"));
    FileHandle handle = dead.fileSystem().open("/log", OpenOptions.APPEND);
    handle.write(Files4Test.bytes("two\n"), 0);
    assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> handle.fsync(false)))
        .isNotNull();
    assertThat(content("/log")).isEqualTo("one\n"); // never zeros, also after the death
    assertThat(recoverAfterDeath().get(0).result()).isEqualTo(ShareRecovery.Result.SAVED);
    assertThat(content("/log")).isEqualTo("one\ntwo\n");
    Files4Test.append(fixture.mount(), "/log", "three\n"); // no lease is left behind
    assertThat(content("/log")).isEqualTo("one\ntwo\nthree\n");
  }

  @Test
  void flushWhoseLastAnswerWasLostIsNotRepeatedBeside() throws Exception {
    Files4Test.put(dead.fileSystem(), "/log", "one\n");
    dead.faults()
        .fail(
            "putRange",
            1000,
            FaultyShareStore.Moment.AFTER,
            () -> FaultyShareStore.noAnswer("put"));
    FileHandle handle = dead.fileSystem().open("/log", OpenOptions.APPEND);
    handle.write(Files4Test.bytes("two\n"), 0);
    assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> handle.fsync(false)))
        .isNotNull();
    assertThat(recoverAfterDeath().get(0).result()).isEqualTo(ShareRecovery.Result.NOTHING_LEFT);
    assertThat(content("/log")).isEqualTo("one\ntwo\n");
  }

  @Test
  void changedFileIsLeftAloneAndTheBytesLieBeside() throws Exception {
    Files4Test.put(dead.fileSystem(), "/log", "one\n");
    FileHandle handle = dead.fileSystem().open("/log", OpenOptions.APPEND);
    handle.write(Files4Test.bytes("two\n"), 0);
    Files4Test.append(fixture.mount(), "/log", "other\n");
    ShareRecovery.Outcome outcome = recoverAfterDeath().get(0);
    assertThat(outcome.result()).isEqualTo(ShareRecovery.Result.SAVED_BESIDE);
    assertThat(content("/log")).isEqualTo("one\nother\n");
    assertThat(outcome.savedAs().orElseThrow()).startsWith("/log.recovered-at-4-");
    assertThat(content(outcome.savedAs().orElseThrow())).isEqualTo("two\n");
  }

  @Test
  void deletedFileIsNotBroughtBackUnderItsName() throws Exception {
    Files4Test.put(dead.fileSystem(), "/f", "one\n");
    FileHandle handle = dead.fileSystem().open("/f", OpenOptions.READ_WRITE);
    handle.write(Files4Test.bytes("ONE\n"), 0);
    fixture.mount().unlink("/f");
    ShareRecovery.Outcome outcome = recoverAfterDeath().get(0);
    assertThat(outcome.result()).isEqualTo(ShareRecovery.Result.SAVED_BESIDE);
    assertThat(content(outcome.savedAs().orElseThrow())).isEqualTo("ONE\n");
  }

  @Test
  void renamedFileIsRecoveredUnderItsNewName() throws Exception {
    Files4Test.put(dead.fileSystem(), "/f", "one\n");
    FileHandle handle = dead.fileSystem().open("/f", OpenOptions.APPEND);
    handle.write(Files4Test.bytes("two\n"), 0);
    dead.fileSystem().rename("/f", "/g", io.batchmount.core.RenameMode.REPLACE);
    assertThat(recoverAfterDeath().get(0).result()).isEqualTo(ShareRecovery.Result.SAVED);
    assertThat(content("/g")).isEqualTo("one\ntwo\n");
  }

  @Test
  void scratchFileWithoutANameIsNotBroughtBack() throws Exception {
    FileHandle handle =
        Files4Test.create(dead.fileSystem(), "/scratch", OpenOptions.READ_WRITE.withExclusive());
    handle.write(Files4Test.bytes("before"), 0);
    dead.fileSystem().unlink("/scratch");
    handle.write(Files4Test.bytes("after"), 6);
    assertThat(recoverAfterDeath())
        .allSatisfy(o -> assertThat(o.result()).isEqualTo(ShareRecovery.Result.NOTHING_LEFT));
    assertThat(new ShareFiles(fixture.service).list("")).isEmpty();
  }

  @Test
  void serviceThatIsAwayLeavesTheJournalAlone() throws Exception {
    FileHandle handle = Files4Test.create(dead.fileSystem(), "/new", OpenOptions.WRITE);
    handle.write(Files4Test.bytes("content"), 0);
    dead.faults().down(true);
    dead.journal().close();
    try (MountJournal journal = MountJournal.openAbandoned(fixture.journalRoot).get(0)) {
      assertThat(ShareRecovery.recover(journal, dead.faults().store()).get(0).result())
          .isEqualTo(ShareRecovery.Result.FAILED);
      assertThat(journal.entries()).hasSize(1);
    }
  }
}
