package io.batchmount.core.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.core.Errno;
import org.junit.jupiter.api.Test;

/** {@code unlink(2)}, of files that are open and files that are not. */
public interface UnlinkCases extends ContractSubject {
  @Test
  default void unlinkedFileIsGone() throws Exception {
    put("/f", "x");
    posix().unlink("/f");
    assertThat(exists("/f")).isFalse();
    assertThat(posix().list("/")).isEmpty();
    expect(Errno.ENOENT, () -> posix().unlink("/f"));
    expect(Errno.ENOENT, () -> posix().open("/f", RDONLY, 0));
    reopen();
    assertThat(posix().list("/")).isEmpty();
  }

  @Test
  default void unlinkOfDirectoryIsRefused() throws Exception {
    posix().mkdir("/d", 0755);
    expect(Errno.EISDIR, () -> posix().unlink("/d"));
    assertThat(exists("/d")).isTrue();
  }

  @Test
  default void openFileGoesOnReadableAfterUnlink() throws Exception {
    byte[] content = pattern(200_000, 1);
    put("/f", content);
    int fd = posix().open("/f", RDONLY, 0);
    try {
      posix().unlink("/f");
      assertThat(exists("/f")).isFalse();
      assertThat(posix().fstat(fd).size()).isEqualTo(content.length);
      assertThat(readAll(fd)).isEqualTo(content);
    } finally {
      posix().close(fd);
    }
    assertThat(posix().list("/")).isEmpty();
  }

  @Test
  default void openFileGoesOnWritableAfterUnlink() throws Exception {
    put("/f", "before");
    int fd = posix().open("/f", RDWR, 0);
    try {
      posix().unlink("/f");
      if (where(Capabilities.Feature.WRITE_AFTER_UNLINK, () -> writeAll(fd, bytes("AFTER!!"), 0))) {
        assertThat(posix().fstat(fd).size()).isEqualTo(7);
        assertThat(readAll(fd)).isEqualTo(bytes("AFTER!!"));
        posix().ftruncate(fd, 5);
        assertThat(readAll(fd)).isEqualTo(bytes("AFTER"));
        posix().fsync(fd);
      }
    } finally {
      posix().close(fd);
    }
    assertThat(exists("/f")).isFalse();
    assertThat(posix().list("/")).isEmpty();
    reopen();
    assertThat(posix().list("/")).isEmpty();
  }

  @Test
  default void newlyCreatedFileUnlinkedBeforeClose() throws Exception {
    int fd = posix().open("/tmpfile", RDWR | CREAT | EXCL, 0600);
    try {
      posix().unlink("/tmpfile");
      if (where(Capabilities.Feature.WRITE_AFTER_UNLINK, () -> writeAll(fd, bytes("scratch"), 0))) {
        assertThat(readAll(fd)).isEqualTo(bytes("scratch"));
      }
    } finally {
      posix().close(fd);
    }
    assertThat(posix().list("/")).isEmpty();
    reopen();
    assertThat(posix().list("/")).isEmpty();
  }

  @Test
  default void nameIsFreeAfterUnlinkOfOpenFile() throws Exception {
    put("/f", "old");
    int old = posix().open("/f", RDONLY, 0);
    try {
      posix().unlink("/f");
      put("/f", "new one");
      assertThat(text("/f")).isEqualTo("new one");
      assertThat(posix().pread(old, 100, 0)).isEqualTo(bytes("old"));
      assertThat(posix().fstat(old).size()).isEqualTo(3);
      assertThat(posix().lstat("/f").size()).isEqualTo(7);
    } finally {
      posix().close(old);
    }
    assertThat(text("/f")).isEqualTo("new one");
    assertThat(posix().list("/")).containsExactly("f");
  }

  @Test
  default void directoryCanBeRemovedAfterUnlinkOfOpenFile() throws Exception {
    posix().mkdir("/d", 0755);
    put("/d/f", "x");
    int fd = posix().open("/d/f", RDONLY, 0);
    try {
      posix().unlink("/d/f");
      posix().rmdir("/d");
      assertThat(posix().pread(fd, 10, 0)).isEqualTo(bytes("x"));
    } finally {
      posix().close(fd);
    }
    assertThat(posix().list("/")).isEmpty();
  }
}
