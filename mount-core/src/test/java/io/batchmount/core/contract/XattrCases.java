package io.batchmount.core.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.core.Errno;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code user.*} extended attributes. */
public interface XattrCases extends ContractSubject {
  @Test
  default void attributeIsKept() throws Exception {
    put("/f", "x");
    byte[] value = {0, 1, (byte) 0xff, 'a', '\n', 0};
    if (where(
        Capabilities.Feature.XATTRS, () -> posix().setXattr("/f", "user.comment", value, 0))) {
      assertThat(posix().getXattr("/f", "user.comment")).isEqualTo(value);
      assertThat(posix().listXattrs("/f")).containsExactly("user.comment");
      reopen();
      assertThat(posix().getXattr("/f", "user.comment")).isEqualTo(value);
      assertThat(posix().listXattrs("/f")).containsExactly("user.comment");
      assertThat(text("/f")).isEqualTo("x");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "user.a",
        "user.with.dots",
        "user.with-dash_and_underscore",
        "user.UPPER",
        "user.sp ace",
        "user.\u00e9t\u00e9",
        "user.1digit",
        "user.a%b",
        "user.mime_type"
      })
  default void attributeNameIsKept(String name) throws Exception {
    put("/f", "x");
    if (where(Capabilities.Feature.XATTRS, () -> posix().setXattr("/f", name, bytes("v"), 0))) {
      reopen();
      assertThat(posix().listXattrs("/f")).containsExactly(name);
      assertThat(posix().getXattr("/f", name)).isEqualTo(bytes("v"));
    }
  }

  @Test
  default void attributeNamesThatDifferInCase() throws Exception {
    put("/f", "x");
    if (capabilities().has(Capabilities.Feature.XATTRS)) {
      posix().setXattr("/f", "user.name", bytes("lower"), 0);
      posix().setXattr("/f", "user.NAME", bytes("UPPER"), 0);
      reopen();
      assertThat(posix().getXattr("/f", "user.name")).isEqualTo(bytes("lower"));
      assertThat(posix().getXattr("/f", "user.NAME")).isEqualTo(bytes("UPPER"));
    }
  }

  @Test
  default void attributeIsReplacedAndRemoved() throws Exception {
    put("/f", "x");
    if (capabilities().has(Capabilities.Feature.XATTRS)) {
      posix().setXattr("/f", "user.a", bytes("one"), 0);
      posix().setXattr("/f", "user.a", bytes("two"), 0);
      assertThat(posix().getXattr("/f", "user.a")).isEqualTo(bytes("two"));
      posix().setXattr("/f", "user.b", bytes(""), 0);
      assertThat(posix().getXattr("/f", "user.b")).isEmpty();
      posix().removeXattr("/f", "user.a");
      expect(Errno.ENODATA, () -> posix().getXattr("/f", "user.a"));
      assertThat(posix().listXattrs("/f")).containsExactly("user.b");
      reopen();
      assertThat(posix().listXattrs("/f")).containsExactly("user.b");
      assertThat(posix().getXattr("/f", "user.b")).isEmpty();
    }
  }

  @Test
  default void createAndReplaceFlags() throws Exception {
    put("/f", "x");
    if (capabilities().has(Capabilities.Feature.XATTRS)) {
      expect(
          Errno.ENODATA, () -> posix().setXattr("/f", "user.a", bytes("v"), Posix.XATTR_REPLACE));
      posix().setXattr("/f", "user.a", bytes("v"), Posix.XATTR_CREATE);
      expect(Errno.EEXIST, () -> posix().setXattr("/f", "user.a", bytes("w"), Posix.XATTR_CREATE));
      posix().setXattr("/f", "user.a", bytes("w"), Posix.XATTR_REPLACE);
      assertThat(posix().getXattr("/f", "user.a")).isEqualTo(bytes("w"));
    }
  }

  @Test
  default void absentAttribute() throws Exception {
    put("/f", "x");
    if (capabilities().has(Capabilities.Feature.XATTRS)) {
      expect(Errno.ENODATA, () -> posix().getXattr("/f", "user.absent"));
      expect(Errno.ENODATA, () -> posix().removeXattr("/f", "user.absent"));
      assertThat(posix().listXattrs("/f")).isEmpty();
    }
    expect(Errno.ENOENT, () -> posix().getXattr("/absent", "user.a"));
  }

  @Test
  default void attributesLargerThanTheStoreHolds() throws Exception {
    put("/f", "x");
    if (capabilities().has(Capabilities.Feature.XATTRS)) {
      posix().setXattr("/f", "user.small", bytes("v"), 0);
      expect(Errno.ENOSPC, () -> posix().setXattr("/f", "user.big", pattern(9_000, 1), 0));
      assertThat(posix().listXattrs("/f")).containsExactly("user.small");
      assertThat(posix().getXattr("/f", "user.small")).isEqualTo(bytes("v"));
    }
  }

  @Test
  default void attributesOutsideTheUserNamespace() throws Exception {
    put("/f", "x");
    expect(Errno.ENOTSUP, () -> posix().setXattr("/f", "trusted.a", bytes("v"), 0));
  }

  @Test
  default void attributesOfDirectory() throws Exception {
    posix().mkdir("/d", 0755);
    if (where(
        Capabilities.Feature.DIRECTORY_XATTRS,
        () -> posix().setXattr("/d", "user.a", bytes("v"), 0))) {
      put("/d/f", "x");
      reopen();
      assertThat(posix().getXattr("/d", "user.a")).isEqualTo(bytes("v"));
    }
  }

  @Test
  default void attributesSurviveWritingAndRename() throws Exception {
    put("/f", "x");
    if (capabilities().has(Capabilities.Feature.XATTRS)) {
      posix().setXattr("/f", "user.a", bytes("v"), 0);
      put("/f", "a new content");
      assertThat(posix().getXattr("/f", "user.a")).isEqualTo(bytes("v"));
      posix().rename("/f", "/g");
      reopen();
      assertThat(posix().getXattr("/g", "user.a")).isEqualTo(bytes("v"));
      assertThat(text("/g")).isEqualTo("a new content");
    }
  }
}
