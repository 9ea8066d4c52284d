package io.batchmount.core.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.core.Errno;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code truncate(2)} and {@code ftruncate(2)}, down and up. */
public interface TruncateCases extends ContractSubject {
  @ParameterizedTest
  @CsvSource({"100000,0", "100000,1", "100000,65536", "100000,99999", "100000,100000"})
  default void shrinksByPath(int from, int to) throws Exception {
    byte[] content = pattern(from, from);
    put("/f", content);
    posix().truncate("/f", to);
    assertThat(posix().lstat("/f").size()).isEqualTo(to);
    assertThat(get("/f")).isEqualTo(Arrays.copyOf(content, to));
    reopen();
    assertThat(get("/f")).isEqualTo(Arrays.copyOf(content, to));
  }

  @ParameterizedTest
  @CsvSource({"0,1", "0,100000", "1,65537", "100000,300001"})
  default void growsByPathWithZeros(int from, int to) throws Exception {
    byte[] content = pattern(from, from);
    put("/f", content);
    posix().truncate("/f", to);
    assertThat(posix().lstat("/f").size()).isEqualTo(to);
    assertThat(get("/f")).isEqualTo(Arrays.copyOf(content, to));
    reopen();
    assertThat(get("/f")).isEqualTo(Arrays.copyOf(content, to));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 50_000, 100_000, 250_000})
  default void truncatesOpenFile(int to) throws Exception {
    byte[] content = pattern(100_000, 1);
    put("/f", content);
    int fd = posix().open("/f", RDWR, 0);
    try {
      posix().ftruncate(fd, to);
      assertThat(posix().fstat(fd).size()).isEqualTo(to);
      assertThat(posix().lstat("/f").size()).isEqualTo(to);
      assertThat(readAll(fd)).isEqualTo(Arrays.copyOf(content, to));
    } finally {
      posix().close(fd);
    }
    reopen();
    assertThat(get("/f")).isEqualTo(Arrays.copyOf(content, to));
  }

  @Test
  default void shrinkThenGrowShowsZeros() throws Exception {
    put("/f", pattern(100_000, 1));
    int fd = posix().open("/f", RDWR, 0);
    try {
      posix().ftruncate(fd, 10);
      posix().ftruncate(fd, 100_000);
      byte[] expected = Arrays.copyOf(pattern(100_000, 1), 10);
      assertThat(readAll(fd)).isEqualTo(Arrays.copyOf(expected, 100_000));
    } finally {
      posix().close(fd);
    }
  }

  @Test
  default void truncateInTheMiddleOfWriting() throws Exception {
    int fd = posix().open("/f", RDWR | CREAT, 0644);
    try {
      writeAll(fd, bytes("0123456789"), 0);
      posix().ftruncate(fd, 5);
      writeAll(fd, bytes("abc"), 8);
      assertThat(readAll(fd)).isEqualTo(bytes("01234\0\0\0abc"));
    } finally {
      posix().close(fd);
    }
    assertThat(text("/f")).isEqualTo("01234\0\0\0abc");
  }

  @Test
  default void truncateByPathWhileOpen() throws Exception {
    put("/f", "0123456789");
    int fd = posix().open("/f", RDWR, 0);
    try {
      writeAll(fd, bytes("ABCDE"), 0);
      posix().truncate("/f", 3);
      assertThat(posix().fstat(fd).size()).isEqualTo(3);
      assertThat(readAll(fd)).isEqualTo(bytes("ABC"));
    } finally {
      posix().close(fd);
    }
    assertThat(text("/f")).isEqualTo("ABC");
  }

  @Test
  default void truncateMovesTheTimeOfChange() throws Exception {
    put("/f", "0123456789");
    posix().utimens("/f", java.util.Optional.empty(), java.util.Optional.of(AttributeCases.PAST));
    posix().truncate("/f", 5);
    assertThat(posix().lstat("/f").mtime()).isAfter(AttributeCases.PAST.plusSeconds(3600));
  }

  @Test
  default void truncateNeedsAFile() throws Exception {
    expect(Errno.ENOENT, () -> posix().truncate("/absent", 0));
    posix().mkdir("/d", 0755);
    expect(Errno.EISDIR, () -> posix().truncate("/d", 0));
  }

  @Test
  default void ftruncateNeedsWritingAccess() throws Exception {
    put("/f", "x");
    int fd = posix().open("/f", RDONLY, 0);
    try {
      expect(Errno.EINVAL, () -> posix().ftruncate(fd, 0));
    } finally {
      posix().close(fd);
    }
    assertThat(text("/f")).isEqualTo("x");
  }

  @Test
  default void negativeSizeIsRefused() throws Exception {
    put("/f", "x");
    expect(Errno.EINVAL, () -> posix().truncate("/f", -1));
    int fd = posix().open("/f", WRONLY, 0);
    try {
      expect(Errno.EINVAL, () -> posix().ftruncate(fd, -1));
    } finally {
      posix().close(fd);
    }
    assertThat(text("/f")).isEqualTo("x");
  }

  @Test
  default void largeSparseFile() throws Exception {
    long size = 2L << 40;
    put("/f", "begin");
    if (where(Capabilities.Feature.LARGE_SPARSE_FILES, () -> posix().truncate("/f", size))) {
      assertThat(posix().lstat("/f").size()).isEqualTo(size);
      int fd = posix().open("/f", RDONLY, 0);
      try {
        assertThat(posix().pread(fd, 6, 0)).isEqualTo(bytes("begin\0"));
        assertThat(posix().pread(fd, 100, size - 10)).isEqualTo(new byte[10]);
      } finally {
        posix().close(fd);
      }
    }
  }
}
