package io.batchmount.launcher.mount;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.batchmount.core.PendingData;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a session known to other processes: its record in the registry and its control socket.
 * {@link #serve} then keeps the process alive as long as a mount is there.
 */
public final class MountHost implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MountHost.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Time for saving when a signal ends the process; systemd's default stop time is 90 s. */
  private static final Duration SIGNAL_TIMEOUT = Duration.ofSeconds(85);

  private final MountSession session;
  private final MountRegistry registry;
  private final ControlServer control;
  private final AtomicReference<MountRecord> record;
  private final AtomicReference<UnmountOutcome> worst = new AtomicReference<>();

  private MountHost(MountSession session, MountRegistry registry, MountRecord record)
      throws IOException {
    this.session = session;
    this.registry = registry;
    this.record = new AtomicReference<>(record);
    this.control = ControlServer.start(record.socket(), this::handle);
  }

  /**
   * Announces a session whose volumes are about to be mounted: should the process die in between,
   * the record lets the next command clean up.
   *
   * @param role {@code mount}, {@code cluster} or {@code run}
   * @param directories of a run, which go with it
   * @param uses mounts of other processes that this one works on
   */
  public static MountHost announce(
      MountSession session,
      Path stateDirectory,
      String id,
      String role,
      List<? extends Volume> volumes,
      Optional<Path> log,
      RunDirectories directories,
      List<Path> uses)
      throws IOException {
    MountRegistry registry = new MountRegistry(stateDirectory);
    long pid = ProcessHandle.current().pid();
    MountRecord record =
        new MountRecord(
            id,
            role,
            pid,
            ProcessFacts.startTicks(pid),
            ProcessFacts.bootId(),
            registry.socketPath(id),
            log,
            Instant.now(),
            entries(volumes),
            directories,
            uses);
    registry.put(record);
    return new MountHost(session, registry, record);
  }

  private static List<MountRecord.Entry> entries(List<? extends Volume> volumes) {
    List<MountRecord.Entry> entries = new ArrayList<>();
    for (Volume volume : volumes) {
      entries.add(new MountRecord.Entry(volume.mountPoint(), volume.kindName(), volume.source()));
    }
    return entries;
  }

  /** The volumes are mounted: signals are orders to save and to unmount from now on. */
  public void obey(EndSignals signals) {
    signals.served(this::stop);
  }

  /**
   * Keeps the process until its last mount is gone: by a signal, by {@code batchmount unmount}, or
   * by {@code umount(8)}.
   *
   * @return true when all that was written is saved
   */
  public boolean serve() {
    while (!session.mounts().isEmpty()) {
      for (LiveMount mount : session.mounts()) {
        try {
          mount.awaitGone();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return false;
        }
        if (session.mounts().contains(mount)) {
          LOG.info("{} was unmounted from outside", mount.volume().mountPoint());
          note(
              session.unmount(
                  List.of(mount.volume().mountPoint()), SIGNAL_TIMEOUT, this::logProgress));
        }
      }
    }
    UnmountOutcome outcome = worst.get();
    return outcome == null || outcome.isClean();
  }

  private void stop(String signal) {
    LOG.info("signal {}: saving and unmounting", signal);
    note(session.unmount(List.of(), SIGNAL_TIMEOUT, this::logProgress));
  }

  private void note(UnmountOutcome outcome) {
    outcome.problems().forEach(LOG::error);
    if (!outcome.isClean()) {
      worst.set(outcome);
    }
    try {
      List<MountRecord.Entry> left =
          entries(session.mounts().stream().map(LiveMount::volume).toList());
      change(now -> now.withMounts(left));
    } catch (IOException e) {
      LOG.warn("the registry of mounts cannot be written: {}", e.getMessage());
    }
  }

  private synchronized void change(UnaryOperator<MountRecord> to) throws IOException {
    MountRecord next = to.apply(record.get());
    record.set(next);
    registry.put(next);
  }

  /** From now on this process works on no mount of another. */
  public void usesNoOthers() throws IOException {
    if (!record.get().uses().isEmpty()) {
      change(MountRecord::withoutUses);
    }
  }

  /** Living processes that work on one of this one's mounts. */
  public List<MountRecord> users(Collection<Path> mountPoints) throws IOException {
    return registry.users(mountPoints, record.get().id());
  }

  private void logProgress(MountSession.Progress progress) {
    LOG.info(
        "{}: {} files, {} bytes still to be saved",
        progress.mountPoint(),
        progress.pending().files(),
        progress.pending().bytes());
  }

  private ObjectNode handle(JsonNode request, ControlServer.Reply reply) throws IOException {
    return switch (request.path("command").asText()) {
      case "status" -> status();
      case "unmount" -> unmount(request, reply);
      default -> JSON.createObjectNode().put("error", "unknown request");
    };
  }

  /** What {@code status} shows of this process. */
  public ObjectNode status() {
    MountRecord now = record.get();
    ObjectNode node = JSON.createObjectNode();
    node.put("id", now.id()).put("role", now.role()).put("pid", now.pid());
    node.put("startedAt", now.startedAt().toString());
    now.log().ifPresent(path -> node.put("log", path.toString()));
    node.put("residentBytes", ProcessFacts.residentBytes());
    session.mounter().describeProcess(node);
    ArrayNode array = node.putArray("mounts");
    for (LiveMount mount : session.mounts()) {
      ObjectNode entry = array.addObject();
      Volume volume = mount.volume();
      entry.put("path", volume.mountPoint().toString());
      entry.put("kind", volume.kindName());
      entry.put("source", volume.source());
      PendingData pending = mount.pending();
      entry.put("health", health(mount, pending));
      ObjectNode waiting = entry.putObject("pending");
      waiting.put("files", pending.files()).put("bytes", pending.bytes());
      describe(pending, waiting.putArray("failed"));
      session.mounter().describe(mount, entry);
    }
    return node;
  }

  private static String health(LiveMount mount, PendingData pending) {
    if (!mount.isAlive()) {
      return "dead";
    }
    return pending.failed().isEmpty() ? "ok" : "unsaved";
  }

  private static void describe(PendingData pending, ArrayNode failed) {
    for (PendingData.FailedFile file : pending.failed()) {
      failed
          .addObject()
          .put("path", file.path())
          .put("bytes", file.bytes())
          .put("reason", file.reason());
    }
  }

  private ObjectNode unmount(JsonNode request, ControlServer.Reply reply) {
    List<Path> which = new ArrayList<>();
    request.path("paths").forEach(path -> which.add(Path.of(path.asText())));
    UnmountOutcome outcome =
        session.unmount(
            which,
            Duration.ofMillis(request.path("timeoutMillis").asLong()),
            progress -> {
              logProgress(progress);
              try {
                reply.line(
                    JSON.createObjectNode()
                        .put("path", progress.mountPoint().toString())
                        .put("files", progress.pending().files())
                        .put("bytes", progress.pending().bytes()));
              } catch (IOException e) {
                LOG.debug("who asked for the unmount is gone: {}", e.getMessage());
              }
            });
    note(outcome);
    ObjectNode node = JSON.createObjectNode();
    node.put("clean", outcome.isClean());
    node.put("unsaved", !outcome.unsaved().isEmpty());
    node.put("remaining", session.mounts().size());
    ArrayNode problems = node.putArray("problems");
    outcome.problems().forEach(problems::add);
    return node;
  }

  /** Forgets the record. */
  @Override
  public void close() throws IOException {
    control.close();
    registry.remove(record.get());
  }
}
