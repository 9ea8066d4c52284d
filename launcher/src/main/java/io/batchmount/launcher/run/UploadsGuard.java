package io.batchmount.launcher.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** The upload of declared files beside a running command; does nothing when none are declared. */
final class UploadsGuard implements AutoCloseable {
  /** Logs of the upload phase, as the Batch service named them. */
  private static final List<String> LOGS = List.of("fileuploadout.txt", "fileuploaderr.txt");

  private final Optional<DeclaredUploads> uploads;
  private final Path taskDirectory;
  private final Path logsTo;
  private final StopRequest stop;
  private final StopRequest.Listener listener;
  private JsonNode report = NullNode.getInstance();

  private UploadsGuard(
      Optional<DeclaredUploads> uploads, Path taskDirectory, Path logsTo, StopRequest stop) {
    this.uploads = uploads;
    this.taskDirectory = taskDirectory;
    this.logsTo = logsTo;
    this.stop = stop;
    this.listener =
        (name, again) ->
            uploads.ifPresent(
                u -> {
                  if (again) {
                    u.cancel();
                  } else {
                    u.terminating();
                  }
                });
    stop.add(listener);
  }

  static UploadsGuard of(RunContext context, JobProcess.Spec first, StopRequest stop)
      throws IOException {
    int node = context.plan().nodesHere().get(0).index();
    Path task = TaskDirectory.make(context.plan(), node, first);
    // a job of several nodes uploads from its primary node alone
    boolean primary = node == 0;
    return new UploadsGuard(
        context
            .uploads()
            .filter(any -> primary)
            .map(f -> f.make(task, first.directory(), first.environment())),
        task,
        context.plan().stdOutErrDirectory(),
        stop);
  }

  void started() {
    uploads.ifPresent(DeclaredUploads::started);
  }

  void ended(int code, List<String> unsaved, Consumer<String> log) {
    if (uploads.isEmpty()) {
      return;
    }
    DeclaredUploads.Outcome outcome = uploads.get().ended(code);
    unsaved.addAll(outcome.problems());
    report = outcome.report();
    log.accept("declared files: " + outcome.problems().size() + " problems");
    keepLogs(unsaved);
  }

  /** The task directory goes with the job: the logs are kept where the job's other logs are. */
  private void keepLogs(List<String> unsaved) {
    for (String name : LOGS) {
      try {
        if (Files.isRegularFile(taskDirectory.resolve(name))) {
          Files.copy(
              taskDirectory.resolve(name),
              logsTo.resolve(name),
              StandardCopyOption.REPLACE_EXISTING);
        }
      } catch (IOException e) {
        unsaved.add(name + " could not be saved to " + logsTo + ": " + e.getMessage());
      }
    }
  }

  JsonNode report() {
    return uploads.isPresent() ? report : JsonNodeFactory.instance.nullNode();
  }

  @Override
  public void close() {
    stop.remove(listener);
    uploads.ifPresent(DeclaredUploads::close);
  }
}
