package io.batchmount.launcher.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.batchmount.launcher.options.MountOptions.FileMode;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ValuesTest {
  @ParameterizedTest
  @CsvSource({
    "0,0",
    "4096,4096",
    "1k,1024",
    "1KiB,1024",
    "1KB,1000",
    "512M,536870912",
    "8MiB,8388608",
    "1.5GiB,1610612736",
    "20GiB,21474836480",
    "1TB,1000000000000",
    "20 GiB,21474836480"
  })
  void sizesAsUsersWriteThem(String text, long bytes) {
    assertThat(ByteSize.parse(text).bytes()).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "-1", "1XB", "GiB", "99999999999999999999T"})
  void badSizesNameTheText(String text) {
    assertThatThrownBy(() -> ByteSize.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "'");
  }

  @Test
  void sizesShownCanBeRead() {
    for (long bytes : new long[] {0, 1, 1023, 8 << 20, 3L << 30}) {
      assertThat(ByteSize.parse(new ByteSize(bytes).toString()).bytes()).isEqualTo(bytes);
    }
    assertThat(ByteSize.display(1536)).isEqualTo("1.5 KiB");
    assertThat(ByteSize.display(100)).isEqualTo("100 B");
  }

  @ParameterizedTest
  @CsvSource({
    "500ms,500",
    "120s,120000",
    "5m,300000",
    "1h30m,5400000",
    "90,90000",
    "PT2M,120000",
    "0,0",
    "1.5s,1500",
    "2d,172800000"
  })
  void durationsAsUsersWriteThem(String text, long millis) {
    assertThat(Durations.parse(text)).isEqualTo(Duration.ofMillis(millis));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "x", "-1s", "5 minutes", "10s later", "P", "PT-3S", "99999999999999999h"})
  void badDurationsNameTheText(String text) {
    assertThatThrownBy(() -> Durations.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "'");
  }

  @Test
  void modesAreOctal() {
    assertThat(FileMode.parse("0644").bits()).isEqualTo(0644);
    assertThat(FileMode.parse("777").toString()).isEqualTo("0777");
    assertThatThrownBy(() -> FileMode.parse("0689")).hasMessageContaining("octal");
    assertThatThrownBy(() -> FileMode.parse("17777")).hasMessageContaining("octal");
  }
}
