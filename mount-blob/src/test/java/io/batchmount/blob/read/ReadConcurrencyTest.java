package io.batchmount.blob.read;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Lincheck on the read engine and its cache; what is checked is in {@link ReadConcurrency}. */
class ReadConcurrencyTest {
  private static void check(int scenarios, int invocations)
      throws IOException, InterruptedException {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-XX:+EnableDynamicAgentLoading",
                "--add-opens=java.base/java.nio=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                ReadConcurrency.class.getName(),
                Integer.toString(scenarios),
                Integer.toString(invocations))
            .redirectErrorStream(true)
            .start();
    try {
      child.getOutputStream().close();
      String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(child.waitFor()).as(said).isZero();
      assertThat(said)
          .contains("no scenario failed")
          .doesNotContain("Unable to transform io/batchmount");
    } finally {
      child.destroyForcibly();
    }
  }

  @Test
  @Timeout(400)
  void readersShareFetchesAndLoseNoPage() throws Exception {
    check(15, 100);
  }

  @Test
  @Tag("long")
  @Timeout(1200)
  void readersShareFetchesInManyScenarios() throws Exception {
    check(200, 1000);
  }
}
