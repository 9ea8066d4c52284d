package io.batchmount.launcher.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.batchmount.launcher.account.AccountResolver;
import io.batchmount.launcher.job.ConfigurationFiles;
import io.batchmount.launcher.job.LoadedJob;
import io.batchmount.launcher.mount.ProcessResources;
import io.batchmount.launcher.options.ConfigFile;
import io.batchmount.launcher.options.MountOptions;
import io.batchmount.launcher.options.Settings;
import io.batchmount.launcher.plan.DefaultRoots;
import io.batchmount.launcher.plan.JobIdentity;
import io.batchmount.launcher.plan.JobPlan;
import io.batchmount.launcher.plan.JobPlanRequest;
import io.batchmount.launcher.plan.JobPlanner;
import io.batchmount.launcher.plan.NodeSelection;
import io.batchmount.launcher.record.JobError;
import io.batchmount.launcher.record.JobRecord;
import io.batchmount.launcher.record.JobState;
import io.batchmount.launcher.record.LocalJobs;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written where and when; the volume is a directory of the test. */
class RecordKeeperTest {
  private static final Duration OFTEN = Duration.ofMillis(5);

  @TempDir Path dir;
  private RecordKeeper keeper;
  private JobPlan plan;

  @BeforeEach
  void oneNode() {
    keeper = keeper(1, NodeSelection.LOCAL, Duration.ofDays(1));
  }

  @AfterEach
  void stopTouching() {
    end(JobState.FAILED, -1);
  }

  private RecordKeeper keeper(int nodes, NodeSelection selection, Duration touchEvery) {
    LoadedJob loaded =
        ConfigurationFiles.parseJob(
            "fit.json",
            ("{\"nodeCount\": "
                    + nodes
                    + ", \"stdOutErrPathPrefix\": \""
                    + dir.resolve("volume")
                    + "\", "
                    + "\"customToolkitSettings\": {\"commandLine\": \"true\"}}")
                .getBytes(StandardCharsets.UTF_8),
            true);
    plan =
        JobPlanner.plan(
            JobPlanRequest.builder(
                    loaded, new DefaultRoots(dir.resolve("cluster"), dir.resolve("jobs")))
                .identity(
                    JobIdentity.forFile("fit")
                        .with(
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.of("id")))
                .nodes(selection)
                .build());
    return new RecordKeeper(
        new RunContext(
            plan,
            loaded,
            dir.resolve("state"),
            Map.of(),
            new AccountResolver(name -> Optional.empty(), new Settings(Map.of(), ConfigFile.NONE)),
            new MountOptions(),
            ProcessResources.withoutDiskCache(dir.resolve("journal")),
            new FakeVolumes(dir.resolve("saved")),
            reference -> {
              throw new AssertionError("no secrets here");
            },
            Optional.empty(),
            Optional.empty(),
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            OutputStream.nullOutputStream(),
            OutputStream.nullOutputStream(),
            message -> {},
            progress -> {},
            Optional.empty()),
        touchEvery);
  }

  private Path volumeFile() {
    return plan.stdOutErrDirectory().resolveSibling(JobRecord.FILE_NAME);
  }

  private JobRecord onVolume() throws IOException {
    return JobRecord.parse(Files.readAllBytes(volumeFile()));
  }

  private JobRecord local() throws IOException {
    return new LocalJobs(dir.resolve("state")).find("fit", Optional.of("id")).orElseThrow();
  }

  private void end(JobState state, int code) {
    keeper.end(state, code, List.of(), JsonNodeFactory.instance.objectNode());
  }

  @Test
  void queuedJobIsRecordedHereAndNotYetOnItsVolume() throws Exception {
    keeper.begin();
    assertThat(local().state()).isEqualTo(JobState.QUEUED);
    assertThat(local().pid()).isEqualTo(ProcessHandle.current().pid());
    assertThat(dir.resolve("volume")).doesNotExist();
  }

