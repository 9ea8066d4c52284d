package io.batchmount.launcher.job;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StorageNamesTest {
  @ParameterizedTest
  @ValueSource(strings = {"abc", "0-1", "my-data-2", "batchaishare", "123"})
  void legal(String name) {
    assertThat(StorageNames.containerProblem(name)).isEmpty();
    assertThat(StorageNames.shareProblem(name)).isEmpty();
    assertThat(StorageNames.shareProblem("x".repeat(63))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "ab, not 2",
    "Corpus, lower-case",
    "my_data, lower-case",
    "my.data, lower-case",
    "größe, lower-case",
    "a b c, lower-case",
    "-abc, each hyphen",
    "abc-, each hyphen",
    "a--b, each hyphen",
    "'', not 0"
  })
  void illegalNamesTheRule(String name, String rule) {
    assertThat(StorageNames.containerProblem(name).orElseThrow())
        .startsWith("no container can be called '" + name + "': ")
        .contains(rule);
    assertThat(StorageNames.shareProblem(name).orElseThrow())
        .startsWith("no share can be called '" + name + "': ")
        .contains(rule);
    assertThat(StorageNames.shareProblem("x".repeat(64)).orElseThrow()).contains("not 64");
  }

  @ParameterizedTest
  @ValueSource(strings = {"$root", "$web", "$logs"})
  void specialContainersAreNoShares(String name) {
    assertThat(StorageNames.containerProblem(name)).isEmpty();
    assertThat(StorageNames.shareProblem(name)).isPresent();
  }
}
