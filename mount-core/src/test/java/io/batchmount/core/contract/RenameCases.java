package io.batchmount.core.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.core.Errno;
import org.junit.jupiter.api.Test;

/** {@code rename(2)}. */
public interface RenameCases extends ContractSubject {
  @Test
  default void renamesFile() throws Exception {
    byte[] content = pattern(100_000, 1);
    put("/a", content);
    posix().rename("/a", "/b");
    assertThat(exists("/a")).isFalse();
    assertThat(get("/b")).isEqualTo(content);
    assertThat(posix().list("/")).containsExactly("b");
    reopen();
    assertThat(get("/b")).isEqualTo(content);
    assertThat(posix().list("/")).containsExactly("b");
  }

  @Test
  default void renamesFileIntoOtherDirectory() throws Exception {
    posix().mkdir("/d", 0755);
    posix().mkdir("/e", 0755);
    put("/d/a", "content");
    posix().rename("/d/a", "/e/b");
    assertThat(posix().list("/d")).isEmpty();
    assertThat(text("/e/b")).isEqualTo("content");
    expect(Errno.ENOENT, () -> posix().lstat("/d/a"));
  }

  @Test
  default void renameReplacesFile() throws Exception {
    put("/a", "new");
    put("/b", "old and longer");
    posix().rename("/a", "/b");
    assertThat(text("/b")).isEqualTo("new");
    assertThat(posix().list("/")).containsExactly("b");
  }

  @Test
  default void renameToItselfDoesNothing() throws Exception {
    put("/a", "x");
    posix().rename("/a", "/a");
    assertThat(text("/a")).isEqualTo("x");
    posix().mkdir("/d", 0755);
    posix().rename("/d", "/d");
    assertThat(exists("/d")).isTrue();
  }

  @Test
  default void renameOfAbsentFile() throws Exception {
    expect(Errno.ENOENT, () -> posix().rename("/absent", "/b"));
    put("/a", "x");
    expect(Errno.ENOENT, () -> posix().rename("/a", "/absent/b"));
    assertThat(text("/a")).isEqualTo("x");
  }

  @Test
  default void renamesDirectoryWithContent() throws Exception {
    posix().mkdir("/d", 0755);
    posix().mkdir("/d/sub", 0755);
    put("/d/f", "one");
    put("/d/sub/g", "two");
    if (where(Capabilities.Feature.RENAME_DIRECTORY, () -> posix().rename("/d", "/e"))) {
      assertThat(exists("/d")).isFalse();
      assertThat(posix().list("/e")).containsExactlyInAnyOrder("f", "sub");
      assertThat(text("/e/f")).isEqualTo("one");
      assertThat(text("/e/sub/g")).isEqualTo("two");
      expect(Errno.ENOENT, () -> posix().open("/d/f", RDONLY, 0));
      reopen();
      assertThat(text("/e/sub/g")).isEqualTo("two");
      assertThat(posix().list("/")).containsExactly("e");
    }
  }

  @Test
  default void renamesEmptyDirectory() throws Exception {
    posix().mkdir("/d", 0755);
    posix().rename("/d", "/e");
    assertThat(posix().list("/")).containsExactly("e");
    assertThat(posix().lstat("/e").isDirectory()).isTrue();
    assertThat(posix().list("/e")).isEmpty();
  }

  @Test
  default void renamesDirectoryDownwards() throws Exception {
    posix().mkdir("/d", 0755);
    posix().mkdir("/other", 0755);
    posix().rename("/d", "/other/d");
    assertThat(posix().list("/other")).containsExactly("d");
  }

  @Test
  default void renameOfDirectoryOverEmptyDirectory() throws Exception {
    posix().mkdir("/d", 0755);
    put("/d/f", "x");
    posix().mkdir("/e", 0755);
    if (where(Capabilities.Feature.RENAME_DIRECTORY, () -> posix().rename("/d", "/e"))) {
      assertThat(text("/e/f")).isEqualTo("x");
      assertThat(exists("/d")).isFalse();
    }
  }

  @Test
  default void renameOfDirectoryOverFullDirectory() throws Exception {
    posix().mkdir("/d", 0755);
    put("/d/f", "x");
    posix().mkdir("/e", 0755);
    put("/e/g", "y");
    expect(Errno.ENOTEMPTY, () -> posix().rename("/d", "/e"));
    assertThat(text("/d/f")).isEqualTo("x");
    assertThat(text("/e/g")).isEqualTo("y");
  }

  @Test
  default void renameOfDirectoryIntoItself() throws Exception {
    posix().mkdir("/d", 0755);
    posix().mkdir("/d/sub", 0755);
    expect(Errno.EINVAL, () -> posix().rename("/d", "/d/x"));
    expect(Errno.EINVAL, () -> posix().rename("/d", "/d/sub/x"));
    assertThat(posix().list("/d")).containsExactly("sub");
  }

  @Test
  default void renameOfDirectoryOverItsParent() throws Exception {
    posix().mkdir("/d", 0755);
    posix().mkdir("/d/sub", 0755);
    expect(Errno.ENOTEMPTY, () -> posix().rename("/d/sub", "/d"));
    assertThat(posix().list("/d")).containsExactly("sub");
  }

  @Test
  default void renameOfFileOverDirectory() throws Exception {
    put("/f", "x");
    posix().mkdir("/d", 0755);
    expect(Errno.EISDIR, () -> posix().rename("/f", "/d"));
    assertThat(text("/f")).isEqualTo("x");
    assertThat(exists("/d")).isTrue();
  }

  @Test
  default void renameOfDirectoryOverFile() throws Exception {
    put("/f", "x");
    posix().mkdir("/d", 0755);
    expect(Errno.ENOTDIR, () -> posix().rename("/d", "/f"));
    assertThat(text("/f")).isEqualTo("x");
    assertThat(exists("/d")).isTrue();
  }

