package io.batchmount.files;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.core.FileHandle;
import io.batchmount.core.OpenOptions;
import io.batchmount.core.PendingData;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Promise 3: unmounting waits until all is saved. */
class DrainTest {
  @TempDir Path directory;
  private ShareFixture fixture;

  @BeforeEach
  void begin() {
    fixture = ShareFixture.inMemory(directory);
  }

  @AfterEach
  void close() throws Exception {
    fixture.close();
  }

  @Test
  void fileMadeByAReaderIsSaved() throws Exception {
    ShareFileSystem fs = fixture.mount();
    FileHandle handle = Files4Test.create(fs, "/f", OpenOptions.READ);
    PendingData left = fs.drain(Duration.ofSeconds(20), pending -> {});
    handle.close();
    assertThat(left.isClean()).isTrue();
    assertThat(fixture.mount().getAttributes("/f").size()).isZero();
  }

  @Test
  void closedFileThatNobodyFlushedIsSaved() throws Exception {
    ShareFileSystem fs = fixture.mount();
    Files4Test.create(fs, "/f", OpenOptions.READ).close();
    assertThat(Files4Test.get(fs, "/f")).isEmpty();
    assertThat(fs.drain(Duration.ofSeconds(20), pending -> {}).isClean()).isTrue();
    assertThat(fixture.mount().getAttributes("/f").size()).isZero();
  }

  @Test
  void openFilesAreSavedWithoutClosing() throws Exception {
    ShareFileSystem fs =
        fixture
            .node(ShareMountOptions.defaults().withFlushInterval(Duration.ofHours(1)))
            .fileSystem();
    try (FileHandle handle = Files4Test.create(fs, "/f", OpenOptions.WRITE)) {
      handle.write(Files4Test.bytes("content"), 0);
      assertThat(fs.pending().files()).isEqualTo(1);
      assertThat(fs.pending().bytes()).isEqualTo(7);
      assertThat(fs.drain(Duration.ofSeconds(20), pending -> {}).isClean()).isTrue();
      assertThat(Files4Test.get(fixture.mount(), "/f")).isEqualTo("content");
    }
  }
}
