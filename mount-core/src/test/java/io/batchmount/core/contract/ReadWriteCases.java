package io.batchmount.core.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes written are the bytes read, whatever the order, the size and the offset. */
public interface ReadWriteCases extends ContractSubject {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 511, 512, 4095, 4096, 4097, 65535, 65536, 131072, 131073, 1048577})
  default void sizesAroundBoundaries(int size) throws Exception {
    byte[] content = pattern(size, size);
    put("/f", content);
    assertThat(posix().lstat("/f").size()).isEqualTo(size);
    assertThat(get("/f")).isEqualTo(content);
  }

  @Test
  default void contentStaysAfterReopen() throws Exception {
    byte[] content = pattern(300_000, 1);
    put("/f", content);
    reopen();
    assertThat(posix().lstat("/f").size()).isEqualTo(content.length);
    assertThat(get("/f")).isEqualTo(content);
  }

  @Test
  default void readsAnywhere() throws Exception {
    byte[] content = pattern(200_000, 2);
    put("/f", content);
    Random random = new Random(3);
    int fd = posix().open("/f", RDONLY, 0);
    try {
      for (int i = 0; i < 50; i++) {
        int offset = random.nextInt(content.length);
        int count = 1 + random.nextInt(40_000);
        int end = Math.min(content.length, offset + count);
        assertThat(posix().pread(fd, count, offset))
            .isEqualTo(Arrays.copyOfRange(content, offset, end));
      }
    } finally {
      posix().close(fd);
    }
  }

  @Test
  default void readsAtAndBeyondTheEnd() throws Exception {
    put("/f", "12345");
    int fd = posix().open("/f", RDONLY, 0);
    try {
      assertThat(posix().pread(fd, 10, 3)).isEqualTo(bytes("45"));
      assertThat(posix().pread(fd, 10, 5)).isEmpty();
      assertThat(posix().pread(fd, 10, 6)).isEmpty();
      assertThat(posix().pread(fd, 10, 1L << 40)).isEmpty();
    } finally {
      posix().close(fd);
    }
  }

  @Test
  default void overwritesInPlace() throws Exception {
    byte[] content = pattern(150_000, 4);
    put("/f", content);
    byte[] patch = pattern(5_000, 5);
    int fd = posix().open("/f", RDWR, 0);
    try {
      writeAll(fd, patch, 70_001);
      System.arraycopy(patch, 0, content, 70_001, patch.length);
      assertThat(readAll(fd)).isEqualTo(content);
    } finally {
      posix().close(fd);
    }
    reopen();
    assertThat(get("/f")).isEqualTo(content);
  }

  @Test
  default void writesFromTheEndToTheBeginning() throws Exception {
    byte[] content = pattern(10 * 10_000, 6);
    int fd = posix().open("/f", WRONLY | CREAT, 0644);
    try {
      for (int i = 9; i >= 0; i--) {
        writeAll(fd, Arrays.copyOfRange(content, i * 10_000, (i + 1) * 10_000), i * 10_000L);
        assertThat(posix().fstat(fd).size()).isEqualTo(content.length);
      }
    } finally {
      posix().close(fd);
    }
    assertThat(get("/f")).isEqualTo(content);
  }

  @Test
  default void writesInRandomOrder() throws Exception {
    byte[] content = new byte[200_000];
    Random random = new Random(7);
    int length = 0;
    int fd = posix().open("/f", RDWR | CREAT, 0644);
    try {
      for (int i = 0; i < 60; i++) {
        int offset = random.nextInt(180_000);
        byte[] piece = pattern(1 + random.nextInt(20_000), i);
        writeAll(fd, piece, offset);
        System.arraycopy(piece, 0, content, offset, piece.length);
        length = Math.max(length, offset + piece.length);
      }
      assertThat(readAll(fd)).isEqualTo(Arrays.copyOf(content, length));
    } finally {
      posix().close(fd);
    }
    reopen();
    assertThat(get("/f")).isEqualTo(Arrays.copyOf(content, length));
  }

  @Test
  default void gapsReadAsZeros() throws Exception {
    int fd = posix().open("/f", RDWR | CREAT, 0644);
    try {
      writeAll(fd, bytes("begin"), 0);
      writeAll(fd, bytes("end"), 500_000);
      byte[] expected = new byte[500_003];
      System.arraycopy(bytes("begin"), 0, expected, 0, 5);
      System.arraycopy(bytes("end"), 0, expected, 500_000, 3);
      assertThat(readAll(fd)).isEqualTo(expected);
      posix().fsync(fd);
      assertThat(readAll(fd)).isEqualTo(expected);
    } finally {
      posix().close(fd);
    }
    reopen();
    byte[] all = get("/f");
    assertThat(all).hasSize(500_003);
    assertThat(Arrays.copyOfRange(all, 5, 500_000)).isEqualTo(new byte[499_995]);
  }

  @Test
  default void appendsGoToTheEnd() throws Exception {
    put("/f", "one ");
    for (String word : new String[] {"two ", "three ", "four"}) {
      int fd = posix().open("/f", WRONLY | APPEND, 0);
      try {
        writeAll(fd, bytes(word), 0);
      } finally {
        posix().close(fd);
      }
    }
    assertThat(text("/f")).isEqualTo("one two three four");
    reopen();
    assertThat(text("/f")).isEqualTo("one two three four");
  }

  @Test
  default void appendingLineByLineIsReadableAtOnce() throws Exception {
    int writer = posix().open("/log", WRONLY | CREAT | APPEND, 0644);
    int reader = posix().open("/log", RDONLY, 0);
    try {
      StringBuilder expected = new StringBuilder();
      for (int i = 0; i < 50; i++) {
        String line = "line " + i + "\n";
        writeAll(writer, bytes(line), 0);
        expected.append(line);
        assertThat(posix().fstat(reader).size()).isEqualTo(expected.length());
        assertThat(readAll(reader)).isEqualTo(bytes(expected.toString()));
      }
    } finally {
      posix().close(reader);
      posix().close(writer);
    }
  }

  @Test
  default void appendAfterTruncateBegins() throws Exception {
    put("/f", "something");
    int fd = posix().open("/f", WRONLY | APPEND, 0);
    try {
      posix().ftruncate(fd, 4);
      writeAll(fd, bytes("!"), 0);
    } finally {
      posix().close(fd);
    }
    assertThat(text("/f")).isEqualTo("some!");
  }

  @Test
  default void fsyncKeepsTheDescriptorUsable() throws Exception {
    int fd = posix().open("/f", RDWR | CREAT, 0644);
    try {
      writeAll(fd, bytes("first"), 0);
      posix().fsync(fd);
      writeAll(fd, bytes("second"), 5);
      posix().fdatasync(fd);
      writeAll(fd, bytes("FIRST"), 0);
      assertThat(readAll(fd)).isEqualTo(bytes("FIRSTsecond"));
    } finally {
      posix().close(fd);
    }
    assertThat(text("/f")).isEqualTo("FIRSTsecond");
  }

  @Test
  default void fsyncOnReadOnlyDescriptor() throws Exception {
    put("/f", "x");
    int fd = posix().open("/f", RDONLY, 0);
    try {
      posix().fsync(fd);
    } finally {
      posix().close(fd);
    }
  }

  @Test
  default void manySmallWrites() throws Exception {
    StringBuilder expected = new StringBuilder();
    int fd = posix().open("/f", WRONLY | CREAT, 0644);
    try {
      for (int i = 0; i < 500; i++) {
        String word = i + ",";
        writeAll(fd, bytes(word), expected.length());
        expected.append(word);
      }
    } finally {
      posix().close(fd);
    }
    assertThat(text("/f")).isEqualTo(expected.toString());
  }

  @Test
  default void writingMovesTheTimeOfChange() throws Exception {
    put("/f", "x");
    posix().utimens("/f", java.util.Optional.empty(), java.util.Optional.of(AttributeCases.PAST));
    int fd = posix().open("/f", WRONLY, 0);
    try {
      writeAll(fd, bytes("y"), 0);
    } finally {
      posix().close(fd);
    }
    assertThat(posix().lstat("/f").mtime()).isAfter(AttributeCases.PAST.plusSeconds(3600));
  }

  @Test
  default void openingWithoutWritingKeepsTheTimeOfChange() throws Exception {
    put("/f", "x");
    posix().utimens("/f", java.util.Optional.empty(), java.util.Optional.of(AttributeCases.PAST));
    posix().close(posix().open("/f", RDWR, 0));
    posix().close(posix().open("/f", WRONLY | APPEND, 0));
    assertThat(posix().lstat("/f").mtime()).isEqualTo(AttributeCases.PAST);
    assertThat(text("/f")).isEqualTo("x");
  }
}
