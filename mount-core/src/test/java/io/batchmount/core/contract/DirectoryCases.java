package io.batchmount.core.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.core.Errno;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code mkdir(2)}, {@code rmdir(2)}, {@code readdir(3)}, {@code statvfs(3)}. */
public interface DirectoryCases extends ContractSubject {
  @Test
  default void rootIsADirectory() throws Exception {
    assertThat(posix().lstat("/").isDirectory()).isTrue();
    assertThat(posix().list("/")).isEmpty();
  }

  @Test
  default void madeDirectoryIsThereAndEmpty() throws Exception {
    posix().mkdir("/d", 0755);
    assertThat(posix().lstat("/d").isDirectory()).isTrue();
    assertThat(posix().list("/d")).isEmpty();
    assertThat(posix().list("/")).containsExactly("d");
    reopen();
    assertThat(posix().lstat("/d").isDirectory()).isTrue();
    assertThat(posix().list("/d")).isEmpty();
    assertThat(posix().list("/")).containsExactly("d");
  }

  @Test
  default void mkdirOfAnExistingName() throws Exception {
    posix().mkdir("/d", 0755);
    put("/f", "x");
    expect(Errno.EEXIST, () -> posix().mkdir("/d", 0755));
    expect(Errno.EEXIST, () -> posix().mkdir("/f", 0755));
    expect(Errno.EEXIST, () -> posix().mkdir("/", 0755));
  }

  @Test
  default void mkdirInAbsentDirectory() throws Exception {
    expect(Errno.ENOENT, () -> posix().mkdir("/a/b", 0755));
    put("/f", "x");
    expect(Errno.ENOTDIR, () -> posix().mkdir("/f/b", 0755));
  }

  @Test
  default void rmdirRemovesEmptyDirectory() throws Exception {
    posix().mkdir("/d", 0755);
    posix().rmdir("/d");
    assertThat(exists("/d")).isFalse();
    assertThat(posix().list("/")).isEmpty();
    expect(Errno.ENOENT, () -> posix().rmdir("/d"));
    reopen();
    assertThat(posix().list("/")).isEmpty();
  }

  @Test
  default void rmdirOfFullDirectory() throws Exception {
    posix().mkdir("/d", 0755);
    put("/d/f", "x");
    expect(Errno.ENOTEMPTY, () -> posix().rmdir("/d"));
    posix().mkdir("/e", 0755);
    posix().mkdir("/e/sub", 0755);
    expect(Errno.ENOTEMPTY, () -> posix().rmdir("/e"));
    assertThat(text("/d/f")).isEqualTo("x");
  }

  @Test
  default void rmdirOfFile() throws Exception {
    put("/f", "x");
    expect(Errno.ENOTDIR, () -> posix().rmdir("/f"));
    assertThat(text("/f")).isEqualTo("x");
  }

  @Test
  default void rmdirAfterTheLastFileWentAway() throws Exception {
    posix().mkdir("/d", 0755);
    put("/d/f", "x");
    posix().unlink("/d/f");
    assertThat(posix().lstat("/d").isDirectory()).isTrue();
    posix().rmdir("/d");
    assertThat(posix().list("/")).isEmpty();
  }

  @Test
  default void directoryStaysWhenItsLastFileGoes() throws Exception {
    posix().mkdir("/d", 0755);
    put("/d/f", "x");
    posix().unlink("/d/f");
    reopen();
    assertThat(posix().list("/")).containsExactly("d");
    assertThat(posix().list("/d")).isEmpty();
  }

  @Test
  default void deepTree() throws Exception {
    StringBuilder path = new StringBuilder();
    for (int i = 0; i < 20; i++) {
      path.append("/level").append(i);
      posix().mkdir(path.toString(), 0755);
    }
    put(path + "/leaf", "deep");
    assertThat(text(path + "/leaf")).isEqualTo("deep");
    reopen();
    assertThat(text(path + "/leaf")).isEqualTo("deep");
    assertThat(posix().list("/level0/level1")).containsExactly("level2");
  }

  @Test
  default void listingNamesEachEntryOnce() throws Exception {
    posix().mkdir("/d", 0755);
    posix().mkdir("/d/sub", 0755);
    put("/d/sub/hidden-from-here", "x");
    put("/d/f", "x");
    put("/d/sub2", "x");
    put("/d-beside", "x");
    assertThat(posix().list("/d")).containsExactlyInAnyOrder("sub", "f", "sub2");
    assertThat(posix().list("/")).containsExactlyInAnyOrder("d", "d-beside");
  }

  @Test
  default void listingOfAFileOrNothing() throws Exception {
    put("/f", "x");
    expect(Errno.ENOTDIR, () -> posix().list("/f"));
    expect(Errno.ENOENT, () -> posix().list("/absent"));
  }

  @Test
  default void threeThousandEntries() throws Exception {
    posix().mkdir("/d", 0755);
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      String name = "entry-with-a-name-of-some-length-" + i;
      posix().close(posix().open("/d/" + name, WRONLY | CREAT | EXCL, 0644));
      names.add(name);
    }
    assertThat(posix().list("/d")).containsExactlyInAnyOrderElementsOf(names);
    reopen();
    assertThat(posix().list("/d")).containsExactlyInAnyOrderElementsOf(names);
    assertThat(posix().lstat("/d/" + names.get(2_999)).isRegular()).isTrue();
  }

  @Test
  default void listingSeesChangesAtOnce() throws Exception {
    posix().mkdir("/d", 0755);
    assertThat(posix().list("/d")).isEmpty();
    put("/d/a", "x");
    assertThat(posix().list("/d")).containsExactly("a");
    put("/d/b", "x");
    posix().unlink("/d/a");
    assertThat(posix().list("/d")).containsExactly("b");
    posix().rename("/d/b", "/d/c");
    assertThat(posix().list("/d")).containsExactly("c");
  }

  @Test
  default void absentNameThenCreated() throws Exception {
    expect(Errno.ENOENT, () -> posix().lstat("/later"));
    put("/later", "x");
    assertThat(posix().lstat("/later").size()).isEqualTo(1);
    posix().unlink("/later");
    expect(Errno.ENOENT, () -> posix().lstat("/later"));
    posix().mkdir("/later", 0755);
    assertThat(posix().lstat("/later").isDirectory()).isTrue();
  }

  @Test
  default void statvfsTellsOfRoom() throws Exception {
    var usage = posix().statvfs();
    assertThat(usage.totalBytes()).isPositive();
    assertThat(usage.freeBytes()).isBetween(1L, usage.totalBytes());
    assertThat(usage.maxNameLength()).isBetween(1, 255);
  }
}
