package io.batchmount.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.batchmount.core.AttributeChange;
import io.batchmount.core.Caller;
import io.batchmount.core.Errno;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FileSystem;
import io.batchmount.core.FsException;
import io.batchmount.core.OpenOptions;
import io.batchmount.core.RenameMode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Two nodes with one share: promises 1, 2, 11 and 12. */
class TwoMountsTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  @TempDir Path directory;
  private ShareFixture fixture;
  private ShareFixture.Node a;
  private ShareFixture.Node b;

  @BeforeEach
  void mount() throws Exception {
    fixture = ShareFixture.inMemory(directory);
    a = fixture.node(ShareMountOptions.defaults());
    b = fixture.node(ShareMountOptions.defaults());
  }

  @AfterEach
  void close() throws Exception {
    fixture.close();
  }

  private static void expect(
      Errno errno, org.assertj.core.api.ThrowableAssert.ThrowingCallable step) {
    assertThatThrownBy(step)
        .isInstanceOfSatisfying(FsException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }

  @Test
  void closedOnOneNodeIsSeenOnTheOther() throws Exception {
    assertThatThrownBy(() -> b.fileSystem().getAttributes("/f")).isInstanceOf(FsException.class);
    Files4Test.put(a.fileSystem(), "/f", "one");
    await()
        .atMost(LONG)
        .ignoreExceptions()
        .untilAsserted(() -> assertThat(Files4Test.get(b.fileSystem(), "/f")).isEqualTo("one"));
    Files4Test.put(a.fileSystem(), "/f", "another");
    await()
        .atMost(LONG)
        .untilAsserted(() -> assertThat(Files4Test.get(b.fileSystem(), "/f")).isEqualTo("another"));
  }

  @Test
  void openLogIsSeenWhileItGrows() throws Exception {
    try (FileHandle log = Files4Test.create(a.fileSystem(), "/log", OpenOptions.APPEND)) {
      log.write(Files4Test.bytes("one\n"), 0);
      await()
          .atMost(LONG)
          .ignoreExceptions()
          .untilAsserted(
              () -> assertThat(Files4Test.get(b.fileSystem(), "/log")).isEqualTo("one\n"));
      try (FileHandle reader = b.fileSystem().open("/log", OpenOptions.READ)) {
        log.write(Files4Test.bytes("two\n"), 0);
        await()
            .atMost(LONG)
            .untilAsserted(() -> assertThat(Files4Test.read(reader, 100)).isEqualTo("one\ntwo\n"));
        assertThat(reader.attributes().size()).isEqualTo(8);
      }
    }
  }

  @Test
  void appendsOfTwoNodesLoseNoLine() throws Exception {
    int lines = 30;
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      CyclicBarrier together = new CyclicBarrier(2);
      List<Future<?>> running = new ArrayList<>();
      for (ShareFixture.Node node : List.of(a, b)) {
        String name = node == a ? "a" : "b";
        running.add(
            threads.submit(
                () -> {
                  together.await();
                  for (int i = 0; i < lines; i++) {
                    // the name is believed absent by both when they begin
                    Files4Test.append(node.fileSystem(), "/log", name + i + "\n");
                  }
                  return null;
                }));
      }
      for (Future<?> one : running) {
        one.get();
      }
    } finally {
      threads.shutdownNow();
    }
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < lines; i++) {
      expected.add("a" + i);
      expected.add("b" + i);
    }
    ShareFileSystem fresh = fixture.mount();
    assertThat(Arrays.asList(Files4Test.get(fresh, "/log").split("\n")))
        .containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void exclusiveCreateIsWonByOneNode() throws Exception {
    Files4Test.create(a.fileSystem(), "/lock", OpenOptions.WRITE.withExclusive()).close();
    expect(
        Errno.EEXIST,
        () -> Files4Test.create(b.fileSystem(), "/lock", OpenOptions.WRITE.withExclusive()));
  }

  @Test
  void exclusiveCreateAsksTheServiceAndNotTheCache() throws Exception {
    expect(Errno.ENOENT, () -> b.fileSystem().getAttributes("/lock")); // b believes it absent
    Files4Test.create(a.fileSystem(), "/lock", OpenOptions.WRITE.withExclusive()).close();
    expect(
        Errno.EEXIST,
        () -> Files4Test.create(b.fileSystem(), "/lock", OpenOptions.WRITE.withExclusive()));
  }

  /** Making of a name without replacing anything. */
  private interface Making {
    void make(FileSystem fs) throws FsException;
  }

  private static Stream<Arguments> waysToMakeAName() {
    return Stream.of(
        Arguments.of(
            "O_EXCL",
            (Making)
                fs -> Files4Test.create(fs, "/lock", OpenOptions.WRITE.withExclusive()).close()),
        Arguments.of("mkdir", (Making) fs -> fs.makeDirectory("/lock", 0755, Caller.ROOT)),
        Arguments.of("symlink", (Making) fs -> fs.makeSymlink("/lock", "to", Caller.ROOT)),
        Arguments.of(
            "renameat2",
            (Making)
                fs -> {
                  Files4Test.put(fs, "/mine", "mine");
                  fs.rename("/mine", "/lock", RenameMode.NO_REPLACE);
                }));
  }

  /** A program that could not make its lock looks who holds it: by name, or in the listing. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("waysToMakeAName")
  void nameThatIsTakenIsThereForTheOneWhoWasRefused(String way, Making making) throws Exception {
    b.fileSystem().readDirectory("/", entry -> true); // b believes to know all names
    Files4Test.put(a.fileSystem(), "/lock", "held by a");
    expect(Errno.EEXIST, () -> making.make(b.fileSystem()));
    assertThat(Files4Test.get(b.fileSystem(), "/lock")).isEqualTo("held by a");
  }

  @Test
  void loserOfACreationFailsAndKeepsItsBytes() throws Exception {
    FileHandle mine = Files4Test.create(a.fileSystem(), "/out", OpenOptions.WRITE);
    mine.write(Files4Test.bytes("from a"), 0);
    Files4Test.put(b.fileSystem(), "/out", "from b, longer");
    expect(Errno.ESTALE, mine::flush);
    expect(Errno.ESTALE, () -> mine.write(Files4Test.bytes("x"), 0));
    expect(Errno.ESTALE, () -> mine.fsync(false));
    mine.close();
    assertThat(Files4Test.get(b.fileSystem(), "/out")).isEqualTo("from b, longer");
    assertThat(a.fileSystem().pending().failed()).hasSize(1);
    assertThat(a.journal().entries()).hasSize(1);
    // the name is usable again
    assertThat(Files4Test.get(a.fileSystem(), "/out")).isEqualTo("from b, longer");
  }

  @Test
  void rewritingWhatAnotherNodeChangedFailsWithEstale() throws Exception {
    Files4Test.put(a.fileSystem(), "/f", "0123456789");
    FileHandle mine = a.fileSystem().open("/f", OpenOptions.READ_WRITE);
    mine.write(Files4Test.bytes("A"), 0);
    Files4Test.put(b.fileSystem(), "/f", "rewritten by b");
    expect(Errno.ESTALE, mine::flush);
    mine.close();
    assertThat(Files4Test.get(b.fileSystem(), "/f")).isEqualTo("rewritten by b");
    assertThat(a.journal().entries()).hasSize(1);
  }

  @Test
  void attributesChangedElsewhereAreNoConflict() throws Exception {
    Files4Test.put(a.fileSystem(), "/f", "0123456789");
    FileHandle mine = a.fileSystem().open("/f", OpenOptions.READ_WRITE);
    mine.write(Files4Test.bytes("A"), 0);
    b.fileSystem().setAttributes("/f", AttributeChange.ofPermissions(0600));
    mine.flush();
    mine.close();
    assertThat(Files4Test.get(b.fileSystem(), "/f")).isEqualTo("A123456789");
    assertThat(b.fileSystem().getAttributes("/f").permissions()).isEqualTo(0600);
  }

  @Test
  void secondWriterWhileTheFirstHoldsTheFileKeepsItsBytes() throws Exception {
    FileHandle first = Files4Test.create(a.fileSystem(), "/log", OpenOptions.APPEND);
    first.write(Files4Test.bytes("a1\n"), 0);
    first.fsync(false);
    first.write(Files4Test.bytes("a2\n"), 0);
    first.fsync(false); // the lease is held now
    FileHandle second = b.fileSystem().open("/log", OpenOptions.APPEND);
    second.write(Files4Test.bytes("b1\n"), 0);
    first.close(); // gives it back while the second waits
    second.flush();
    second.close();
    assertThat(Files4Test.get(b.fileSystem(), "/log")).isEqualTo("a1\na2\nb1\n");
  }

  @Test
  void fileDeletedUnderneathIsStale() throws Exception {
    Files4Test.put(a.fileSystem(), "/f", "content");
    try (FileHandle reader = b.fileSystem().open("/f", OpenOptions.READ)) {
      assertThat(Files4Test.read(reader, 100)).isEqualTo("content");
      a.fileSystem().unlink("/f");
      expect(Errno.ESTALE, () -> Files4Test.read(reader, 100));
    }
  }

  @Test
  void fileReplacedUnderneathIsStaleAndOpeningAgainGivesTheNewOne() throws Exception {
    Files4Test.put(a.fileSystem(), "/f", "content");
    try (FileHandle reader = b.fileSystem().open("/f", OpenOptions.READ)) {
      assertThat(Files4Test.read(reader, 100)).isEqualTo("content");
      Files4Test.put(a.fileSystem(), "/f.new", "new");
      a.fileSystem().rename("/f.new", "/f", RenameMode.REPLACE);
      expect(Errno.ESTALE, () -> Files4Test.read(reader, 100));
    }
    await()
        .atMost(LONG)
        .untilAsserted(() -> assertThat(Files4Test.get(b.fileSystem(), "/f")).isEqualTo("new"));
  }

  /** Its look-up was merely old; nobody can mix the two versions. */
  @Test
  void handleThatReadNothingBeforeTheFileWasReplacedReadsTheNewOne() throws Exception {
    Files4Test.put(a.fileSystem(), "/f", "content");
    try (FileHandle reader = b.fileSystem().open("/f", OpenOptions.READ)) {
      Files4Test.put(a.fileSystem(), "/f.new", "new");
      a.fileSystem().rename("/f.new", "/f", RenameMode.REPLACE);
      assertThat(Files4Test.read(reader, 100)).isEqualTo("new");
      Files4Test.put(a.fileSystem(), "/f.newer", "newer");
      a.fileSystem().rename("/f.newer", "/f", RenameMode.REPLACE);
      expect(Errno.ESTALE, () -> Files4Test.read(reader, 100));
    }
  }

  @Test
  void logBeingWrittenCanBeRenamedAndDeletedElsewhere() throws Exception {
    FileHandle log = Files4Test.create(a.fileSystem(), "/log", OpenOptions.APPEND);
    log.write(Files4Test.bytes("a1\n"), 0);
    log.fsync(false);
    log.write(Files4Test.bytes("a2\n"), 0);
    log.fsync(false);
    b.fileSystem().rename("/log", "/log.old", RenameMode.REPLACE);
    log.write(Files4Test.bytes("a3\n"), 0);
    expect(Errno.ESTALE, log::flush);
    log.close();
    assertThat(Files4Test.get(b.fileSystem(), "/log.old")).isEqualTo("a1\na2\n");
    assertThat(a.journal().entries()).hasSize(1);
  }

  @Test
  void namesThatDifferInCaseAreOneFile() throws Exception {
    Files4Test.put(a.fileSystem(), "/Name", "content");
    assertThat(Files4Test.get(a.fileSystem(), "/name")).isEqualTo("content");
    assertThat(Files4Test.get(b.fileSystem(), "/NAME")).isEqualTo("content");
    try (FileHandle upper = a.fileSystem().open("/NAME", OpenOptions.READ_WRITE)) {
      upper.write(Files4Test.bytes("CONTENT"), 0);
      assertThat(Files4Test.get(a.fileSystem(), "/name")).isEqualTo("CONTENT");
      upper.flush();
    }
    a.fileSystem().unlink("/nAmE");
    expect(Errno.ENOENT, () -> a.fileSystem().getAttributes("/Name"));
  }
}
