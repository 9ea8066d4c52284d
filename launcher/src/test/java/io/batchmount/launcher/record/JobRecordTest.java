package io.batchmount.launcher.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.batchmount.launcher.account.Redaction;
import io.batchmount.launcher.mount.ProcessFacts;
import io.batchmount.launcher.run.LostJobs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobRecordTest {
  private static final Instant NOON = Instant.parse("2026-01-02T12:00:00Z");

  @TempDir Path dir;

  private static JobRecord record(String name, String id, Instant created, long pid, String boot) {
    return new JobRecord(
        name,
        id,
        "s/g/workspaces/w/experiments/e/jobs/" + name + "/" + id,
        JobState.QUEUED,
        created,
        Optional.empty(),
        Optional.empty(),
        created,
        OptionalInt.empty(),
        List.of(),
        "node1",
        pid,
        boot,
        Map.of("stdouterr", new JobRecord.Place("files", "acct", "logs", "p/stdouterr")),
        List.of(new JobRecord.Mount("azureFileShare", "logs", "/m/afs")),
        JsonNodeFactory.instance.objectNode(),
        JsonNodeFactory.instance.objectNode());
  }

  private static JobRecord record() {
    return record("fit", "1", NOON, 1, "boot");
  }

  @Test
  void statesAndTimesFollowEachOther() {
    JobRecord running = record().with(JobState.RUNNING, NOON.plusSeconds(5));
    assertThat(record().startedAt()).isEmpty();
    assertThat(running.startedAt()).contains(NOON.plusSeconds(5));
    JobRecord stopping = running.with(JobState.TERMINATING, NOON.plusSeconds(7));
    assertThat(stopping.startedAt()).contains(NOON.plusSeconds(5));
    assertThat(stopping.endedAt()).isEmpty();
    JobRecord ended =
        stopping.ended(
            JobState.FAILED,
            143,
            List.of(new JobError(JobError.TERMINATED, "by signal 15", Map.of("a", "b"))),
            JsonNodeFactory.instance.objectNode(),
            NOON.plusSeconds(9));
    assertThat(ended.endedAt()).contains(NOON.plusSeconds(9));
    assertThat(ended.exitCode()).hasValue(143);
  }

  @Test
  void whatIsWrittenIsWhatIsRead() throws Exception {
    JobRecord ended =
        record()
            .with(JobState.RUNNING, NOON.plusSeconds(5))
            .ended(
                JobState.FAILED,
                -1,
                List.of(new JobError(JobError.SHARE_MOUNT, "no", Map.of("source", "files:logs"))),
                JsonNodeFactory.instance.objectNode().put("x", 1),
                NOON.plusSeconds(9));
    assertThat(JobRecord.parse(ended.toBytes())).isEqualTo(ended);
  }

  @Test
  void otherAndHalfWrittenFilesAreRefused() {
    byte[] whole = record().toBytes();
    for (String text :
        List.of(
            "",
            "{}",
            "{\"format\": 2}",
            new String(whole, 0, whole.length / 2, StandardCharsets.UTF_8))) {
      assertThatThrownBy(() -> JobRecord.parse(text.getBytes(StandardCharsets.UTF_8)))
          .as(text)
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void secretsAreRedactedOnTheWay() {
    Redaction.register("s3cr3t-of-the-record");
    JobRecord ended =
        record()
            .ended(
                JobState.FAILED,
                1,
                List.of(new JobError("X", "said s3cr3t-of-the-record")),
                JsonNodeFactory.instance.objectNode(),
                NOON);
    assertThat(new String(ended.toBytes(), StandardCharsets.UTF_8))
        .doesNotContain("s3cr3t-of-the-record");
  }

  @Test
  void runningJobOfWhichNothingIsHeardIsLostAndAnEndedOneNever() {
    JobRecord running = record().with(JobState.RUNNING, NOON);
    assertThat(running.isLost(NOON.plus(JobRecord.LOST_AFTER))).isFalse();
    assertThat(running.isLost(NOON.plus(JobRecord.LOST_AFTER).plusSeconds(1))).isTrue();
    JobRecord ended =
        running.ended(
            JobState.SUCCEEDED, 0, List.of(), JsonNodeFactory.instance.objectNode(), NOON);
    assertThat(ended.isLost(NOON.plusSeconds(1_000_000))).isFalse();
  }

  /** By a clock an hour ahead of the node's every running job is long silent. */
  @Test
  void clockWrongByAnHourLosesNoJob() {
    LostWatch watch = new LostWatch();
    Instant ahead = NOON.plusSeconds(3600);
    long nanos = 0;
    for (int i = 0; i < 100; i++) {
      JobRecord touched =
          record().with(JobState.RUNNING, NOON.plus(JobRecord.TOUCH_EVERY.multipliedBy(i)));
      assertThat(watch.isLost(touched, ahead, nanos)).isFalse();
      nanos += JobRecord.TOUCH_EVERY.toNanos();
      assertThat(watch.isLost(touched, ahead, nanos)).isFalse();
    }
  }

  @Test
  void recordThatDoesNotChangeIsOfALostJobWhateverTheClocksSay() {
    JobRecord running = record().with(JobState.RUNNING, NOON);
    LostWatch behind = new LostWatch();
    Instant hourBehind = NOON.minusSeconds(3600);
    assertThat(behind.isLost(running, hourBehind, 0)).isFalse();
    assertThat(behind.isLost(running, hourBehind, JobRecord.LOST_AFTER.toNanos() - 1)).isFalse();
    assertThat(behind.isLost(running, hourBehind, JobRecord.LOST_AFTER.toNanos())).isTrue();
    LostWatch right = new LostWatch();
    Instant later = NOON.plusSeconds(3600);
    assertThat(right.isLost(running, later, 0)).isFalse();
    assertThat(right.isLost(running, later, LostWatch.OLD_ALREADY.toNanos())).isTrue();
    JobRecord ended =
        running.ended(
            JobState.SUCCEEDED, 0, List.of(), JsonNodeFactory.instance.objectNode(), NOON);
    assertThat(right.isLost(ended, later, LostWatch.OLD_ALREADY.toNanos())).isFalse();
  }

  @Test
  void newestRunOfANameIsFoundFirst() throws Exception {
    LocalJobs jobs = new LocalJobs(dir);
    assertThat(jobs.all()).isEmpty();
    jobs.put(record("fit", "1", NOON, 1, "b"));
    jobs.put(record("fit", "2", NOON.plusSeconds(60), 1, "b"));
    jobs.put(record("other", "1", NOON.plusSeconds(90), 1, "b"));
    Files.writeString(dir.resolve("jobs/broken.json"), "{");
    assertThat(jobs.all())
        .extracting(JobRecord::createdAt)
        .isSortedAccordingTo(java.util.Comparator.reverseOrder());
    assertThat(jobs.find("fit", Optional.empty()).orElseThrow().id()).isEqualTo("2");
    assertThat(jobs.find("fit", Optional.of("1")).orElseThrow().id()).isEqualTo("1");
    jobs.remove(jobs.find("fit", Optional.of("2")).orElseThrow());
    assertThat(jobs.find("fit", Optional.empty()).orElseThrow().id()).isEqualTo("1");
  }

  /** The node was killed or restarted while a job ran: what the record then says. */
  @Test
  void nodeThatWasRestartedIsToldFromALauncherThatWasKilled() throws Exception {
    Process gone = new ProcessBuilder("true").start();
    gone.waitFor();
    long alive = ProcessHandle.current().pid();
    LocalJobs jobs = new LocalJobs(dir);
    jobs.put(record("rebooted", "1", NOON, alive, "an-earlier-boot").with(JobState.RUNNING, NOON));
    jobs.put(
        record("killed", "1", NOON, gone.pid(), ProcessFacts.bootId())
            .with(JobState.RUNNING, NOON));
    jobs.put(record("alive", "1", NOON, alive, ProcessFacts.bootId()).with(JobState.RUNNING, NOON));
    JobRecord over =
        record("over", "1", NOON, gone.pid(), "an-earlier-boot")
            .ended(JobState.SUCCEEDED, 0, List.of(), JsonNodeFactory.instance.objectNode(), NOON);
    jobs.put(over);
    LostJobs.mark(dir);
    JobRecord rebooted = jobs.find("rebooted", Optional.empty()).orElseThrow();
    assertThat(rebooted.state()).isEqualTo(JobState.FAILED);
    assertThat(rebooted.exitCode()).hasValue(-1);
    assertThat(rebooted.errors())
        .containsExactly(
            new JobError(JobError.NODE_LOST, "the node was restarted while the job ran"));
    assertThat(jobs.find("killed", Optional.empty()).orElseThrow().errors())
        .containsExactly(
            new JobError(
                JobError.NODE_LOST, "the launcher ended without a last word; it was killed"));
    assertThat(jobs.find("alive", Optional.empty()).orElseThrow().state())
        .isEqualTo(JobState.RUNNING);
    assertThat(jobs.find("over", Optional.empty()).orElseThrow()).isEqualTo(over);
  }
}
