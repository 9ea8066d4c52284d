package io.batchmount.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.core.testkit.Azurite;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** bin/demo does what the README says, twice, and leaves nothing behind when it is interrupted. */
@Timeout(value = 8, unit = TimeUnit.MINUTES)
class DemoTest {
  private static final Duration LIMIT = Duration.ofMinutes(4);

  @TempDir Path directory;

  @Test
  void runsTheJobAndShowsWhatItMade() throws Exception {
    Process demo = start();
    assertThat(demo.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).as(this::said).isTrue();
    assertThat(demo.exitValue()).as(this::said).isZero();
    List<String> outputs = said().lines().filter(line -> line.startsWith("output: ")).toList();
    assertThat(outputs).hasSize(3);
    for (String line : outputs) {
      assertThat(Path.of(line.substring("output: ".length()))).isNotEmptyFile();
    }
    assertThat(said()).contains("epoch  400").contains("done in ");
    assertNothingLeft();
  }

  /** Interrupted at points that its own words mark. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "starting Azurite",
        "putting data",
        "running the training job",
        "epoch  100",
        "copying log"
      })
  void interruptedItLeavesNothing(String point) throws Exception {
    Process demo = start();
    Awaitility.await().atMost(LIMIT).until(() -> said().contains(point) || !demo.isAlive());
    // a terminal's Ctrl-C goes to the whole foreground group; setsid made the demo the leader of
    // one
    new ProcessBuilder("kill", "-INT", "--", "-" + demo.pid())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
    assertThat(demo.waitFor(90, TimeUnit.SECONDS)).as(this::said).isTrue();
    if (!said().contains("output: ")) {
      assertThat(demo.exitValue()).as(this::said).isNotZero();
    }
    assertNothingLeft();
  }

  private Process start() throws IOException {
    Assumptions.assumeTrue(Files.exists(Path.of("/dev/fuse")), "no /dev/fuse here");
    ProcessBuilder builder =
        new ProcessBuilder("setsid", Azurite.projectRoot().resolve("bin/demo").toString())
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("said.txt").toFile());
    builder.environment().put("TMPDIR", directory.toString());
    // the build of the tests has made the distribution just now
    builder.environment().put("BATCHMOUNT_NO_BUILD", "1");
    return builder.start();
  }

  private String said() {
    try {
      return new String(Files.readAllBytes(directory.resolve("said.txt")), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }

  private void assertNothingLeft() throws IOException {
    assertThat(Files.readString(Path.of("/proc/self/mountinfo")))
        .doesNotContain(directory.toString());
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(processesOfTheDemo()).isEmpty());
    try (var left = Files.list(directory)) {
      assertThat(left.map(path -> path.getFileName().toString())).containsExactly("said.txt");
    }
  }

  /** All that the demo starts has its temporary directory in arguments or environment. */
  private List<String> processesOfTheDemo() {
    long self = ProcessHandle.current().pid();
    return ProcessHandle.allProcesses()
        .filter(process -> process.pid() != self)
        .filter(process -> environmentOf(process.pid()).contains("TMPDIR=" + directory + "\0"))
        .map(process -> process.pid() + " " + process.info().commandLine().orElse("?"))
        .toList();
  }

  private static String environmentOf(long pid) {
    try {
      return Files.readString(Path.of("/proc/" + pid + "/environ"), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return ""; // it has ended
    }
  }
}
