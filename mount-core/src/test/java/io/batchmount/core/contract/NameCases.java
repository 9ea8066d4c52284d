package io.batchmount.core.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.core.Errno;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Names that break URLs, XML, headers, shells and other systems' rules. */
public interface NameCases extends ContractSubject {
  /** Names that every mount must keep as they are. */
  static List<String> unusualNames() {
    return List.of(
        "with space",
        " leading and trailing ",
        "percent%20sign%",
        "%2F",
        "hash#tag",
        "plus+sign",
        "ampersand&and",
        "question?mark",
        "star*",
        "single'quote",
        "double\"quote",
        "back\\slash",
        "colon:second",
        "pipe|bar",
        "less<than>greater",
        "trailing.dot.",
        "...",
        ".hidden",
        "semi;colon,comma",
        "equals=at@dollar$",
        "brackets[a]{b}(c)",
        "caret^grave`tilde~",
        "exclamation!",
        "tab\there",
        "line\nbreak",
        "\u0001control",
        "\u007fdelete",
        "na\u00efve-\u00e9t\u00e9",
        "na\u0069\u0308ve-decomposed",
        "\u65e5\u672c\u8a9e",
        "\u0440\u0443\u0441\u0441\u043a\u0438\u0439",
        "emoji-\ud83d\ude80",
        "\uff0ffullwidth-slash\uff3c\uff1a\uff0a\uff1f",
        "\u2400symbol-for-null",
        "\u202eright-to-left",
        "CON",
        "nul.txt",
        "-dash",
        "$root",
        "a".repeat(255),
        "\u00e9".repeat(127) + "x",
        "\ud83d\ude80".repeat(63));
  }

  @ParameterizedTest
  @MethodSource("unusualNames")
  default void unusualNameIsKept(String name) throws Exception {
    put("/" + name, "content of a file");
    assertThat(posix().list("/")).containsExactly(name);
    assertThat(posix().lstat("/" + name).size()).isEqualTo(17);
    posix().mkdir("/d", 0755);
    posix().rename("/" + name, "/d/" + name);
    assertThat(posix().list("/d")).containsExactly(name);
    reopen();
    assertThat(posix().list("/d")).containsExactly(name);
    assertThat(text("/d/" + name)).isEqualTo("content of a file");
    posix().unlink("/d/" + name);
    assertThat(posix().list("/d")).isEmpty();
    posix().mkdir("/d/" + name, 0755);
    put("/d/" + name + "/" + name, "inside");
    assertThat(posix().list("/d")).containsExactly(name);
    assertThat(posix().list("/d/" + name)).containsExactly(name);
    assertThat(text("/d/" + name + "/" + name)).isEqualTo("inside");
    posix().unlink("/d/" + name + "/" + name);
    posix().rmdir("/d/" + name);
    assertThat(posix().list("/d")).isEmpty();
  }

  @Test
  default void namesThatLookLikeEachOthersEncodingAreDifferent() throws Exception {
    List<String> names =
        List.of(
            "a b", "a%20b", "a+b", "a%2Bb", "a%2520b", "a\\b", "a\uff3cb", "a.", "a\uff0e", "a");
    for (String name : names) {
      put("/" + name, name);
    }
    assertThat(posix().list("/")).containsExactlyInAnyOrderElementsOf(names);
    for (String name : names) {
      assertThat(text("/" + name)).isEqualTo(name);
    }
  }

  @Test
  default void tooLongName() throws Exception {
    for (String name : List.of("n".repeat(256), "\u00e9".repeat(128), "n".repeat(1000))) {
      expect(Errno.ENAMETOOLONG, () -> posix().lstat("/" + name));
      expect(Errno.ENAMETOOLONG, () -> posix().open("/" + name, WRONLY | CREAT, 0644));
      expect(Errno.ENAMETOOLONG, () -> posix().mkdir("/" + name, 0755));
    }
    assertThat(posix().list("/")).isEmpty();
  }

  @Test
  default void namesThatDifferInCase() throws Exception {
    put("/name", "lower");
    boolean two =
        where(
            Capabilities.Feature.CASE_SENSITIVE_NAMES,
            () -> posix().close(posix().open("/NAME", WRONLY | CREAT | EXCL, 0644)));
    if (two) {
      put("/NAME", "UPPER");
      assertThat(text("/name")).isEqualTo("lower");
      assertThat(posix().list("/")).containsExactlyInAnyOrder("name", "NAME");
    } else {
      assertThat(text("/NAME")).isEqualTo("lower");
      assertThat(posix().list("/")).containsExactly("name");
    }
  }
}
