package io.batchmount.launcher.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class NearestNameTest {
  private static final Set<String> KNOWN =
      Set.of("mountVolumes", "cache-size", "cache-dir", "nodeCount");

  @Test
  void slipsOfThePenAreForgiven() {
    assertThat(NearestName.of("mountVolume", KNOWN)).contains("mountVolumes");
    assertThat(NearestName.of("cahce-size", KNOWN)).contains("cache-size");
    assertThat(NearestName.of("nodecount", KNOWN)).contains("nodeCount");
    assertThat(NearestName.distance("ab", "ba")).isEqualTo(1);
  }

  @Test
  void otherWordsAreNot() {
    assertThat(NearestName.of("zebra", KNOWN)).isEmpty();
    assertThat(NearestName.of("", KNOWN)).isEmpty();
    assertThat(NearestName.hint("zebra", KNOWN)).isEmpty();
    assertThat(NearestName.hint("cache-dri", KNOWN)).isEqualTo(", did you mean cache-dir?");
  }
}
