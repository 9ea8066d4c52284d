package io.batchmount.launcher.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.batchmount.launcher.account.AccountDestinations;
import io.batchmount.launcher.account.AccountResolver;
import io.batchmount.launcher.job.JobDefinition;
import io.batchmount.launcher.options.ByteSize;
import io.batchmount.launcher.outputs.JobContext;
import io.batchmount.launcher.outputs.OutputFile;
import io.batchmount.launcher.outputs.OutputFilesPhase;
import io.batchmount.launcher.outputs.OutputFilesReader;
import io.batchmount.launcher.outputs.PhaseResult;
import io.batchmount.launcher.outputs.UploadError;
import io.batchmount.launcher.outputs.UploadListener;
import io.batchmount.launcher.outputs.UploadOptions;
import io.batchmount.launcher.outputs.UploadedFile;
import io.batchmount.launcher.plan.EnvironmentValue;
import io.batchmount.launcher.plan.JobPlan;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Declared output files of a job, uploaded by the rules of Azure Batch. */
public final class OutputFilesUploads implements DeclaredUploads {
  private final OutputFilesPhase phase;

  private OutputFilesUploads(OutputFilesPhase phase) {
    this.phase = phase;
  }

  /**
   * Reads the declarations of job.json and of {@code --output-files}.
   *
   * @param file of {@code --output-files}
   * @throws io.batchmount.launcher.outputs.OutputFileException when one is wrong
   */
  public static List<OutputFile> definitions(JobPlan plan, Optional<Path> file) {
    List<OutputFile> files = new ArrayList<>(OutputFilesReader.ofNodes(plan.outputFiles()));
    file.ifPresent(more -> files.addAll(OutputFilesReader.read(more)));
    return List.copyOf(files);
  }

  /**
   * What can be told to be wrong with them before the job begins.
   *
   * @return sentences for the user
   */
  public static List<String> warnings(
      JobPlan plan, List<OutputFile> files, AccountResolver accounts) {
    // nobody expects a job to take the whole week that it may take when nothing is said
    boolean limited = !plan.timeLimit().equals(JobDefinition.DEFAULT_MAX_WALL_CLOCK_TIME);
    return files.isEmpty()
        ? List.of()
        : OutputFilesPhase.warnings(
            files, new AccountDestinations(accounts), limited ? plan.timeLimit() : Duration.ZERO);
  }

  /** Makes their upload; empty when there are none. */
  public static Optional<RunContext.UploadsFactory> factory(
      JobPlan plan,
      List<OutputFile> files,
      UploadOptions transfer,
      AccountResolver accounts,
      Path stateDirectory,
      Consumer<String> progress) {
    if (files.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        (task, working, environment) ->
            new OutputFilesUploads(
                OutputFilesPhase.open(
                    files,
                    new JobContext(task, working, environment, secrets(plan, environment))
                        .asInTaskDirectory(),
                    transfer.withJournal(
                        OutputFilesPhase.journalOf(stateDirectory, files, working), false),
                    new AccountDestinations(accounts),
                    new Progress(progress))));
  }

  private static Set<String> secrets(JobPlan plan, Map<String, String> environment) {
    Set<String> secrets = new HashSet<>();
    for (String name : plan.environment().names()) {
      boolean plain = plan.environment().get(name).orElseThrow() instanceof EnvironmentValue.Plain;
      if (!plain && environment.containsKey(name)) {
        secrets.add(environment.get(name));
      }
    }
    return secrets;
  }

  @Override
  public void started() {
    phase.commandStarted();
  }

  @Override
  public void terminating() {
    phase.terminationRequested();
  }

  @Override
  public void cancel() {
    phase.cancel();
  }

  @Override
  public Outcome ended(int exitCode) {
    PhaseResult result = phase.commandEnded(exitCode);
    List<String> problems = new ArrayList<>();
    for (UploadError error : result.errors()) {
      problems.add(
          error.code().category().wireName()
              + " "
              + error.code().wireName()
              + ": "
              + error.message());
    }
    return new Outcome(problems, report(result));
  }

  private static JsonNode report(PhaseResult result) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("files", result.uploaded().size());
    node.put("bytes", result.uploaded().stream().mapToLong(UploadedFile::bytes).sum());
    result
        .failure()
        .ifPresent(
            failure -> {
              ObjectNode info = node.putObject("failureInformation");
              info.put("category", failure.category().wireName());
              info.put("code", failure.code());
              info.put("message", failure.message());
              ArrayNode details = info.putArray("details");
              failure
                  .details()
                  .forEach(d -> details.addObject().put("name", d.name()).put("value", d.value()));
            });
    return node;
  }

  @Override
  public void close() {
    phase.close();
  }

  /** Counts for the progress line. */
  private static final class Progress implements UploadListener {
    private final Consumer<String> target;
    private final AtomicLong files = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong done = new AtomicLong();
    private final AtomicLong sent = new AtomicLong();

    Progress(Consumer<String> target) {
      this.target = target;
    }

    @Override
    public void started(int fileCount, long byteCount) {
      files.addAndGet(fileCount);
      bytes.addAndGet(byteCount);
    }

    @Override
    public void sent(long count) {
      sent.addAndGet(count);
      show();
    }

    @Override
    public void stored(UploadedFile file) {
      done.incrementAndGet();
      show();
    }

    private void show() {
      target.accept(
          "uploading: "
              + done.get()
              + " of "
              + files.get()
              + " files, "
              + ByteSize.display(sent.get())
              + " of "
              + ByteSize.display(bytes.get()));
    }
  }
}
