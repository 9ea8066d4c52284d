package io.batchmount.launcher.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.launcher.mount.ProcessFacts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a job runs does not outlive its launcher: closing the pipe is what the kernel does then. */
class WatchdogTest {
  private static final Duration GRACE = Duration.ofSeconds(20);

  @TempDir Path dir;

  private static Watchdog start() throws Exception {
    return Watchdog.start(Map.of("PATH", System.getenv("PATH")), GRACE);
  }

  private static Process group(String text) throws Exception {
    return new ProcessBuilder("setsid", "bash", "-c", text).start();
  }

  private static void awaitEnd(Process process) throws Exception {
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void groupsThatAreKnownAreEndedWithAllTheirProcesses() throws Exception {
    Path child = dir.resolve("child");
    Process leader =
        group("sleep 600 & echo $! > " + child + ".new; mv " + child + ".new " + child + "; wait");
    org.awaitility.Awaitility.await().until(() -> Files.exists(child));
    long inside = Long.parseLong(Files.readString(child).strip());
    Watchdog watchdog = start();
    watchdog.add(leader.pid());
    watchdog.close();
    awaitEnd(leader);
    awaitEnd(watchdog.process());
    assertThat(ProcessFacts.isRunning(inside)).isFalse();
  }

  @Test
  void whoDoesNotListenIsKilledAfterTheGrace() throws Exception {
    Path ready = dir.resolve("ready");
    Process deaf = group("trap '' TERM; touch " + ready + "; while :; do sleep 0.2; done");
    org.awaitility.Awaitility.await().until(() -> Files.exists(ready));
    Watchdog watchdog =
        Watchdog.start(Map.of("PATH", System.getenv("PATH")), Duration.ofSeconds(1));
    watchdog.add(deaf.pid());
    watchdog.close();
    awaitEnd(deaf);
    assertThat(deaf.exitValue()).isEqualTo(137);
  }

  @Test
  void groupThatHasEndedIsLeftAloneSinceItsNumberMayBeAnothers() throws Exception {
    Process other = group("sleep 600");
    try {
      Watchdog watchdog = start();
      watchdog.add(other.pid());
      watchdog.remove(other.pid());
      watchdog.close();
      awaitEnd(watchdog.process());
      assertThat(other.isAlive()).isTrue();
    } finally {
      other.destroyForcibly();
    }
  }

  @Test
  void containersAreRemovedByTheirEngine() throws Exception {
    Path said = dir.resolve("said");
    Path engine =
        Files.writeString(
            dir.resolve("engine"), "#!/bin/sh\nprintf '%s|' \"$@\" >> " + said + "\n");
    Files.setPosixFilePermissions(engine, PosixFilePermissions.fromString("rwx------"));
    Watchdog watchdog = start();
    watchdog.addContainer("batchmount-a-0", engine.toString());
    watchdog.addContainer("batchmount-a-1", engine.toString());
    watchdog.removeContainer("batchmount-a-1");
    watchdog.close();
    awaitEnd(watchdog.process());
    assertThat(said).hasContent("rm|--force|batchmount-a-0|");
  }

  @Test
  void namesAndPidsOnlyStandInItsArguments() throws Exception {
    Watchdog watchdog =
        Watchdog.start(
            Map.of("PATH", System.getenv("PATH"), "TOKEN", "s3cr3t-token"), Duration.ZERO);
    List<String> arguments =
        List.of(watchdog.process().info().arguments().orElseGet(() -> new String[0]));
    assertThat(arguments).noneMatch(a -> a.contains("s3cr3t-token"));
    watchdog.close();
    awaitEnd(watchdog.process());
  }
}
