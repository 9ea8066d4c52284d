package io.batchmount.blob;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NamePatternsTest {
  @ParameterizedTest
  @CsvSource({
    "*.log,a.log,true",
    "*.log,.log,true",
    "*.log,a.log.gz,false",
    "*.log,axlog,false",
    "*.log:*.txt,b.txt,true",
    "part-????,part-0001,true",
    "part-????,part-01,false",
    "*,\u00fcml\u00e4ut \ud83d\ude00,true",
    "?,\ud83d\ude00,true",
    "a[1].{b},a[1].{b},true",
    "a[1].{b},a1.b,false",
    "a\\b,a\\b,true",
    "*.LOG,a.log,false"
  })
  void starsAndQuestionMarksOnly(String patterns, String name, boolean matches) {
    assertThat(NamePatterns.parse(patterns).matches(name)).isEqualTo(matches);
  }

  @Test
  void noneMatchesNothing() {
    assertThat(NamePatterns.NONE.matches("")).isFalse();
    assertThat(NamePatterns.NONE.isEmpty()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ":", "*.log:", "a/b", "/"})
  void whatIsNoPatternIsToldWithItsText(String text) {
    assertThatThrownBy(() -> NamePatterns.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "'");
  }

  @Test
  void shownAsItIsRead() {
    assertThat(NamePatterns.parse("*.log:x?").toString()).isEqualTo("*.log:x?");
    assertThat(NamePatterns.parse("*.log")).isEqualTo(NamePatterns.parse("*.log"));
  }
}
