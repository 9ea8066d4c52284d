package io.batchmount.launcher.outputs;

import static io.batchmount.launcher.outputs.BlobService.names;
import static io.batchmount.launcher.outputs.BlobService.text;
import static io.batchmount.launcher.outputs.BlobService.url;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.azure.core.util.BinaryData;
import com.azure.storage.blob.BlobContainerClient;
import io.batchmount.core.testkit.Azurite;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad luck during the phase: networks that are cut, files that change, uploads taken up again. */
class OutputFilesFaultTest {
  private static final int MIB = 1 << 20;
  private static final UploadOptions ONE_AFTER_THE_OTHER =
      OutputFilesUploadTest.QUICK.withParallelism(1, 1);

  @TempDir Path task;
  private Path wd;
  private BlobContainerClient container;
  private FaultyProxy network;

  @BeforeEach
  void prepare() throws IOException {
    wd = Files.createDirectories(task.resolve("wd"));
    container = BlobService.newContainer();
    network = new FaultyProxy(Azurite.shared().endpoint());
  }

  @AfterEach
  void close() throws IOException {
    network.close();
  }

  private void fiveFiles() throws IOException {
    for (int i = 1; i <= 5; i++) {
      byte[] content = new byte[MIB];
      new Random(i).nextBytes(content);
      Files.write(wd.resolve("f" + i), content);
    }
  }

  private OutputFile entry(String pattern, UploadCondition condition) {
    return new OutputFile(
        pattern,
        OutputDestination.Container.of(network.through(url(container, "w")), "t"),
        condition);
  }

  private OutputFilesPhase open(UploadOptions options, UploadListener listener, String pattern) {
    return OutputFilesPhase.open(
        List.of(entry(pattern, UploadCondition.TASK_COMPLETION)),
        new JobContext(task, wd, Map.of(), Set.of()),
        options,
        DestinationAccess.sasOnly(),
        listener);
  }

  private PhaseResult upload(UploadOptions options) {
    try (OutputFilesPhase phase = open(options, UploadListener.NONE, "f*")) {
      return phase.commandEnded(0);
    }
  }

  @Test
  void networkCutInTheMiddleOfTheThirdOfFiveFiles() throws IOException {
    fiveFiles();
    network.cutAfter(2 * MIB + MIB / 2, false);

    PhaseResult result = upload(ONE_AFTER_THE_OTHER);

    assertThat(result.errors()).isEmpty();
    assertThat(names(container)).containsExactly("t/f1", "t/f2", "t/f3", "t/f4", "t/f5");
    for (int i = 1; i <= 5; i++) {
      assertThat(container.getBlobClient("t/f" + i).downloadContent().toBytes())
          .isEqualTo(Files.readAllBytes(wd.resolve("f" + i)));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3 * MIB})
  @Timeout(60)
  void serverThatNeverAnswersCostsTheTriesAndNoMore(int bytes) throws IOException {
    Files.write(wd.resolve("f"), new byte[bytes]);
    network.holdAnswers();
    UploadOptions.Retry twice =
        new UploadOptions.Retry(
            2, Duration.ofMillis(10), Duration.ofMillis(10), Duration.ofSeconds(1));

    PhaseResult result = upload(UploadOptions.defaults().withRetry(twice));

    assertThat(result.errors())
        .singleElement()
        .satisfies(
            error -> {
              assertThat(error.code()).isEqualTo(UploadCode.TIMED_OUT);
              assertThat(error.file()).contains(wd.resolve("f"));
            });
    assertThat(network.requestBytes()).isGreaterThan(2L * bytes);
  }

  @Test
  void networkStaysDownAndTheUploadIsTakenUpLater() throws IOException {
    fiveFiles();
    Path journal = task.resolve("state/journal.jsonl");
    network.cutAfter(2 * MIB + MIB / 2, true);

    PhaseResult broken = upload(ONE_AFTER_THE_OTHER.withJournal(journal, false));

    assertThat(names(container)).containsExactly("t/f1", "t/f2");
    assertThat(broken.errors()).hasSize(3).allMatch(error -> error.code() == UploadCode.MISC_ERROR);
    assertThat(broken.uploaded()).hasSize(2);
    assertThat(Files.readString(journal)).doesNotContain("sig=");

    network.heal();
    PhaseResult resumed = upload(ONE_AFTER_THE_OTHER.withJournal(journal, true));

    assertThat(resumed.errors()).isEmpty();
    assertThat(resumed.uploaded())
        .extracting(UploadedFile::skipped)
        .containsExactly(true, true, false, false, false);
    assertThat(names(container)).hasSize(5);
    assertThat(journal).doesNotExist();
  }

