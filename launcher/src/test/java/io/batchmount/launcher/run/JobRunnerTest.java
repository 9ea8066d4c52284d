package io.batchmount.launcher.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.batchmount.launcher.account.AccountResolver;
import io.batchmount.launcher.account.PlanAccounts;
import io.batchmount.launcher.job.ConfigurationFiles;
import io.batchmount.launcher.job.LoadedJob;
import io.batchmount.launcher.mount.MountFailure;
import io.batchmount.launcher.mount.MountRegistry;
import io.batchmount.launcher.mount.ProcessResources;
import io.batchmount.launcher.options.ConfigFile;
import io.batchmount.launcher.options.MountOptions;
import io.batchmount.launcher.options.Settings;
import io.batchmount.launcher.options.UsageException;
import io.batchmount.launcher.plan.DefaultRoots;
import io.batchmount.launcher.plan.JobIdentity;
import io.batchmount.launcher.plan.JobPlan;
import io.batchmount.launcher.plan.JobPlanRequest;
import io.batchmount.launcher.plan.JobPlanner;
import io.batchmount.launcher.record.JobError;
import io.batchmount.launcher.record.JobRecord;
import io.batchmount.launcher.record.JobState;
import io.batchmount.launcher.record.LocalJobs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run does in which order, and what it makes of each failure; volumes are directories. */
class JobRunnerTest {
  private static final String SEGMENT =
      "00000000-0000-0000-0000-000000000000/local/workspaces/default/experiments/default/jobs/fit/id";
  private static final String VOLUMES =
      """
      "mountVolumes": {
        "azureFileShares": [{"relativeMountPath": "afs",
          "azureFileUrl": "https://acctnorth.file.core.windows.net/results"}],
        "azureBlobFileSystems": [{"relativeMountPath": "bfs",
          "accountName": "acctnorth", "containerName": "corpus"}]},
      "outputDirectories": [{"id": "MODEL", "pathSuffix": "model",
        "pathPrefix": "$AZ_BATCHAI_JOB_MOUNT_ROOT/bfs"}],
      """;

  @TempDir Path dir;
  private final StopRequest stop = new StopRequest();
  private final List<String> messages = new ArrayList<>();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private FakeVolumes volumes;
  private JobPlan plan;

  @BeforeEach
  void makeVolumes() {
    volumes = new FakeVolumes(dir.resolve("saved"));
  }

  private static String onShare(String command) {
    return job("$AZ_BATCHAI_JOB_MOUNT_ROOT/afs", VOLUMES, command);
  }

  private static String job(String prefix, String members, String command) {
    return "{\"nodeCount\": 1, \"stdOutErrPathPrefix\": \""
        + prefix
        + "\", "
        + members
        + "\"customToolkitSettings\": {\"commandLine\": \""
        + command
        + "\"}}";
  }

