package io.batchmount.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.batchmount.emulator.files.FaultRule;
import io.batchmount.emulator.files.FaultScript;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What many small files cost through real mounts, in requests that the service counted, each of
 * them answered after 20 ms.
 */
class SmallFilesTest {
  private static final int FILES = 1_000;

  private static final Duration LATENCY = Duration.ofMillis(20);

  /** What {@code ls -lR} of the files may cost where it takes no longer than a few seconds. */
  private static final long LISTING = 20;

  @TempDir Path directory;

  @AfterEach
  void heal() {
    EmulatedShare.emulator().setFaults(FaultScript.NONE);
  }

  @Test
  void theBenchmarkLeavesNothingBehind() throws Exception {
    assumeTrue(Files.exists(Path.of("/dev/fuse")), "no /dev/fuse: nothing can be mounted here");
    List<String> before = scratchDirectories();
    SharesBench.main(new String[] {"8", "0"});
    assertThat(scratchDirectories()).isEqualTo(before);
  }

  private static List<String> scratchDirectories() throws IOException {
    try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return all.map(path -> path.getFileName().toString())
          .filter(name -> name.startsWith("shares-bench"))
          .sorted()
          .toList();
    }
  }

  @Test
  void eachSmallFileCostsThreeRequestsAndADirectoryFewListings() throws Exception {
    assumeTrue(Files.exists(Path.of("/dev/fuse")), "no /dev/fuse: nothing can be mounted here");
    try (ShareFixture fixture = ShareFixture.over(EmulatedShare.fresh(), directory)) {
      // a busy machine may need any time: here the clock flushes nothing
      ShareMountOptions options =
          ShareMountOptions.defaults().withFlushInterval(Duration.ofHours(1));
      try (SharesBench.Mounted a =
          SharesBench.Mounted.at(fixture.node(options), directory.resolve("a"))) {
        Files.writeString(a.path().resolve("first"), "makes the hidden directory");
        EmulatedShare.emulator()
            .setFaults(FaultScript.of(FaultRule.on("*").latencyMillis(LATENCY.toMillis())));
        Path target = Files.createDirectory(a.path().resolve("d"));
        SharesBench.Work made = SharesBench.count(() -> SharesBench.writeSmallFiles(target, FILES));
        assertThat(made.requests())
            .containsEntry("CreateFile", (long) FILES)
            .containsEntry("PutRange", (long) FILES)
            .containsEntry("RenameFile", (long) FILES);
        assertThat(made.total() - 3L * FILES)
            .as(made.toString())
            // the listing of names, and the directories above, are asked for again each second
            .isLessThanOrEqualTo(10 + 4 * seconds(made));
      }
      // on a mount that knows nothing yet
      try (SharesBench.Mounted b =
          SharesBench.Mounted.at(fixture.node(options), directory.resolve("b"))) {
        SharesBench.Work listed =
            SharesBench.count(
                () -> {
                  assertThat(SharesBench.list(b.path())).isGreaterThan(FILES);
                  return null;
                });
        // ls is slower than attributes are believed: each time they get too old costs a listing,
        // and the directories are asked for again each second; one listing that is too slow costs
        // some names asked for alone
        assertThat(listed.total())
            .as(listed.toString())
            .isLessThanOrEqualTo(Math.max(LISTING, 15 + 7 * seconds(listed)));
        for (int i = 0; i < FILES; i += 50) {
          assertThat(b.path().resolve("d/f" + i)).hasBinaryContent(SharesBench.content(i));
        }
      }
    }
  }

  private static long seconds(SharesBench.Work work) {
    return (long) Math.ceil(work.seconds());
  }
}
