package io.batchmount.launcher.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.batchmount.launcher.account.AccountResolver;
import io.batchmount.launcher.account.PlanAccounts;
import io.batchmount.launcher.job.ConfigurationFiles;
import io.batchmount.launcher.job.LoadedJob;
import io.batchmount.launcher.mount.MountFailure;
import io.batchmount.launcher.mount.MountRecord;
import io.batchmount.launcher.mount.MountRegistry;
import io.batchmount.launcher.mount.ProcessFacts;
import io.batchmount.launcher.mount.ProcessResources;
import io.batchmount.launcher.mount.RunDirectories;
import io.batchmount.launcher.options.ConfigFile;
import io.batchmount.launcher.options.MountOptions;
import io.batchmount.launcher.options.Settings;
import io.batchmount.launcher.options.UsageException;
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
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
  private NodeSelection nodes = NodeSelection.LOCAL;
  private Optional<RunContext.UploadsFactory> uploads = Optional.empty();

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
    return context(text, request -> {}, messages::add);
  }

  private RunContext context(
      String text, Consumer<JobPlanRequest.Builder> more, Consumer<String> listener)
      throws IOException {
    Map<String, String> environment = new HashMap<>();
    environment.put("PATH", System.getenv("PATH"));
    environment.put("AZURE_BATCHAI_STORAGE_ACCOUNT", "acctnorth");
    environment.put("AZURE_BATCHAI_STORAGE_KEY", "a2V5");
    Settings settings = new Settings(environment, ConfigFile.NONE);
    AccountResolver accounts = new AccountResolver(name -> Optional.empty(), settings);
    LoadedJob loaded =
        ConfigurationFiles.parseJob("fit.json", text.getBytes(StandardCharsets.UTF_8), true);
    JobPlanRequest.Builder request =
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
            .nodes(nodes)
            .baseEnvironment(environment);
    more.accept(request);
    plan = JobPlanner.plan(request.build());
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
        uploads,
        Optional.empty(),
        Duration.ofSeconds(20),
        Duration.ofSeconds(20),
        out,
        new ByteArrayOutputStream(),
        listener,
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

  /** One after the other, so that what the summary shows adds up to no more than all. */
  @Test
  void phasesOfARunFollowEachOther() throws Exception {
    JsonNode phases = run(onShare("true")).record().report().path("milliseconds");
    List<String> names = new ArrayList<>();
    phases.fieldNames().forEachRemaining(names::add);
    assertThat(names)
        .containsExactly(
            "mount",
            "directories",
            "preparation",
            "command",
            "uploads",
            "saving",
            "unmount",
            "all");
    long sum = 0;
    for (String name : names.subList(0, names.size() - 1)) {
      sum += phases.path(name).asLong();
    }
    assertThat(sum).isLessThanOrEqualTo(phases.path("all").asLong());
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

  /** A job whose logs are on a volume of the cluster, which this run mounts. */
  private RunContext onCluster(String command, Consumer<String> listener) throws IOException {
    String cluster =
        "{\"mountVolumes\": {\"azureFileShares\": [{\"relativeMountPath\": \"team\","
            + " \"azureFileUrl\": \"https://acctnorth.file.core.windows.net/team\"}]}}";
    return context(
        job("$AZ_BATCHAI_MOUNT_ROOT/team", "", command),
        request ->
            request.cluster(
                ConfigurationFiles.parseCluster(
                    "cluster.json", cluster.getBytes(StandardCharsets.UTF_8), true)),
        listener);
  }

  /** Another run that lives, and works on the volume of the cluster. */
  private MountRecord sharer() throws IOException {
    MountRegistry registry = new MountRegistry(dir.resolve("state"));
    long pid = ProcessHandle.current().pid();
    MountRecord other =
        new MountRecord(
            "other",
            "run",
            pid,
            ProcessFacts.startTicks(pid),
            ProcessFacts.bootId(),
            registry.socketPath("other"),
            Optional.empty(),
            Instant.now(),
            List.of(),
            RunDirectories.NONE,
            List.of(dir.resolve("cluster/team")));
    registry.put(other);
    return other;
  }

  @Test
  @Timeout(120)
  void signalEndsTheWaitForOtherRunsOfTheClusterAndNotTheJobThatIsOver() throws Exception {
    sharer();
    List<String> before = new ArrayList<>();
    RunResult result =
        JobRunner.run(
            onCluster(
                "echo hi",
                message -> {
                  if (message.contains("stay mounted until no other run uses them")) {
                    before.addAll(volumes.events());
                    stop.request("TERM", 15);
                  }
                }),
            stop);
    assertThat(before).isNotEmpty().doesNotContain("unmount team");
    assertThat(volumes.events()).contains("unmount team");
    assertThat(result.exitCode()).isZero();
    assertThat(result.record().state()).isEqualTo(JobState.SUCCEEDED);
    assertThat(local().state()).isEqualTo(JobState.SUCCEEDED);
    assertThat(Thread.interrupted()).isFalse();
  }

  @Test
  void signalThatEndedTheJobDoesNotEndTheWaitForOtherRuns() throws Exception {
    MountRecord other = sharer();
    CountDownLatch waits = new CountDownLatch(1);
    RunContext context =
        onCluster(
            "touch " + dir.resolve("begun") + "; exec sleep 600",
            message -> {
              if (message.contains("stay mounted until no other run uses them")) {
                waits.countDown();
              }
            });
    FutureTask<RunResult> run = new FutureTask<>(() -> JobRunner.run(context, stop));
    new Thread(run, "run").start();
    await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(dir.resolve("begun")));
    stop.request("TERM", 15);
    assertThat(waits.await(60, TimeUnit.SECONDS)).isTrue();
    await()
        .during(Duration.ofSeconds(2)) // longer than it waits between two looks
        .atMost(Duration.ofSeconds(60))
        .until(() -> !volumes.events().contains("unmount team"));
    new MountRegistry(dir.resolve("state")).remove(other);
    assertThat(run.get(60, TimeUnit.SECONDS).exitCode()).isEqualTo(143);
    assertThat(volumes.events()).contains("unmount team");
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
  void certificatesThatAreMissingEndBeforeAnythingIsBegun() {
    String text =
        onShare("true")
            .replace(
                "\"containerName\": \"corpus\"",
                "\"containerName\": \"corpus\", \"mountOptions\": \"--ca-cert-file="
                    + dir.resolve("none.pem")
                    + "\"");
    assertThatThrownBy(() -> run(text))
        .isInstanceOf(UsageException.class)
        .hasMessage(
            "mountOptions of container corpus: --ca-cert-file: "
                + dir.resolve("none.pem")
                + " cannot be read");
    assertThat(volumes.events()).isEmpty();
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

  /** Uploads that note what they are told. */
  private List<String> noted(String... problems) {
    List<String> calls = Collections.synchronizedList(new ArrayList<>());
    uploads =
        Optional.of(
            (task, working, environment) -> {
              calls.add("in " + task + " of " + working);
              calls.add("variables " + batchVariables(environment));
              return new NotedUploads(calls, List.of(problems));
            });
    return calls;
  }

  private static Map<String, String> batchVariables(Map<String, String> environment) {
    Map<String, String> variables = new TreeMap<>(environment);
    variables.keySet().removeIf(name -> !name.startsWith("AZ_BATCH_"));
    return variables;
  }

  private static class NotedUploads implements DeclaredUploads {
    private final List<String> calls;
    private final List<String> problems;

    NotedUploads(List<String> calls, List<String> problems) {
      this.calls = calls;
      this.problems = problems;
    }

    @Override
    public void started() {
      calls.add("started");
    }

    @Override
    public void terminating() {
      calls.add("terminating");
    }

    @Override
    public void cancel() {
      calls.add("cancel");
    }

    @Override
    public Outcome ended(int exitCode) {
      calls.add("ended " + exitCode);
      return new Outcome(problems, JsonNodeFactory.instance.objectNode());
    }

    @Override
    public void close() {
      calls.add("close");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "exit 0, 0, 0",
    "exit 3, 3, 3",
    "exit 126, 126, 126",
    "exit 127, 127, 127",
    "kill -9 $$, 137, 137"
  })
  void declaredFilesGoUpWhenTheCommandHasEnded(String command, int told, int code)
      throws Exception {
    List<String> calls = noted();
    RunResult result = run(onShare(command));
    assertThat(result.exitCode()).isEqualTo(code);
    Path task = plan.roots().jobTemp().resolve("task");
    assertThat(calls)
        .hasSize(5)
        .satisfies(all -> assertThat(all.get(0)).startsWith("in " + task + " of "))
        .endsWith("started", "ended " + told, "close");
    assertThat(calls.get(1))
        .contains("AZ_BATCH_JOB_ID=fit")
        .contains("AZ_BATCH_TASK_ID=task0")
        .contains("AZ_BATCH_TASK_DIR=" + task)
        .contains("AZ_BATCH_TASK_WORKING_DIR=" + calls.get(0).replaceFirst(".* of ", ""));
    assertThat(volumes.events().indexOf("drain afs")).isPositive(); // the uploads come before
  }

  @Test
  void outputOfTheCommandIsInTheTaskDirectoryWhenFilesGoUp() throws Exception {
    List<String> seen = new ArrayList<>();
    uploads =
        Optional.of(
            (task, working, environment) ->
                new NotedUploads(new ArrayList<>(), List.of()) {
                  @Override
                  public Outcome ended(int exitCode) {
                    for (String name : List.of("stdout.txt", "stderr.txt")) {
                      try {
                        seen.add(Files.readString(task.resolve(name)));
                      } catch (IOException e) {
                        throw new UncheckedIOException(e);
                      }
                    }
                    return super.ended(exitCode);
                  }
                });
    run(onShare("echo said; echo bad >&2"));
    assertThat(seen).containsExactly("said\n", "bad\n");
  }

  /** A task of several nodes uploads from its primary node alone. */
  @ParameterizedTest
  @CsvSource({"0, true", "1, false"})
  void onlyThePrimaryNodeUploads(int index, boolean uploading) throws Exception {
    List<String> calls = noted();
    nodes = new NodeSelection(List.of("10.0.0.1", "10.0.0.2"), OptionalInt.of(index));
    String twoNodes = onShare("true").replace("\"nodeCount\": 1", "\"nodeCount\": 2");
    RunContext context = context(twoNodes);
    JobProcess.Spec process =
        new JobProcess.Spec(
            "command",
            List.of("true"),
            Map.of(),
            dir,
            false,
            dir.resolve("stdout.txt"),
            dir.resolve("stderr.txt"),
            true,
            true,
            Optional.empty());
    List<String> unsaved = new ArrayList<>();
    try (UploadsGuard guard = UploadsGuard.of(context, process, stop)) {
      guard.started();
      guard.ended(0, unsaved, messages::add);
    }
    assertThat(calls.contains("ended 0")).isEqualTo(uploading);
    assertThat(calls.isEmpty()).isNotEqualTo(uploading);
  }

  @Test
  void declaredFilesDoNotGoUpWhenTheCommandWasNeverStarted() throws Exception {
    List<String> calls = noted();
    RunResult result =
        run(
            job(
                "$AZ_BATCHAI_JOB_MOUNT_ROOT/afs",
                VOLUMES + "\"jobPreparation\": {\"commandLine\": \"exit 9\"},",
                "true"));
    assertThat(result.exitCode()).isEqualTo(9);
    assertThat(calls).isEmpty();
    volumes.failMount("bfs", "no such container");
    assertThatThrownBy(() -> run(onShare("true"))).isInstanceOf(MountFailure.class);
    assertThat(calls).isEmpty();
  }

  @Test
  void timeLimitCountsAsFailureForDeclaredFiles() throws Exception {
    List<String> calls = noted();
    RunResult result =
        run(
            job(
                "$AZ_BATCHAI_JOB_MOUNT_ROOT/afs",
                VOLUMES + "\"constraints\": {\"maxWallClockTime\": \"PT2S\"},",
                "exec sleep 600"));
    assertThat(result.exitCode()).isEqualTo(124);
    assertThat(calls).endsWith("started", "ended 124", "close");
  }

  @Test
  void firstWishToEndHurriesUploadsAndTheSecondGivesThemUp() throws Exception {
    List<String> calls = noted();
    RunContext context = context(onShare("exec sleep 600"));
    Thread signal =
        new Thread(
            () -> {
              await().atMost(Duration.ofSeconds(60)).until(() -> calls.contains("started"));
              stop.request("TERM", 15);
              stop.request("TERM", 15);
            });
    signal.start();
    RunResult result = JobRunner.run(context, stop);
    signal.join();
    assertThat(result.exitCode()).isEqualTo(143);
    assertThat(calls).containsSubsequence("started", "terminating", "cancel", "ended 143");
  }

  @ParameterizedTest
  @CsvSource({"true, 4", "exit 7, 7"})
  void filesThatCouldNotBeUploadedFailAJobThatSucceeded(String command, int code) throws Exception {
    noted("usererror FileUploadAccessDenied: no");
    RunResult result = run(onShare(command));
    assertThat(result.exitCode()).isEqualTo(code);
    assertThat(result.unsaved()).containsExactly("usererror FileUploadAccessDenied: no");
  }
}
