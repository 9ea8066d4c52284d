package io.batchmount.core.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.core.Errno;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code open(2)}: each combination of flags, on a name that is absent and one that is there. */
public interface OpenCases extends ContractSubject {
  /**
   * A row of the table.
   *
   * @param flags of open
   * @param present whether the file is there, with the content {@code old}
   */
  record OpenCase(int flags, boolean present) {
    private static final String OLD = "old content";

    private boolean has(int flag) {
      return (flags & flag) != 0;
    }

    boolean fails() {
      return present ? has(CREAT) && has(EXCL) : !has(CREAT);
    }

    Errno errno() {
      return present ? Errno.EEXIST : Errno.ENOENT;
    }

    boolean readable() {
      return (flags & Posix.O_ACCMODE) != WRONLY;
    }

    boolean writable() {
      return (flags & Posix.O_ACCMODE) != RDONLY;
    }

    String contentAfterOpen() {
      return present && !has(TRUNC) ? OLD : "";
    }

    /** What is in the file after "NEW" was written at offset 1. */
    String contentAfterWrite() {
      String before = contentAfterOpen();
      if (has(APPEND)) {
        return before + "NEW";
      }
      return before.isEmpty() ? "\0NEW" : before.charAt(0) + "NEW" + before.substring(4);
    }

    @Override
    public String toString() {
      StringBuilder text =
          new StringBuilder(readable() ? (writable() ? "O_RDWR" : "O_RDONLY") : "O_WRONLY");
      text.append(has(CREAT) ? "|O_CREAT" : "").append(has(EXCL) ? "|O_EXCL" : "");
      text.append(has(TRUNC) ? "|O_TRUNC" : "").append(has(APPEND) ? "|O_APPEND" : "");
      return text.append(present ? " on a file" : " on nothing").toString();
    }
  }

  /** All rows. {@code O_RDONLY|O_TRUNC} is left out: POSIX leaves open what it does. */
  static List<OpenCase> openTable() {
    List<OpenCase> rows = new ArrayList<>();
    for (int access : new int[] {RDONLY, WRONLY, RDWR}) {
      for (int create : new int[] {0, CREAT, CREAT | EXCL}) {
        for (int truncate : access == RDONLY ? new int[] {0} : new int[] {0, TRUNC}) {
          for (int append : new int[] {0, APPEND}) {
            rows.add(new OpenCase(access | create | truncate | append, false));
            rows.add(new OpenCase(access | create | truncate | append, true));
          }
        }
      }
    }
    return rows;
  }

  @ParameterizedTest
  @MethodSource("openTable")
  default void openFlags(OpenCase row) throws Exception {
    if (row.present()) {
      put("/f", OpenCase.OLD);
    }
    if (row.fails()) {
      expect(row.errno(), () -> posix().open("/f", row.flags(), 0644));
      assertThat(exists("/f")).isEqualTo(row.present());
      return;
    }
    int fd = posix().open("/f", row.flags(), 0644);
    try {
      assertThat(posix().fstat(fd).size()).isEqualTo(row.contentAfterOpen().length());
      assertThat(posix().lstat("/f").size()).isEqualTo(row.contentAfterOpen().length());
      if (row.readable()) {
        assertThat(posix().pread(fd, 100, 0)).isEqualTo(bytes(row.contentAfterOpen()));
      } else {
        expect(Errno.EBADF, () -> posix().pread(fd, 1, 0));
      }
      if (row.writable()) {
        writeAll(fd, bytes("NEW"), 1);
      } else {
        expect(Errno.EBADF, () -> posix().pwrite(fd, bytes("NEW"), 1));
      }
    } finally {
      posix().close(fd);
    }
    assertThat(text("/f"))
        .isEqualTo(row.writable() ? row.contentAfterWrite() : row.contentAfterOpen());
  }

  @Test
  default void createdFileHasTheModeThatWasAsked() throws Exception {
    posix().close(posix().open("/f", WRONLY | CREAT, 0640));
    assertThat(posix().lstat("/f").permissions()).isEqualTo(0640);
  }

  @Test
  default void createdFileIsThereBeforeItIsClosed() throws Exception {
    int fd = posix().open("/f", WRONLY | CREAT | EXCL, 0644);
    try {
      assertThat(exists("/f")).isTrue();
      assertThat(posix().list("/")).containsExactly("f");
      expect(Errno.EEXIST, () -> posix().open("/f", WRONLY | CREAT | EXCL, 0644));
    } finally {
      posix().close(fd);
    }
  }

  @Test
  default void emptyFileStaysAfterReopen() throws Exception {
    posix().close(posix().open("/empty", WRONLY | CREAT, 0644));
    reopen();
    assertThat(posix().lstat("/empty").size()).isZero();
    assertThat(posix().lstat("/empty").isRegular()).isTrue();
    assertThat(get("/empty")).isEmpty();
  }

  @Test
  default void openInAbsentDirectory() throws Exception {
    expect(Errno.ENOENT, () -> posix().open("/d/f", WRONLY | CREAT, 0644));
    expect(Errno.ENOENT, () -> posix().open("/d/f", RDONLY, 0));
  }

  @Test
  default void openBelowFile() throws Exception {
    put("/f", "x");
    expect(Errno.ENOTDIR, () -> posix().open("/f/g", WRONLY | CREAT, 0644));
    expect(Errno.ENOTDIR, () -> posix().open("/f/g", RDONLY, 0));
    expect(Errno.ENOTDIR, () -> posix().lstat("/f/g"));
  }

  @Test
  default void openDirectoryForWriting() throws Exception {
    posix().mkdir("/d", 0755);
    expect(Errno.EISDIR, () -> posix().open("/d", WRONLY, 0));
    expect(Errno.EISDIR, () -> posix().open("/d", RDWR, 0));
    expect(Errno.EISDIR, () -> posix().open("/d", WRONLY | CREAT, 0644));
    expect(Errno.EEXIST, () -> posix().open("/d", WRONLY | CREAT | EXCL, 0644));
  }

  @Test
  default void openTruncatesEachTime() throws Exception {
    put("/f", "a long content");
    put("/f", "short");
    assertThat(text("/f")).isEqualTo("short");
    put("/f", "");
    assertThat(posix().lstat("/f").size()).isZero();
  }

  @Test
  default void closedDescriptorIsBad() throws Exception {
    put("/f", "x");
    int fd = posix().open("/f", RDONLY, 0);
    posix().close(fd);
    expect(Errno.EBADF, () -> posix().pread(fd, 1, 0));
    expect(Errno.EBADF, () -> posix().close(fd));
  }

  @Test
  default void synchronousWritesAreReadBack() throws Exception {
    int fd = posix().open("/f", RDWR | CREAT | Posix.O_SYNC, 0644);
    try {
      writeAll(fd, bytes("one"), 0);
      writeAll(fd, bytes("two"), 3);
      assertThat(text("/f")).isEqualTo("onetwo");
    } finally {
      posix().close(fd);
    }
  }
}
