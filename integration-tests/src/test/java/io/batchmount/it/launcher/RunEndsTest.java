package io.batchmount.it.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.it.support.Batchmount;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** How a run ends: exit codes, signals, time limit, daemons, a killed launcher, secrets. */
class RunEndsTest extends LauncherFixture {
  @Test
  void exitCodesOfTheCommand() {
    String job = job(custom("exit 7"));
    run("seven", job).expect(7);
    Batchmount.Result missing = run("missing", job, "--", "no-such-command-here");
    missing.expect(127);
    assertThat(missing.stderr().lines().reduce((a, b) -> b).orElse("")).startsWith("batchmount: ");
    Path plain = write("plain.txt", "not a program\n");
    run("notexec", job, "--", plain.toString()).expect(126);
    run("killed", job, "--", "bash", "-c", "kill -9 $$").expect(137);
  }

  @Test
  void timeLimit() {
    run("limit", job("\"constraints\": {\"maxWallClockTime\": \"PT2S\"}," + custom("sleep 600")))
        .expect(124);
  }

  @Test
  void commandGetsItsArgumentsUnchanged() {
    Batchmount.Result result =
        run("words", job(custom("exit 1")), "--", "printf", "%s|", "-x", "a b", "$HOME", "ü", "--");
    assertThat(result.expect(0).stdout()).isEqualTo("-x|a b|$HOME|ü|--|");
  }

  @Test
  void signalReachesTheJobAndAllIsSaved() throws Exception {
    Path file =
        write(
            "sig.json",
            job(custom("trap 'echo last; exit 5' TERM; echo begun; while :; do sleep 0.1; done")));
    try (Batchmount.Running running =
        batchmount.start("run", "-f", file.toString(), "--job-name", "sig", "--job-id", "id")) {
      running.awaitOutput("begun");
      running.signal("TERM");
      running.await(Batchmount.LIMIT).expect(5);
    }
    assertThat(content("sig", "stdout.txt")).isEqualTo("begun\nlast\n");
  }

  @Test
  void daemonOfTheJobIsEnded() throws Exception {
    String marker = "daemon" + UUID.randomUUID();
    run("daemon", job(custom("bash -c 'exec -a " + marker + " sleep 600' & echo done"))).expect(0);
    Awaitility.await().until(() -> !commandLines().contains(marker));
    assertThat(content("daemon", "stdout.txt")).isEqualTo("done\n");
  }

  private static String commandLines() throws IOException {
    StringBuilder all = new StringBuilder();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        try {
          all.append(
              new String(
                  Files.readAllBytes(process.resolve("cmdline")), StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
          all.append('\n'); // it has just ended
        }
      }
    }
    return all.toString();
  }

  @Test
  void killedLauncherIsCleanedUpByTheNextStart() throws Exception {
    String marker = "orphan" + UUID.randomUUID();
    Path file =
        write(
            "kill.json",
            job(custom("bash -c 'exec -a " + marker + " sleep 600' & echo begun; sleep 600")));
    Path root = work.resolve("mounts");
    try (Batchmount.Running running =
        batchmount.start(
            "run",
            "-f",
            file.toString(),
            "--job-name",
            "kill",
            "--job-id",
            "id",
            "--mount-root",
            root.toString())) {
      running.awaitOutput("begun");
      assertThat(mounts()).hasSize(2);
      running.signal("KILL");
      // the process may only go once its mounts are aborted, which the next start does
      Awaitility.await().until(() -> !commandLines().contains("kill.json"));
      // what the job ran ends without waiting for a next start
      Awaitility.await().atMost(Batchmount.LIMIT).until(() -> !commandLines().contains(marker));
      run("after", job(custom("true"))).expect(0);
      running.await(Batchmount.LIMIT);
    }
    assertThat(mounts()).isEmpty();
    assertThat(root).isEmptyDirectory();
    assertThat(batchmount.run("job", "list").expect(0).stdout()).contains("failed");
    assertThat(batchmount.run("job", "show", "-j", "kill").expect(0).stdout()).contains("NodeLost");
  }

  @Test
  void logIsFollowedWhileTheJobRuns() throws Exception {
    Path go = work.resolve("go");
    Path file =
        write(
            "live.json",
            job(
                custom(
                    "echo first; while [ ! -e " + go + " ]; do sleep 0.1; done; printf 'ü-last'")));
    try (Batchmount.Running running =
            batchmount.start("run", "-f", file.toString(), "--job-name", "live", "--job-id", "id");
        Batchmount.Running reader =
            batchmount.start(
                "job",
                "file",
                "stream",
                "--job-path",
                share + "/" + SEGMENT_HEAD + "live/id",
                "-f",
                "stdout.txt")) {
      reader.awaitOutput("first");
      Files.createFile(go);
      running.await(Batchmount.LIMIT).expect(0);
      assertThat(reader.await(Batchmount.LIMIT).expect(0).stdout()).isEqualTo("first\nü-last");
    }
  }

  @Test
  void noSecretIsWrittenAnywhere() throws Exception {
    String secret = "marker" + UUID.randomUUID();
    Path file =
        write(
            "secret.json",
            job(
                "\"secrets\": [{\"name\": \"TOKEN\", \"value\": \""
                    + secret
                    + "\"}],"
                    + custom("echo begun; while [ ! -e " + work + "/go ]; do sleep 0.1; done")));
    try (Batchmount.Running running =
        batchmount.start(
            "run",
            "-f",
            file.toString(),
            "--job-name",
            "secret",
            "--job-id",
            "id",
            "--log-level",
            "trace")) {
      running.awaitOutput("begun");
      String lines = commandLines();
      assertThat(lines).doesNotContain(secret).doesNotContain(key());
      Files.createFile(work.resolve("go"));
      running.await(Batchmount.LIMIT).expect(0);
    }
    try (Stream<Path> files = Files.walk(work.resolve("state"))) {
      for (Path written : files.filter(Files::isRegularFile).toList()) {
        String text = new String(Files.readAllBytes(written), StandardCharsets.ISO_8859_1);
        assertThat(text).as(written.toString()).doesNotContain(secret).doesNotContain(key());
      }
    }
    assertThat(content("secret", "execution.log")).doesNotContain(secret).doesNotContain(key());
    for (String shown :
        List.of(
            batchmount.run("job", "show", "-j", "secret").stdout(),
            batchmount.run("run", "-f", file.toString(), "--dry-run", "--json").stdout())) {
      assertThat(shown).doesNotContain(secret).doesNotContain(key());
    }
  }
}
