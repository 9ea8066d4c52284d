package io.batchmount.launcher.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.launcher.account.Redaction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExecutionLogTest {
  @TempDir Path dir;

  @Test
  void whatWasSaidBeforeTheFileIsThereComesFirst() throws Exception {
    Path file = dir.resolve("execution.log");
    try (ExecutionLog log = new ExecutionLog()) {
      log.say("early");
      log.open(file);
      log.say("late");
    }
    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(2);
    assertThat(lines.get(0)).endsWith(" early");
    assertThat(lines.get(1)).endsWith(" late");
    assertThat(Instant.parse(lines.get(0).split(" ")[0])).isBefore(Instant.now().plusSeconds(1));
  }

  @Test
  void secretsAreLeftOut() throws Exception {
    Redaction.register("s3cr3t-of-the-log");
    Path file = dir.resolve("execution.log");
    try (ExecutionLog log = new ExecutionLog()) {
      log.open(file);
      log.say("command: curl -H s3cr3t-of-the-log");
    }
    assertThat(file).content().contains("command: curl").doesNotContain("s3cr3t-of-the-log");
  }

  @Test
  void linesAfterTheEndAreDroppedAndAFullVolumeIsToldOnce() throws Exception {
    ExecutionLog closed = new ExecutionLog();
    Path file = dir.resolve("execution.log");
    closed.open(file);
    closed.close();
    closed.say("too late");
    assertThat(file).isEmptyFile();
    ExecutionLog full = new ExecutionLog();
    full.open(Path.of("/dev/full"));
    full.say("one");
    full.say("two");
    assertThat(full.failure().orElseThrow()).contains("execution log could not be written");
  }
}
