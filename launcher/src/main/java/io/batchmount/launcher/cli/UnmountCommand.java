package io.batchmount.launcher.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.batchmount.core.journal.JournalSummary;
import io.batchmount.core.journal.MountJournal;
import io.batchmount.launcher.mount.ControlClient;
import io.batchmount.launcher.mount.MountInfo;
import io.batchmount.launcher.mount.MountRecord;
import io.batchmount.launcher.mount.MountRegistry;
import io.batchmount.launcher.mount.SystemMounts;
import io.batchmount.launcher.options.ByteSize;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code batchmount unmount}. */
@Command(
    name = "unmount",
    aliases = "umount",
    description = "Save what waits, unmount, and wait until the mount's process has ended.")
final class UnmountCommand extends BaseCommand {
  /** What a process needs to end once its last mount is gone. */
  private static final Duration END = Duration.ofSeconds(30);

  private static final ObjectMapper JSON = new ObjectMapper();

  @Parameters(paramLabel = "DIR", arity = "0..*", description = "Mount points.")
  List<Path> directories = new ArrayList<>();

  @Option(names = "--all", description = "All mounts of this state directory.")
  boolean all;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      defaultValue = "300s",
      description = "How long to try to save what waits (default: ${DEFAULT-VALUE}).")
  Duration timeout;

  private boolean unsaved;
  private boolean failed;

  @Override
  public Integer call() throws IOException {
    MountRegistry registry = new MountRegistry(stateDir());
    if (all == !directories.isEmpty()) {
      throw new CommandFailure(ExitCode.USAGE, "name mount points, or say --all");
    }
    Map<String, List<Path>> byProcess = new LinkedHashMap<>();
    Map<String, MountRecord> processes = new LinkedHashMap<>();
    if (all) {
      for (MountRecord record : registry.all()) {
        if (record.isAlive()) {
          processes.put(record.id(), record);
          byProcess.put(record.id(), new ArrayList<>());
        } else {
          cleanDead(registry, record);
        }
      }
    }
    for (Path directory : directories) {
      Path wanted = directory.toAbsolutePath().normalize();
      Optional<MountRecord> owner = owner(registry, wanted);
      if (owner.isPresent()) {
        processes.put(owner.get().id(), owner.get());
        byProcess
            .computeIfAbsent(owner.get().id(), id -> new ArrayList<>())
            .addAll(
                owner.get().mounts().stream()
                    .map(MountRecord.Entry::path)
                    .filter(path -> path.startsWith(wanted) || path.startsWith(real(wanted)))
                    .toList());
      } else {
        unowned(registry, wanted);
      }
    }
    for (Map.Entry<String, List<Path>> entry : byProcess.entrySet()) {
      unmount(processes.get(entry.getKey()), entry.getValue());
    }
    return unsaved ? ExitCode.UNSAVED : failed ? ExitCode.FAILED : ExitCode.OK;
  }

  private static Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      return path; // a dead mount cannot be resolved; its own name is what the registry has
    }
  }

  /** The process that mounts at, or below, a directory. */
  private static Optional<MountRecord> owner(MountRegistry registry, Path wanted)
      throws IOException {
    Path real = real(wanted);
    return registry.all().stream()
        .filter(MountRecord::isAlive)
        .filter(
            r ->
                r.mounts().stream()
                    .anyMatch(m -> m.path().startsWith(wanted) || m.path().startsWith(real)))
        .findFirst();
  }

  private void unmount(MountRecord record, List<Path> paths) throws IOException {
    ObjectNode request = JSON.createObjectNode().put("command", "unmount");
    request.put("timeoutMillis", timeout.toMillis());
    paths.forEach(path -> request.withArray("paths").add(path.toString()));
    JsonNode answer;
    try (ProgressLine progress = new ProgressLine(err())) {
      answer =
          ControlClient.ask(
              record.socket(),
              request,
              line ->
                  progress.show(
                      line.path("path").asText()
                          + ": saving "
                          + line.path("files").asInt()
                          + " files, "
                          + ByteSize.display(line.path("bytes").asLong())
                          + " left"));
    } catch (IOException e) {
      if (record.isAlive()) {
        throw e;
      }
      // it ended while we asked, as it does when somebody else unmounted at the same time
      return;
    }
    answer.path("problems").forEach(problem -> say(problem.asText()));
    unsaved |= answer.path("unsaved").asBoolean();
    failed |= !answer.path("clean").asBoolean() && !answer.path("unsaved").asBoolean();
    if (answer.path("remaining").asInt() == 0) {
      awaitEnd(record);
    }
  }

  private static void awaitEnd(MountRecord record) throws IOException {
    Optional<ProcessHandle> process = ProcessHandle.of(record.pid());
    if (process.isEmpty() || !record.isAlive() || record.role().equals("run")) {
      return; // the process of a run goes on with its job
    }
    try {
      process.get().onExit().get(END.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new IOException(
          "all is saved and unmounted, but process " + record.pid() + " does not end", e);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** Nobody living has it: a dead mount, or none of ours. */
  private void unowned(MountRegistry registry, Path directory) throws IOException {
    for (MountRecord record : registry.all()) {
      if (!record.isAlive()
          && record.mounts().stream().anyMatch(m -> m.path().startsWith(directory))) {
        cleanDead(registry, record);
        return;
      }
    }
    Optional<MountInfo> mounted = MountInfo.at(directory);
    if (mounted.filter(MountInfo::isOwn).isEmpty()) {
      throw new CommandFailure(
          ExitCode.USAGE,
          directory
              + (mounted.isPresent()
                  ? " is a mount of type " + mounted.get().fsType() + ", not one of batchmount"
                  : " is not mounted; batchmount status lists what is"));
    }
    if (!SystemMounts.detach(directory)) {
      throw new CommandFailure(
          ExitCode.FAILED, directory + " has no process and cannot be detached");
    }
    say(directory + " had no process any more; detached");
  }

  private void cleanDead(MountRegistry registry, MountRecord record) throws IOException {
    registry.cleanDead();
    for (MountRecord.Entry entry : record.mounts()) {
      say(entry.path() + ": its process was gone; detached");
      for (JournalSummary journal : MountJournal.list(stateDir().resolve("journal"))) {
        if (!journal.locked()
            && !journal.entries().isEmpty()
            && journal.identity().mountPoint().equals(entry.path().toString())) {
          say(
              entry.path()
                  + ": "
                  + journal.entries().size()
                  + " changes are in the journal; run batchmount recover");
          unsaved = true;
        }
      }
    }
  }
}