  @Test
  void changedFilesAreSentAgainWhenTakenUp() throws IOException {
    fiveFiles();
    Path journal = task.resolve("state/journal.jsonl");
    network.cutAfter(2 * MIB + MIB / 2, true);
    upload(ONE_AFTER_THE_OTHER.withJournal(journal, false));
    network.heal();
    Files.writeString(wd.resolve("f1"), "changed");

    upload(ONE_AFTER_THE_OTHER.withJournal(journal, true));

    assertThat(text(container, "t/f1")).isEqualTo("changed");
  }

  @Test
  void stagedBlocksAreNotSentAgain() throws IOException {
    Path journal = task.resolve("state/journal.jsonl");
    Files.write(wd.resolve("f"), bytes(4 * MIB));
    UploadOptions blocks = ONE_AFTER_THE_OTHER.withMemory(MIB / 4, MIB);
    network.cutAfter(3 * MIB, true);
    assertThat(upload(blocks.withJournal(journal, false)).isSaved()).isFalse();
    network.heal();
    long before = network.requestBytes();

    PhaseResult resumed = upload(blocks.withJournal(journal, true).withContent(true, false));

    assertThat(resumed.errors()).isEmpty();
    assertThat(network.requestBytes() - before).isLessThan(2 * MIB);
    assertThat(container.getBlobClient("t/f").downloadContent().toBytes())
        .isEqualTo(bytes(4 * MIB));
  }

  @Test
  void lostBlocksAreSentAnew() throws IOException {
    Path journal = task.resolve("state/journal.jsonl");
    Files.write(wd.resolve("f"), bytes(2 * MIB));
    UploadOptions blocks = ONE_AFTER_THE_OTHER.withMemory(MIB / 4, MIB);
    network.cutAfter(MIB, true);
    upload(blocks.withJournal(journal, false));
    network.heal();
    container.getBlobClient("t/f").upload(BinaryData.fromString("somebody else"), true);

    PhaseResult resumed = upload(blocks.withJournal(journal, true));

    assertThat(resumed.errors()).isEmpty();
    assertThat(container.getBlobClient("t/f").downloadContent().toBytes())
        .isEqualTo(bytes(2 * MIB));
  }

  @Test
  void aJournalServesOneUploadAtATime() {
    Path journal = task.resolve("state/journal.jsonl");
    try (OutputFilesPhase first =
        open(ONE_AFTER_THE_OTHER.withJournal(journal, false), UploadListener.NONE, "f*")) {
      assertThat(first).isNotNull();
      assertThatThrownBy(
              () -> open(ONE_AFTER_THE_OTHER.withJournal(journal, true), UploadListener.NONE, "f*"))
          .isInstanceOf(OutputFileException.class)
          .hasMessageContaining("in use");
    }
  }

  /** D7: the length at opening counts. */
  @Test
  void growingFile() throws IOException {
    Path file = wd.resolve("f");
    Files.write(file, bytes(2 * MIB));
    UploadListener growing =
        onFirstSent(() -> Files.write(file, bytes(MIB), StandardOpenOption.APPEND));

    try (OutputFilesPhase phase =
        open(ONE_AFTER_THE_OTHER.withMemory(MIB / 4, MIB / 2), growing, "f")) {
      assertThat(phase.commandEnded(0).errors()).isEmpty();
    }

    assertThat(Files.size(file)).isEqualTo(3 * MIB);
    assertThat(container.getBlobClient("t").downloadContent().toBytes()).isEqualTo(bytes(2 * MIB));
  }

  @Test
  void shrinkingFile() throws IOException {
    Path file = wd.resolve("f");
    Files.write(file, bytes(4 * MIB));
    UploadListener shrinking =
        onFirstSent(
            () -> {
              try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(MIB / 4);
              }
            });

