package io.batchmount.launcher.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.launcher.mount.ProcessFacts;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes of a job, without volumes. */
class ProcessSetTest {
  private static final Duration LONG = Duration.ofMinutes(5);

  @TempDir Path dir;
  private final StopRequest stop = new StopRequest();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final List<String> problems = new ArrayList<>();
  private Watchdog watchdog;

  @BeforeEach
  void startWatchdog() throws IOException {
    watchdog = Watchdog.start(Map.of("PATH", System.getenv("PATH")), Duration.ofSeconds(1));
  }

  @AfterEach
  void endWatchdog() {
    watchdog.close();
  }

  private JobProcess.Spec spec(String name, boolean counts, String... words) {
    return new JobProcess.Spec(
        name,
        List.of(words),
        Map.of("PATH", System.getenv("PATH")),
        dir,
        false,
        dir.resolve(name + ".out"),
        dir.resolve(name + ".err"),
        true,
        counts,
        Optional.empty());
  }

  private JobProcess.Spec shell(String name, String text) {
    return spec(name, true, "bash", "-c", text);
  }

  private ProcessSet.Outcome run(Duration limit, OutputStream caller, JobProcess.Spec... specs)
      throws Exception {
    return ProcessSet.run(
        List.of(specs),
        new ProcessSet.Surroundings(Duration.ofSeconds(20), caller, err, stop, watchdog),
        limit,
        problems,
        set -> {});
  }

  private ProcessSet.Outcome run(JobProcess.Spec... specs) throws Exception {
    return run(LONG, out, specs);
  }

  @Test
  void exitCodesAreTheProcessesOwn() throws Exception {
    assertThat(run(shell("a", "exit 0")).exitCode()).isZero();
    assertThat(run(shell("b", "exit 7")).exitCode()).isEqualTo(7);
    assertThat(run(shell("c", "kill -9 $$")).exitCode()).isEqualTo(137);
    assertThat(run(spec("d", true, "no-such-command-here")).exitCode()).isEqualTo(127);
    Path plain = Files.writeString(dir.resolve("plain"), "no program\n");
    assertThat(run(spec("e", true, plain.toString())).exitCode()).isEqualTo(126);
  }

  @Test
  void bytesAreKeptAndPassedOnUnchangedAndApart() throws Exception {
    run(shell("a", "printf 'a\\000\\377b'; printf 'e\\n' >&2"));
    byte[] expected = {'a', 0, (byte) 0xff, 'b'};
    assertThat(dir.resolve("a.out")).hasBinaryContent(expected);
    assertThat(out.toByteArray()).isEqualTo(expected);
    assertThat(dir.resolve("a.err")).hasContent("e\n");
    assertThat(err.toString(StandardCharsets.UTF_8)).isEqualTo("e\n");
    assertThat(problems).isEmpty();
  }

  @Test
  void filesAreThereAlsoWhenNothingIsPrinted() throws Exception {
    run(shell("silent", "true"));
    assertThat(dir.resolve("silent.out")).isEmptyFile();
    assertThat(dir.resolve("silent.err")).isEmptyFile();
  }

  @Test
  void callerThatNoLongerListensDoesNotStopTheJob() throws Exception {
    OutputStream gone =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("broken pipe");
          }
        };
    assertThat(run(LONG, gone, shell("a", "echo one; echo two")).exitCode()).isZero();
    assertThat(dir.resolve("a.out")).hasContent("one\ntwo\n");
    assertThat(problems).isEmpty();
  }

  @Test
  void outputThatCannotBeKeptIsReportedAndTheJobGoesOn() throws Exception {
    // /dev/full takes no byte: what a full share says at the end
    JobProcess.Spec full =
        new JobProcess.Spec(
            "full",
            List.of("bash", "-c", "echo much; exit 3"),
            Map.of("PATH", System.getenv("PATH")),
            dir,
            false,
            Path.of("/dev/full"),
            dir.resolve("full.err"),
            true,
            true,
            Optional.empty());
    assertThat(run(full).exitCode()).isEqualTo(3);
    assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("much\n");
    assertThat(problems).singleElement().asString().contains("/dev/full could not be written");
  }

  @Test
  void firstFailureEndsTheOthersAndItsCodeCounts() throws Exception {
    ProcessSet.Outcome outcome =
        run(shell("long", "sleep 600"), shell("fails", "exit 5"), shell("other", "sleep 600"));
    assertThat(outcome).isEqualTo(new ProcessSet.Outcome(5, false));
  }

  @Test
  void thoseThatDoNotCountAreStoppedWhenTheOthersAreDone() throws Exception {
    ProcessSet.Outcome outcome =
        run(spec("server", false, "bash", "-c", "sleep 600; exit 9"), shell("worker", "exit 0"));
    assertThat(outcome.exitCode()).isZero();
    assertThat(run(spec("bad", false, "bash", "-c", "exit 9"), shell("w", "exit 0")).exitCode())
        .isZero();
  }

  @Test
  void timeLimitEndsAll() throws Exception {
    assertThat(run(Duration.ofMillis(200), out, shell("a", "sleep 600")))
        .isEqualTo(new ProcessSet.Outcome(124, true));
  }

  @Test
  void signalReachesEveryProcessOfTheGroup() throws Exception {
    Path ready = dir.resolve("ready");
    Thread sender =
        new Thread(
            () -> {
              org.awaitility.Awaitility.await().until(() -> Files.exists(ready));
              stop.request("TERM", 15);
            });
    sender.start();
    ProcessSet.Outcome outcome =
        run(
            shell(
                "a",
                "trap 'echo outer; exit 4' TERM; bash -c \"trap 'echo inner; exit 0' TERM; touch "
                    + ready
                    + "; while :; do sleep 0.1; done\"; while :; do sleep 0.1; done"));
    sender.join();
    assertThat(outcome.exitCode()).isEqualTo(4);
    assertThat(dir.resolve("a.out")).content().contains("inner", "outer");
  }

  @Test
  void daemonThatKeepsThePipeIsEndedAndDoesNotHoldTheRunUp() throws Exception {
    Path pid = dir.resolve("pid");
    assertThat(run(shell("a", "sleep 600 & echo $! > " + pid + "; echo done")).exitCode()).isZero();
    long daemon = Long.parseLong(Files.readString(pid).strip());
    assertThat(ProcessFacts.isRunning(daemon)).isFalse();
    assertThat(dir.resolve("a.out")).hasContent("done\n");
  }
}