  private RunContext context(String text) throws IOException {
    Map<String, String> environment = new HashMap<>();
    environment.put("PATH", System.getenv("PATH"));
    environment.put("AZURE_BATCHAI_STORAGE_ACCOUNT", "acctnorth");
    environment.put("AZURE_BATCHAI_STORAGE_KEY", "a2V5");
    Settings settings = new Settings(environment, ConfigFile.NONE);
    AccountResolver accounts = new AccountResolver(name -> Optional.empty(), settings);
    LoadedJob loaded =
        ConfigurationFiles.parseJob("fit.json", text.getBytes(StandardCharsets.UTF_8), true);
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
                .accounts(PlanAccounts.of(name -> Optional.empty(), settings, accounts))
                .baseEnvironment(environment)
                .build());
    return new RunContext(
        plan,
        loaded,
        dir.resolve("state"),
        environment,
        accounts,
        new MountOptions(),
        ProcessResources.withoutDiskCache(dir.resolve("journal")),
        volumes,
        reference -> {
          throw new UsageException("secret " + reference.secretUrl() + " does not exist");
        },
        Optional.empty(),
        Optional.empty(),
        Duration.ofSeconds(20),
        Duration.ofSeconds(20),
        out,
        new ByteArrayOutputStream(),
        messages::add,
        progress -> {},
        Optional.empty());
  }

  private RunResult run(String text) throws Exception {
    return JobRunner.run(context(text), stop);
  }

  private JobRecord local() throws IOException {
    return new LocalJobs(dir.resolve("state")).find("fit", Optional.empty()).orElseThrow();
  }

  private Path log(String name) {
    return volumes.saved("afs").resolve(SEGMENT).resolve("stdouterr").resolve(name);
  }

  private void nothingIsLeft() throws IOException {
    assertThat(dir.resolve("jobs")).isEmptyDirectory();
    assertThat(new MountRegistry(dir.resolve("state")).all()).isEmpty();
  }

  @Test
  void volumesThenDirectoriesThenCommandThenSavingThenUnmounting() throws Exception {
    RunResult result =
        run(
            onShare(
                "test -d $AZ_BATCHAI_OUTPUT_MODEL && echo w > $AZ_BATCHAI_OUTPUT_MODEL/w; echo hi"));
    assertThat(result.exitCode()).isZero();
    assertThat(result.unsaved()).isEmpty();
    assertThat(result.record().state()).isEqualTo(JobState.SUCCEEDED);
    assertThat(out).hasToString("hi\n");
    assertThat(volumes.events()).hasSize(7);
    assertThat(volumes.events().subList(0, 2))
        .containsExactlyInAnyOrder("mount afs", "mount bfs"); // at the same time
    assertThat(volumes.events().subList(2, 7))
        .containsExactly("drain afs", "drain bfs", "unmount bfs", "unmount afs", "close");
    assertThat(log("stdout.txt")).hasContent("hi\n");
    assertThat(log("stderr.txt")).isEmptyFile();
    assertThat(volumes.saved("bfs").resolve(SEGMENT).resolve("model/w")).hasContent("w\n");
    // the record on the volume has its last word before the volume is unmounted
    JobRecord onVolume =
        JobRecord.parse(
            Files.readAllBytes(volumes.saved("afs").resolve(SEGMENT).resolve(JobRecord.FILE_NAME)));
    assertThat(onVolume.state()).isEqualTo(JobState.SUCCEEDED);
    assertThat(onVolume.exitCode()).hasValue(0);
    nothingIsLeft();
  }

  @Test
  void unsavedDataFailsAJobThatSucceeded() throws Exception {
    volumes.keepUnsaved("bfs", "/model/w", "the container is gone");
    RunResult result = run(onShare("true"));
    assertThat(result.exitCode()).isEqualTo(4);
    assertThat(result.unsaved())
        .singleElement()
        .asString()
        .contains("bfs/model/w is not saved: the container is gone")
        .contains("batchmount recover");
    assertThat(local().state()).isEqualTo(JobState.FAILED);
    assertThat(local().errors()).extracting(JobError::code).containsExactly(JobError.NOT_SAVED);
  }

  @Test
  void unsavedDataLeavesAFailedJobItsOwnCode() throws Exception {
    volumes.keepUnsaved("bfs", "/model/w", "the container is gone");
    RunResult result = run(onShare("exit 7"));
    assertThat(result.exitCode()).isEqualTo(7);
    assertThat(result.unsaved()).hasSize(1);
    assertThat(local().errors()).extracting(JobError::code).containsExactly(JobError.JOB_FAILED);
  }

  @Test
  void volumeThatCannotBeUnmountedIsToldAndItsDirectoriesStay() throws Exception {
    volumes.refuseUnmount("bfs", "the kernel does not let go");
    RunResult result = run(onShare("true"));
    assertThat(result.exitCode()).isEqualTo(4);
    assertThat(result.unsaved())
        .singleElement()
        .asString()
        .contains("bfs is still mounted: the kernel does not let go");
  }

  @Test
  void volumeThatCannotBeMountedFailsTheJobBeforeAnyCommand() throws Exception {
    volumes.failMount("bfs", "blob:corpus cannot be mounted: no such container");
    assertThatThrownBy(() -> run(onShare("touch " + dir.resolve("ran"))))
        .isInstanceOf(MountFailure.class)
        .hasMessageContaining("no such container");
    assertThat(dir.resolve("ran")).doesNotExist();
    assertThat(volumes.events()).contains("unmount afs");
    assertThat(local().exitCode()).hasValue(-1);
    assertThat(local().errors())
        .singleElement()
        .satisfies(
            error -> {
              assertThat(error.code()).isEqualTo(JobError.CONTAINER_MOUNT);
              assertThat(error.details())
                  .containsEntry("source", "blob:corpus")
                  .containsEntry("mountPoint", plan.roots().jobMountRoot() + "/bfs");
            });
    nothingIsLeft();
  }

  @Test
  void outputDirectoryThatCannotBeMadeFailsTheJobBeforeAnyCommand() throws Exception {
    volumes.onMount(
        path -> {
          if (path.endsWith("bfs")) {
            try {
              // where the first component of the output's path should be a directory
              Files.writeString(path.resolve(SEGMENT.substring(0, SEGMENT.indexOf('/'))), "");
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          }
        });
    RunResult result = run(onShare("touch " + dir.resolve("ran")));
    assertThat(result.exitCode()).isEqualTo(3);
    assertThat(result.record().errors())
        .singleElement()
        .satisfies(
            error -> assertThat(error.message()).contains("/bfs/").contains("cannot be made"));
    assertThat(dir.resolve("ran")).doesNotExist();
    assertThat(volumes.events()).contains("unmount afs", "unmount bfs");
    nothingIsLeft();
  }

  @Test
  void wishToEndReachesAJobThatWaitsForItsVolumes() throws Exception {
    CountDownLatch waiting = new CountDownLatch(1);
    volumes.hang(waiting);
    RunContext context = context(onShare("touch " + dir.resolve("ran")));
    Thread signal =
        new Thread(
            () -> {
              try {
                waiting.await();
                stop.request("TERM", 15);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    signal.start();
    RunResult result = JobRunner.run(context, stop);
    signal.join();
    assertThat(result.exitCode()).isEqualTo(143);
    assertThat(local().state()).isEqualTo(JobState.FAILED);
    assertThat(local().errors()).extracting(JobError::code).containsExactly(JobError.TERMINATED);
    assertThat(dir.resolve("ran")).doesNotExist();
    assertThat(Thread.interrupted()).isFalse();
    nothingIsLeft();
  }

  @Test
  void secretThatIsMissingEndsBeforeAnythingIsBegun() throws Exception {
    String secret =
        "\"secrets\": [{\"name\": \"TOKEN\", \"valueSecretReference\": {\"sourceVault\": {\"id\":"
            + " \"/v\"}, \"secretUrl\": \"https://v.vault.azure.net/secrets/token\"}}], ";
    assertThatThrownBy(() -> run(job("$AZ_BATCHAI_JOB_MOUNT_ROOT/afs", VOLUMES + secret, "true")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("https://v.vault.azure.net/secrets/token");
    assertThat(volumes.events()).isEmpty();
    assertThat(dir.resolve("jobs")).doesNotExist();
    assertThat(dir.resolve("state/jobs")).doesNotExist();
  }

  @Test
  void containerThatCannotExistEndsBeforeAnythingIsBegun() {
    String text = onShare("true").replace("\"corpus\"", "\"My_Corpus\"");
    assertThatThrownBy(() -> run(text))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("no container can be called 'My_Corpus'");
    assertThat(plan.warnings())
        .contains(
            "fit.json:5:50: mountVolumes.azureBlobFileSystems[0].containerName: no container can be called"
                + " 'My_Corpus': names consist of lower-case letters a to z, digits and hyphens");
    assertThat(volumes.events()).isEmpty();
    assertThat(dir.resolve("jobs")).doesNotExist();
  }

  @Test
  void outputsOnNoVolumeStayAndAreNamed() throws Exception {
    RunResult result = run(job("$AZ_BATCHAI_JOB_TEMP", "", "echo hi"));
    assertThat(result.exitCode()).isZero();
    assertThat(messages)
        .contains("outputs on no volume stay on this machine, in " + plan.roots().jobTemp());
    assertThat(plan.stdOutErrDirectory().resolve("stdout.txt")).hasContent("hi\n");
  }

  @Test
  void timeLimitIsForPreparationAndCommandTogether() throws Exception {
    // the preparation takes two of the three seconds; the command wants more than what is left
    RunResult result =
        run(
            job(
                "$AZ_BATCHAI_JOB_MOUNT_ROOT/afs",
                VOLUMES
                    + "\"constraints\": {\"maxWallClockTime\": \"PT3S\"},"
                    + "\"jobPreparation\": {\"commandLine\": \"sleep 2\"},",
                "sleep 2.5"));
    assertThat(result.exitCode()).isEqualTo(124);
    assertThat(result.record().errors())
        .extracting(JobError::code)
        .containsExactly(JobError.TIME_LIMIT);
  }

  @Test
  void failedPreparationGivesItsCodeAndNoCommandRuns() throws Exception {
    RunResult result =
        run(
            job(
                "$AZ_BATCHAI_JOB_MOUNT_ROOT/afs",
                VOLUMES + "\"jobPreparation\": {\"commandLine\": \"exit 9\"},",
                "touch " + dir.resolve("ran")));
    assertThat(result.exitCode()).isEqualTo(9);
    assertThat(result.record().errors())
        .extracting(JobError::code)
        .containsExactly(JobError.PREPARATION_FAILED);
    assertThat(dir.resolve("ran")).doesNotExist();
    assertThat(log("stdout.txt")).doesNotExist();
    assertThat(log("stdout-job_prep.txt")).isEmptyFile();
    assertThat(Files.readString(log("execution.log"))).contains("exit code 9");
  }
}