  @Test
  default void directoryNamesThatBeginAlikeAreLeftAlone() throws Exception {
    posix().mkdir("/data", 0755);
    posix().mkdir("/data2", 0755);
    put("/data/f", "1");
    put("/data2/f", "2");
    put("/data-file", "3");
    if (where(Capabilities.Feature.RENAME_DIRECTORY, () -> posix().rename("/data", "/moved"))) {
      assertThat(text("/moved/f")).isEqualTo("1");
      assertThat(text("/data2/f")).isEqualTo("2");
      assertThat(text("/data-file")).isEqualTo("3");
    }
  }

  @Test
  default void renameThatChangesCaseOnly() throws Exception {
    put("/Name", "x");
    posix().rename("/Name", "/NAME");
    assertThat(posix().list("/")).containsExactly("NAME");
    assertThat(text("/NAME")).isEqualTo("x");
  }

  @Test
  default void renameWithoutReplacing() throws Exception {
    put("/a", "a");
    put("/b", "b");
    if (where(Capabilities.Feature.RENAME_NO_REPLACE, () -> posix().renameNoReplace("/a", "/c"))) {
      assertThat(text("/c")).isEqualTo("a");
      expect(Errno.EEXIST, () -> posix().renameNoReplace("/c", "/b"));
      assertThat(text("/b")).isEqualTo("b");
      assertThat(text("/c")).isEqualTo("a");
    }
  }

  @Test
  default void openFileFollowsItsRename() throws Exception {
    put("/a", "before");
    int fd = posix().open("/a", RDWR, 0);
    try {
      posix().rename("/a", "/b");
      assertThat(posix().fstat(fd).size()).isEqualTo(6);
      assertThat(posix().pread(fd, 100, 0)).isEqualTo(bytes("before"));
      writeAll(fd, bytes("AFTER!"), 0);
      assertThat(readAll(fd)).isEqualTo(bytes("AFTER!"));
    } finally {
      posix().close(fd);
    }
    assertThat(text("/b")).isEqualTo("AFTER!");
    assertThat(posix().list("/")).containsExactly("b");
  }

  @Test
  default void fileBeingWrittenIsRenamed() throws Exception {
    int fd = posix().open("/file.tmp", WRONLY | CREAT | EXCL, 0644);
    try {
      writeAll(fd, bytes("all of "), 0);
      posix().rename("/file.tmp", "/file");
      writeAll(fd, bytes("it"), 7);
    } finally {
      posix().close(fd);
    }
    assertThat(text("/file")).isEqualTo("all of it");
    assertThat(posix().list("/")).containsExactly("file");
    reopen();
    assertThat(text("/file")).isEqualTo("all of it");
  }

  @Test
  default void replacedFileStaysReadableThroughItsDescriptor() throws Exception {
    put("/target", "the old content");
    int fd = posix().open("/target", RDONLY, 0);
    try {
      put("/target.new", "new");
      posix().rename("/target.new", "/target");
      assertThat(posix().fstat(fd).size()).isEqualTo(15);
      assertThat(posix().pread(fd, 100, 0)).isEqualTo(bytes("the old content"));
      assertThat(text("/target")).isEqualTo("new");
    } finally {
      posix().close(fd);
    }
    assertThat(posix().list("/")).containsExactly("target");
    assertThat(text("/target")).isEqualTo("new");
  }

  @Test
  default void saveByRenameAgainAndAgain() throws Exception {
    for (int i = 0; i < 20; i++) {
      put("/settings.tmp", "version " + i);
      posix().rename("/settings.tmp", "/settings");
      assertThat(text("/settings")).isEqualTo("version " + i);
      assertThat(posix().lstat("/settings").size()).isEqualTo(("version " + i).length());
    }
    assertThat(posix().list("/")).containsExactly("settings");
  }

  @Test
  default void openFileFollowsTheRenameOfItsDirectory() throws Exception {
    posix().mkdir("/d", 0755);
    put("/d/f", "before");
    int fd = posix().open("/d/f", RDWR, 0);
    try {
      if (where(Capabilities.Feature.RENAME_DIRECTORY, () -> posix().rename("/d", "/e"))) {
        writeAll(fd, bytes("AFTER!"), 0);
        assertThat(readAll(fd)).isEqualTo(bytes("AFTER!"));
      }
    } finally {
      posix().close(fd);
    }
    if (capabilities().has(Capabilities.Feature.RENAME_DIRECTORY)) {
      assertThat(text("/e/f")).isEqualTo("AFTER!");
      assertThat(posix().list("/")).containsExactly("e");
      assertThat(posix().list("/e")).containsExactly("f");
    }
  }

  @Test
  default void renameKeepsAttributes() throws Exception {
    put("/a", "x");
    posix().chmod("/a", 0751);
    posix().utimens("/a", java.util.Optional.empty(), java.util.Optional.of(AttributeCases.PAST));
    posix().rename("/a", "/b");
    assertThat(posix().lstat("/b").permissions()).isEqualTo(0751);
    assertThat(posix().lstat("/b").mtime()).isEqualTo(AttributeCases.PAST);
    reopen();
    assertThat(posix().lstat("/b").permissions()).isEqualTo(0751);
    assertThat(posix().lstat("/b").mtime()).isEqualTo(AttributeCases.PAST);
  }

  @Test
  default void renameToTooLongName() throws Exception {
    put("/a", "x");
    expect(Errno.ENAMETOOLONG, () -> posix().rename("/a", "/" + "n".repeat(256)));
    assertThat(text("/a")).isEqualTo("x");
  }
}