    try (OutputFilesPhase phase =
        open(ONE_AFTER_THE_OTHER.withMemory(MIB / 4, MIB / 2), shrinking, "f")) {
      PhaseResult result = phase.commandEnded(0);

      assertThat(result.failure().orElseThrow().toString())
          .startsWith("servererror FileUploadMiscError")
          .contains("shorter");
    }
    assertThat(names(container)).isEmpty();
  }

  @Test
  void vanishingFile() throws IOException {
    Path file = wd.resolve("f");
    Files.write(file, bytes(4 * MIB));
    Files.writeString(wd.resolve("f2"), "stays");

    try (OutputFilesPhase phase =
        open(
            ONE_AFTER_THE_OTHER.withMemory(MIB / 4, MIB / 2),
            onFirstSent(() -> Files.delete(file)),
            "f*")) {
      PhaseResult result = phase.commandEnded(0);

      assertThat(result.errors()).hasSize(1);
      assertThat(result.failure().orElseThrow().toString())
          .startsWith("servererror FileUploadMiscError")
          .contains("no such file");
    }
    assertThat(names(container)).containsExactly("t/f2");
  }

  /** Another file renamed into its place: one version or the other, never a mixture. */
  @Test
  void replacedFile() throws IOException {
    Path file = wd.resolve("f");
    Files.write(file, bytes(2 * MIB));
    Path next = Files.write(task.resolve("next"), new byte[3 * MIB]);
    UploadListener replacing =
        onFirstSent(
            () -> Files.move(next, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING));

    try (OutputFilesPhase phase =
        open(ONE_AFTER_THE_OTHER.withMemory(MIB / 4, MIB / 2), replacing, "f")) {
      assertThat(phase.commandEnded(0).errors()).isEmpty();
    }

    byte[] stored = container.getBlobClient("t").downloadContent().toBytes();
    assertThat(Arrays.equals(stored, new byte[3 * MIB])).isTrue();
  }

  @Test
  void cancelEndsTheRestAsTimedOut() throws IOException {
    fiveFiles();
    UploadListener[] listener = new UploadListener[1];
    OutputFilesPhase[] opened = new OutputFilesPhase[1];
    listener[0] = onFirstSent(() -> opened[0].cancel());
    try (OutputFilesPhase phase =
        open(ONE_AFTER_THE_OTHER.withBytesPerSecond(MIB), listener[0], "f*")) {
      opened[0] = phase;
      PhaseResult result = phase.commandEnded(0);

      assertThat(result.errors()).hasSizeGreaterThanOrEqualTo(3);
      assertThat(result.errors()).allMatch(error -> error.code() == UploadCode.TIMED_OUT);
    }
  }

  /** Entries that say so, and with an interval those that are uploaded in the end anyway. */
  @ParameterizedTest
  @EnumSource(
      value = UploadCondition.class,
      names = {"WHILE_RUNNING", "TASK_COMPLETION"})
  void uploadsWhileTheCommandRuns(UploadCondition condition) throws IOException {
    Path file = wd.resolve("checkpoint");
    Files.writeString(file, "first");
    try (OutputFilesPhase phase =
        whileRunning(
            OutputFilesUploadTest.QUICK.withUploadEvery(Duration.ofMillis(100)), condition)) {
      phase.commandStarted();
      await().atMost(Duration.ofSeconds(60)).until(() -> names(container).contains("t/checkpoint"));
      Files.writeString(file, "second, longer");
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> text(container, "t/checkpoint").equals("second, longer"));
      assertThat(task.resolve("fileuploadout.txt")).doesNotExist();

      PhaseResult result = phase.commandEnded(1);

      assertThat(result.errors()).isEmpty();
      assertThat(result.uploaded()).extracting(UploadedFile::skipped).containsExactly(true);
    }
  }

  @Test
  void terminationUploadsAtOnce() throws IOException {
    Files.writeString(wd.resolve("checkpoint"), "last words");
    try (OutputFilesPhase phase =
        whileRunning(OutputFilesUploadTest.QUICK.withUploadEvery(Duration.ofHours(1)))) {
      phase.commandStarted();
      assertThat(names(container)).isEmpty();

      phase.terminationRequested();

      await().atMost(Duration.ofSeconds(60)).until(() -> names(container).contains("t/checkpoint"));
    }
  }

  @Test
  void whileRunningSurvivesAnOutage() throws IOException {
    Files.writeString(wd.resolve("checkpoint"), "x");
    network.cutAfter(1, true);
    try (OutputFilesPhase phase =
        whileRunning(OutputFilesUploadTest.QUICK.withUploadEvery(Duration.ofMillis(50)))) {
      phase.commandStarted();
      await().atMost(Duration.ofSeconds(60)).until(() -> network.requestBytes() > 0);
      network.heal();
      await().atMost(Duration.ofSeconds(60)).until(() -> names(container).contains("t/checkpoint"));
    }
  }

  /** A node that is lost in the middle of an upload leaves the version before. */
  @Test
  void aBrokenUploadLeavesTheVersionBefore() throws IOException {
    Path file = wd.resolve("checkpoint");
    Files.writeString(file, "first");
    UploadOptions blocks =
        ONE_AFTER_THE_OTHER
            .withMemory(MIB / 4, MIB)
            .withUploadEvery(Duration.ofMillis(50))
            .withRetry(
                new UploadOptions.Retry(1, Duration.ZERO, Duration.ZERO, Duration.ofMinutes(1)));
    try (OutputFilesPhase phase = whileRunning(blocks)) {
      phase.commandStarted();
      await().atMost(Duration.ofSeconds(60)).until(() -> names(container).contains("t/checkpoint"));
      network.cutAfter(MIB, true);
      Path next = Files.write(task.resolve("next"), bytes(4 * MIB));
      long before = network.requestBytes();
      Files.move(next, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      await().atMost(Duration.ofSeconds(60)).until(() -> network.requestBytes() - before >= MIB);

      assertThat(text(container, "t/checkpoint")).isEqualTo("first");

      network.heal();
      await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () ->
                  container.getBlobClient("t/checkpoint").getProperties().getBlobSize() == 4 * MIB);
    }
    assertThat(container.getBlobClient("t/checkpoint").downloadContent().toBytes())
        .isEqualTo(bytes(4 * MIB));
  }

  private OutputFilesPhase whileRunning(UploadOptions options) {
    return whileRunning(options, UploadCondition.WHILE_RUNNING);
  }

  private OutputFilesPhase whileRunning(UploadOptions options, UploadCondition condition) {
    return OutputFilesPhase.open(
        List.of(entry("check*", condition)),
        new JobContext(task, wd, Map.of(), Set.of()),
        options,
        DestinationAccess.sasOnly(),
        UploadListener.NONE);
  }

  @Test
  void twentyThousandFilesAreMatched() throws IOException {
    manyFiles(20_000);
    try (OutputFilesPhase phase = open(ONE_AFTER_THE_OTHER, UploadListener.NONE, "**/f*")) {
      assertThat(phase.plan(0, error -> {}))
          .hasSize(20_000)
          .extracting(OutputFilesPhase.Planned::name)
          .doesNotHaveDuplicates();
    }
  }

  @Test
  @Tag("long")
  @Timeout(value = 20, unit = TimeUnit.MINUTES) // the emulator takes some tens of files a second
  void twentyThousandFilesAreStored() throws IOException {
    manyFiles(20_000);
    try (OutputFilesPhase phase = open(OutputFilesUploadTest.QUICK, UploadListener.NONE, "**/f*")) {
      PhaseResult result = phase.commandEnded(0);

      assertThat(result.errors()).isEmpty();
      assertThat(result.uploaded().size()).isEqualTo(20_000);
      assertThat(names(container).size()).isEqualTo(20_000);
    }
  }

  private void manyFiles(int count) throws IOException {
    for (int i = 0; i < count; i++) {
      Path directory = wd.resolve("d" + i % 100);
      if (i < 100) {
        Files.createDirectory(directory);
      }
      Files.createFile(directory.resolve("f" + i));
    }
  }

  private interface Action {
    void run() throws IOException;
  }

  private static UploadListener onFirstSent(Action action) {
    AtomicBoolean done = new AtomicBoolean();
    return new UploadListener() {
      @Override
      public void sent(long bytes) {
        if (done.compareAndSet(false, true)) {
          try {
            action.run();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      }
    };
  }

  private static byte[] bytes(int count) {
    byte[] content = new byte[count];
    new Random(42).nextBytes(content);
    return content;
  }
}
