package io.batchmount.launcher.cli.outputs;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.batchmount.launcher.account.AccountDestinations;
import io.batchmount.launcher.cli.BaseCommand;
import io.batchmount.launcher.cli.CommandFailure;
import io.batchmount.launcher.cli.ExitCode;
import io.batchmount.launcher.options.AccountOptions;
import io.batchmount.launcher.options.UsageException;
import io.batchmount.launcher.outputs.FailureInformation;
import io.batchmount.launcher.outputs.JobContext;
import io.batchmount.launcher.outputs.OutputFile;
import io.batchmount.launcher.outputs.OutputFileException;
import io.batchmount.launcher.outputs.OutputFilesPhase;
import io.batchmount.launcher.outputs.OutputFilesReader;
import io.batchmount.launcher.outputs.PhaseResult;
import io.batchmount.launcher.outputs.UploadError;
import io.batchmount.launcher.outputs.UploadListener;
import io.batchmount.launcher.outputs.UploadOptions;
import io.batchmount.launcher.outputs.UploadedFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code batchmount outputs upload}: the OutputFiles phase by hand. */
@Command(
    name = "upload",
    description = "Upload output files as after a command that ended with --exit-code.")
final class UploadCommand extends BaseCommand {
  @Option(
      names = {"-f", "--file"},
      required = true,
      paramLabel = "FILE",
      description = "JSON array of OutputFile, or an object with the member outputFiles.")
  Path file;

  @Option(
      names = "--exit-code",
      required = true,
      paramLabel = "N",
      description = "Exit code of the command that is taken to have ended.")
  int exitCode;

  @Option(
      names = "--directory",
      paramLabel = "WD",
      description =
          "Where relative patterns start (default: AZ_BATCH_TASK_WORKING_DIR, else the current directory).")
  Optional<Path> directory = Optional.empty();

  @Option(
      names = "--dry-run",
      description =
          "Print local path, container and blob name of each file, tab-separated; send nothing.")
  boolean dryRun;

  @Option(
      names = "--resume",
      description = "Go on where an interrupted upload of the same definition stopped.")
  boolean resume;

  @Option(names = "--json", description = "Print the result as JSON.")
  boolean json;

  @Mixin AccountOptions account = new AccountOptions();
  @Mixin UploadSettings upload = new UploadSettings();

  @Override
  public Integer call() {
    List<OutputFile> files;
    try {
      files = OutputFilesReader.read(file);
    } catch (OutputFileException e) {
      throw new UsageException(e.getMessage(), e);
    }
    Path working = workingDirectory();
    JobContext context = new JobContext(taskDirectory(working), working, environment(), Set.of());
    if (dryRun) {
      return plan(files, context);
    }
    UploadOptions options =
        upload
            .toOptions()
            .withJournal(OutputFilesPhase.journalOf(stateDir(), files, working), resume);
    try (Progress progress = new Progress(err());
        OutputFilesPhase phase = open(files, context, options, progress)) {
      PhaseResult result = phase.commandEnded(exitCode);
      progress.close();
      print(result);
      Optional<FailureInformation> failure = result.uploadFailure();
      if (failure.isPresent()) {
        throw new CommandFailure(ExitCode.UNSAVED, failure.get().toString());
      }
      return ExitCode.OK;
    } catch (OutputFileException e) {
      throw new UsageException(e.getMessage(), e);
    }
  }

  private OutputFilesPhase open(
      List<OutputFile> files, JobContext context, UploadOptions options, UploadListener listener) {
    return OutputFilesPhase.open(
        files, context, options, new AccountDestinations(accounts()), listener);
  }

  private int plan(List<OutputFile> files, JobContext context) {
    List<UploadError> problems = new ArrayList<>();
    try (OutputFilesPhase phase = open(files, context, upload.toOptions(), UploadListener.NONE)) {
      List<OutputFilesPhase.Planned> planned = phase.plan(exitCode, problems::add);
      if (json) {
        ArrayNode list = new ObjectMapper().createArrayNode();
        planned.forEach(
            one ->
                list.addObject()
                    .put("file", one.file().toString())
                    .put("container", one.destination())
                    .put("blob", one.name()));
        out().println(list.toPrettyString());
      } else {
        planned.forEach(
            one -> out().println(one.file() + "\t" + one.destination() + "\t" + one.name()));
      }
    }
    problems.forEach(problem -> say(problem.code().wireName() + ": " + problem.message()));
    return problems.isEmpty() ? ExitCode.OK : ExitCode.UNSAVED;
  }

  private void print(PhaseResult result) {
    if (json) {
      ObjectNode root = new ObjectMapper().createObjectNode();
      ArrayNode uploaded = root.putArray("uploaded");
      for (UploadedFile one : result.uploaded()) {
        uploaded
            .addObject()
            .put("file", one.file().toString())
            .put("container", one.destination())
            .put("blob", one.name())
            .put("bytes", one.bytes())
            .put("skipped", one.skipped());
      }
      ArrayNode errors = root.putArray("errors");
      for (UploadError error : result.errors()) {
        errors
            .addObject()
            .put("category", error.code().category().wireName())
            .put("code", error.code().wireName())
            .put("pattern", error.pattern())
            .put("file", error.file().map(Path::toString).orElse(null))
            .put("container", error.destination())
            .put("message", error.message());
      }
      out().println(root.toPrettyString());
      return;
    }
    for (UploadedFile one : result.uploaded()) {
      out().println(one.file() + "\t" + one.destination() + "\t" + one.name());
    }
    if (result.errors().size() == 1) {
      return; // the last line of the command says the same
    }
    for (UploadError error : result.errors()) {
      say(
          error.code().category().wireName()
              + " "
              + error.code().wireName()
              + ": "
              + error.message());
    }
  }

  private Path workingDirectory() {
    Path working =
        directory
            .or(() -> settings().variable("AZ_BATCH_TASK_WORKING_DIR").map(Path::of))
            .orElse(Path.of(""))
            .toAbsolutePath();
    if (!Files.isDirectory(working)) {
      throw new UsageException(working + " is no directory; correct --directory");
    }
    return working;
  }

  private Path taskDirectory(Path working) {
    return settings()
        .variable("AZ_BATCH_TASK_DIR")
        .map(Path::of)
        .orElseGet(() -> working.getParent() == null ? working : working.getParent());
  }
}
