package io.batchmount.core.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.core.Errno;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code symlink(2)}, {@code readlink(2)}, {@code link(2)}. */
public interface LinkCases extends ContractSubject {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "target",
        "../relative/path",
        "/absolute/path with space",
        "\u65e5\u672c\u8a9e%41#+&\\",
        "dangling"
      })
  default void symlinkIsKept(String target) throws Exception {
    if (where(Capabilities.Feature.SYMLINKS, () -> posix().symlink(target, "/link"))) {
      assertThat(posix().readlink("/link")).isEqualTo(target);
      assertThat(posix().lstat("/link").isSymlink()).isTrue();
      assertThat(posix().lstat("/link").size()).isEqualTo(bytes(target).length);
      reopen();
      assertThat(posix().readlink("/link")).isEqualTo(target);
      assertThat(posix().lstat("/link").isSymlink()).isTrue();
      assertThat(posix().list("/")).containsExactly("link");
    }
  }

  @Test
  default void symlinkIsUnlinkedNotItsTarget() throws Exception {
    put("/f", "x");
    if (where(Capabilities.Feature.SYMLINKS, () -> posix().symlink("f", "/link"))) {
      posix().unlink("/link");
      assertThat(posix().list("/")).containsExactly("f");
    }
  }

  @Test
  default void symlinkIsRenamedNotItsTarget() throws Exception {
    put("/f", "x");
    if (where(Capabilities.Feature.SYMLINKS, () -> posix().symlink("f", "/link"))) {
      posix().rename("/link", "/other");
      assertThat(posix().readlink("/other")).isEqualTo("f");
      assertThat(posix().list("/")).containsExactlyInAnyOrder("f", "other");
    }
  }

  @Test
  default void symlinkOverExistingName() throws Exception {
    put("/f", "x");
    if (capabilities().has(Capabilities.Feature.SYMLINKS)) {
      expect(Errno.EEXIST, () -> posix().symlink("target", "/f"));
      assertThat(text("/f")).isEqualTo("x");
      posix().symlink("one", "/link");
      expect(Errno.EEXIST, () -> posix().symlink("two", "/link"));
      assertThat(posix().readlink("/link")).isEqualTo("one");
    }
  }

  @Test
  default void fileReplacesSymlinkByRename() throws Exception {
    put("/f", "x");
    if (where(Capabilities.Feature.SYMLINKS, () -> posix().symlink("f", "/link"))) {
      put("/new", "y");
      posix().rename("/new", "/link");
      assertThat(posix().lstat("/link").isRegular()).isTrue();
      assertThat(text("/link")).isEqualTo("y");
      assertThat(text("/f")).isEqualTo("x");
    }
  }

  @Test
  default void readlinkOfWhatIsNoLink() throws Exception {
    put("/f", "x");
    posix().mkdir("/d", 0755);
    expect(Errno.EINVAL, () -> posix().readlink("/f"));
    expect(Errno.EINVAL, () -> posix().readlink("/d"));
    expect(Errno.ENOENT, () -> posix().readlink("/absent"));
  }

  @Test
  default void hardLink() throws Exception {
    put("/f", "x");
    if (where(Capabilities.Feature.HARD_LINKS, () -> posix().link("/f", "/g"))) {
      assertThat(text("/g")).isEqualTo("x");
      assertThat(posix().lstat("/g").links()).isEqualTo(2);
      assertThat(posix().lstat("/g").inode()).isEqualTo(posix().lstat("/f").inode());
      posix().unlink("/f");
      assertThat(text("/g")).isEqualTo("x");
      assertThat(posix().lstat("/g").links()).isEqualTo(1);
    } else {
      assertThat(exists("/g")).isFalse();
      assertThat(text("/f")).isEqualTo("x");
    }
  }
}
