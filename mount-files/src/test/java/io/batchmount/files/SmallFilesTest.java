package io.batchmount.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What many small files cost through real mounts, in requests that the service counted. */
class SmallFilesTest {
  private static final int FILES = 400;

  @TempDir Path directory;

  @Test
  void eachSmallFileCostsThreeRequestsAndADirectoryOneListing() throws Exception {
    assumeTrue(Files.exists(Path.of("/dev/fuse")), "no /dev/fuse: nothing can be mounted here");
    try (ShareFixture fixture = ShareFixture.over(EmulatedShare.fresh(), directory)) {
      // a busy machine may need any time: here the clock flushes nothing, and nothing gets too old
      ShareMountOptions options =
          ShareMountOptions.defaults()
              .withFlushInterval(Duration.ofHours(1))
              .withAttributeTtl(Duration.ofHours(1));
      try (SharesBench.Mounted a =
          SharesBench.Mounted.at(fixture.node(options), directory.resolve("a"))) {
        Files.writeString(a.path().resolve("first"), "makes the hidden directory");
        Path target = Files.createDirectory(a.path().resolve("d"));
        SharesBench.Work made = SharesBench.count(() -> SharesBench.writeSmallFiles(target, FILES));
        assertThat(made.requests())
            .containsEntry("CreateFile", (long) FILES)
            .containsEntry("PutRange", (long) FILES)
            .containsEntry("RenameFile", (long) FILES);
        assertThat(made.total()).as(made.toString()).isLessThanOrEqualTo(3L * FILES + 4);
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
        Map<String, Long> requests = listed.requests();
        assertThat(requests.getOrDefault("ListDirectoriesAndFiles", 0L))
            .as(listed.toString())
            .isBetween(2L, 4L); // the root and d, each perhaps looked up first
        // files are believed for 200 ms: a slow `ls` asks again, once for each
        assertThat(listed.total()).as(listed.toString()).isLessThanOrEqualTo(FILES + 20);
        for (int i = 0; i < FILES; i += 50) {
          assertThat(b.path().resolve("d/f" + i)).hasBinaryContent(SharesBench.content(i));
        }
      }
    }
  }
}
