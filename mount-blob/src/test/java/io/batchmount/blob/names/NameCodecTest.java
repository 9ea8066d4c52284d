package io.batchmount.blob.names;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Promise 4: names that a blob cannot have, under one reversible encoding that rclone reads. */
class NameCodecTest {
  private final NameCodec codec = new NameCodec(false);

  /** Left the file's name, right what rclone's azureblob backend stores for it. */
  @ParameterizedTest
  @CsvSource({
    "plain.txt, plain.txt",
    "back\\slash, back\uFF3Cslash",
    "dot., dot\uFF0E",
    "..., ..\uFF0E",
    "in.side, in.side",
    "\uFF3C, \u201B\uFF3C",
    "end\uFF0E, end\u201B\uFF0E",
    "mid\uFF0Edle, mid\uFF0Edle",
    "\u201Bquote, \u201B\u201Bquote",
    "\u2400, \u201B\u2400",
    "\u2421, \u201B\u2421",
    "\uFF0F, \uFF0F"
  })
  void encodesAsRcloneDoes(String name, String segment) throws Exception {
    assertThat(codec.toSegment(name)).isEqualTo(segment);
    assertThat(codec.toName(segment)).isEqualTo(name);
  }

  @Test
  void controlCharactersBecomePictures() throws Exception {
    assertThat(codec.toSegment("a\u0001b\nc\u007F")).isEqualTo("a\u2401b\u240Ac\u2421");
    assertThat(codec.toName("a\u2401b\u240Ac\u2421")).isEqualTo("a\u0001b\nc\u007F");
  }

  @ParameterizedTest
  @CsvSource({"''", ".", "..", "raw\\slash", "end.", "\u201Blone", "a\u201B"})
  void segmentsOfOtherToolsAreShownAndFound(String segment) throws Exception {
    String name = codec.toName(segment);
    assertThat(name).startsWith("\u201B=");
    assertThat(NameCodec.isForeignName(name)).isTrue();
    assertThat(codec.toSegment(name)).isEqualTo(segment);
  }

  @Test
  void refusingModeRefuses() throws Exception {
    NameCodec refusing = new NameCodec(true);
    assertThat(refusing.toSegment("plain")).isEqualTo("plain");
    assertThatThrownBy(() -> refusing.toSegment("dot."))
        .isInstanceOfSatisfying(
            FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
  }

  /** Every name comes back, and no two names share a segment; names made of the hard characters. */
  @Test
  void isReversible() throws Exception {
    String letters = "ab.\\\u201B=\uFF3C\uFF0E\u2400\u2401\u2421\u0001\u007F\n";
    Random random = new Random(42);
    Map<String, String> seen = new HashMap<>();
    for (int i = 0; i < 200_000; i++) {
      StringBuilder text = new StringBuilder();
      int length = 1 + random.nextInt(5);
      for (int j = 0; j < length; j++) {
        text.append(letters.charAt(random.nextInt(letters.length())));
      }
      String name = text.toString();
      if (!name.equals(".") && !name.equals("..")) {
        String segment = codec.toSegment(name);
        assertThat(codec.toName(segment)).isEqualTo(name);
        String other = seen.put(segment, name);
        assertThat(other == null || other.equals(name)).as("%s", segment).isTrue();
      }
      // and as a segment that somebody else made
      assertThat(codec.toSegment(codec.toName(name))).isEqualTo(name);
    }
  }
}