  @Test
  void runningTerminatingAndEndedAreWrittenToBoth() throws Exception {
    keeper.begin();
    keeper.running();
    assertThat(onVolume().state()).isEqualTo(JobState.RUNNING);
    assertThat(local()).isEqualTo(onVolume());
    keeper.terminating();
    assertThat(onVolume().state()).isEqualTo(JobState.TERMINATING);
    assertThat(local()).isEqualTo(onVolume());
    ObjectNode report = JsonNodeFactory.instance.objectNode().put("x", 1);
    List<JobError> errors = List.of(new JobError(JobError.TERMINATED, "by signal 15"));
    keeper.end(JobState.FAILED, 143, errors, report);
    assertThat(onVolume().exitCode()).hasValue(143);
    assertThat(onVolume().errors()).isEqualTo(errors);
    assertThat(onVolume().report()).isEqualTo(report);
    assertThat(local()).isEqualTo(onVolume()).isEqualTo(keeper.record());
    assertThat(volumeFile().getParent()).isDirectoryNotContaining("glob:**.tmp");
  }

  /** As when the signal ended the command just before. */
  @Test
  void wishToEndThatComesLateChangesNothing() throws Exception {
    keeper.running();
    end(JobState.SUCCEEDED, 0);
    keeper.terminating();
    assertThat(onVolume().state()).isEqualTo(JobState.SUCCEEDED);
    assertThat(local().state()).isEqualTo(JobState.SUCCEEDED);
  }

  @Test
  void jobWhoseVolumesWereNeverThereIsRecordedHereOnly() throws Exception {
    keeper.begin();
    keeper.terminating();
    assertThat(local().state()).isEqualTo(JobState.QUEUED);
    end(JobState.FAILED, -1);
    assertThat(local().exitCode()).hasValue(-1);
    assertThat(dir.resolve("volume")).doesNotExist();
    assertThat(keeper.failures()).isEmpty();
  }

  @Test
  void lastWordAfterUnmountingDoesNotTouchWhatWasTheVolume() throws Exception {
    keeper.running();
    end(JobState.SUCCEEDED, 0);
    keeper.endLocally(JobState.FAILED, 4, List.of(), JsonNodeFactory.instance.objectNode());
    assertThat(local().exitCode()).hasValue(4);
    assertThat(onVolume().exitCode()).hasValue(0);
  }

  @Test
  void recordIsTouchedWhileTheJobRunsAndNotAfter() throws Exception {
    keeper = keeper(1, NodeSelection.LOCAL, OFTEN);
    keeper.running();
    Instant first = onVolume().touchedAt();
    Awaitility.await().until(() -> onVolume().touchedAt().isAfter(first));
    assertThat(onVolume().startedAt()).contains(first);
    assertThat(onVolume().state()).isEqualTo(JobState.RUNNING);
    end(JobState.SUCCEEDED, 0);
    JobRecord last = onVolume();
    Awaitility.await().during(OFTEN.multipliedBy(20)).until(() -> onVolume().equals(last));
  }

  @Test
  void onlyTheMasterWritesToTheVolume() throws Exception {
    keeper = keeper(2, new NodeSelection(List.of("a", "b"), OptionalInt.of(1)), Duration.ofDays(1));
    keeper.begin();
    keeper.running();
    end(JobState.SUCCEEDED, 0);
    assertThat(local().state()).isEqualTo(JobState.SUCCEEDED);
    assertThat(volumeFile()).doesNotExist();
  }

  @Test
  void volumeThatRefusesTheLastRecordIsTold() throws Exception {
    keeper.begin();
    Files.writeString(dir.resolve("volume"), "where the directory should be");
    keeper.running();
    assertThat(local().state()).isEqualTo(JobState.RUNNING);
    assertThat(keeper.failures()).isEmpty();
    end(JobState.SUCCEEDED, 0);
    assertThat(local().state()).isEqualTo(JobState.SUCCEEDED);
    assertThat(keeper.failures())
        .singleElement()
        .asString()
        .contains("the job record could not be written to " + volumeFile());
  }
}
