package io.batchmount.files;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.core.FileHandle;
import io.batchmount.core.OpenOptions;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Large files read from front to back: few requests, right bytes, memory given back. */
class ReadAheadTest {
  private static final int SIZE = (41 << 20) + 12345;
  private static final int STEP = 128 << 10;

  @TempDir Path directory;
  private ShareFixture fixture;
  private ShareFixture.Node writer;
  private ShareFixture.Node reader;
  private final byte[] content = new byte[SIZE];

  @BeforeEach
  void mount() throws Exception {
    fixture = ShareFixture.inMemory(directory);
    writer = fixture.node(ShareMountOptions.defaults());
    reader = fixture.node(ShareMountOptions.defaults());
    new Random(5).nextBytes(content);
    try (FileHandle handle = Files4Test.create(writer.fileSystem(), "/f", OpenOptions.WRITE)) {
      handle.write(ByteBuffer.wrap(content), 0);
      handle.flush();
    }
    reader.counter().reset();
  }

  @AfterEach
  void close() throws Exception {
    fixture.close();
  }

  private byte[] readAll(FileHandle handle) throws Exception {
    ByteBuffer all = ByteBuffer.allocate(SIZE + STEP);
    while (true) {
      ByteBuffer piece = ByteBuffer.allocate(STEP);
      if (handle.read(piece, all.position()) == 0) {
        return Arrays.copyOf(all.array(), all.position());
      }
      all.put(piece.flip());
    }
  }

  @Test
  void sequentialReadCostsFewRequests() throws Exception {
    try (FileHandle handle = reader.fileSystem().open("/f", OpenOptions.READ)) {
      assertThat(Arrays.equals(readAll(handle), content)).isTrue();
    }
    // 330 reads of 128 KiB; a slow machine adds one direct request each 200 ms
    assertThat(reader.counter().counts().get("getFile")).isLessThan(150);
    assertThat(fixture.budget.used()).isZero();
  }

  @Test
  void changeInTheMiddleOfARunIsSeenAtTheNextReadThatAsks() throws Exception {
    try (FileHandle handle = reader.fileSystem().open("/f", OpenOptions.READ)) {
      for (long at = 0; at < 8 << 20; at += STEP) {
        handle.read(ByteBuffer.allocate(STEP), at);
      }
      writer.fileSystem().truncate("/f", 10 << 20);
      org.awaitility.Awaitility.await()
          .atMost(java.time.Duration.ofSeconds(30))
          .untilAsserted(
              () -> assertThat(handle.read(ByteBuffer.allocate(STEP), 12 << 20)).isZero());
      ByteBuffer piece = ByteBuffer.allocate(STEP);
      assertThat(handle.read(piece, (10 << 20) - 100)).isEqualTo(100);
      assertThat(Arrays.copyOf(piece.array(), 100))
          .isEqualTo(Arrays.copyOfRange(content, (10 << 20) - 100, 10 << 20));
    }
  }

  @Test
  void truncatedInTheMiddleOfABlockAndReadAgain() throws Exception {
    ShareFileSystem fs = reader.fileSystem();
    int cut = (17 << 20) + 777;
    try (FileHandle before = fs.open("/f", OpenOptions.READ)) {
      assertThat(readAll(before)).hasSize(SIZE);
      fs.truncate("/f", cut);
      assertThat(fs.getAttributes("/f").size()).isEqualTo(cut);
      assertThat(Arrays.equals(readAll(before), Arrays.copyOf(content, cut))).isTrue();
      fs.truncate("/f", SIZE);
      assertThat(Arrays.equals(readAll(before), Arrays.copyOf(Arrays.copyOf(content, cut), SIZE)))
          .isTrue();
    }
    assertThat(
            Arrays.equals(
                readAll(writer.fileSystem().open("/f", OpenOptions.READ)),
                Arrays.copyOf(Arrays.copyOf(content, cut), SIZE)))
        .isTrue();
  }
}
