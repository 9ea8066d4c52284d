package io.batchmount.launcher.mount;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the registry says of a process with mounts. No secret is in it.
 *
 * @param id name of the record
 * @param role {@code mount}, {@code cluster} or {@code run}
 * @param pid the process
 * @param startTicks when it started, in the kernel's clock ticks: tells a reused pid
 * @param bootId boot of the machine: after another one the process is gone whatever its number
 * @param socket where it answers
 * @param log where it logs; empty for stderr and syslog
 * @param startedAt for people
 * @param mounts what it mounts, in the order of mounting
 * @param directories of a run, to be removed when its mounts are gone
 * @param uses mounts of other processes that a run works on
 */
public record MountRecord(
    String id,
    String role,
    long pid,
    long startTicks,
    String bootId,
    Path socket,
    Optional<Path> log,
    Instant startedAt,
    List<Entry> mounts,
    RunDirectories directories,
    List<Path> uses) {

  /**
   * One mount.
   *
   * @param path where
   * @param kind {@code blob}, {@code files}, {@code nfs} or {@code command}
   * @param source what, such as {@code blob:corpus}
   */
  public record Entry(Path path, String kind, String source) {}

  public MountRecord {
    mounts = List.copyOf(mounts);
    uses = List.copyOf(uses);
  }

  /** The same process with other mounts. */
  MountRecord withMounts(List<Entry> left) {
    return new MountRecord(
        id, role, pid, startTicks, bootId, socket, log, startedAt, left, directories, uses);
  }

  /** The same process, which works on no mount of another any more. */
  MountRecord withoutUses() {
    return new MountRecord(
        id, role, pid, startTicks, bootId, socket, log, startedAt, mounts, directories, List.of());
  }

  /** Whether its process still lives. */
  public boolean isAlive() {
    return bootId.equals(ProcessFacts.bootId())
        && startTicks == ProcessFacts.startTicks(pid)
        && ProcessFacts.isRunning(pid);
  }

  ObjectNode toJson(ObjectMapper json) {
    ObjectNode node = json.createObjectNode();
    node.put("id", id)
        .put("role", role)
        .put("pid", pid)
        .put("startTicks", startTicks)
        .put("bootId", bootId)
        .put("socket", socket.toString())
        .put("startedAt", startedAt.toString());
    log.ifPresent(path -> node.put("log", path.toString()));
    directories.writeTo(node.putObject("directories"));
    if (!uses.isEmpty()) {
      ArrayNode used = node.putArray("uses");
      uses.forEach(path -> used.add(path.toString()));
    }
    ArrayNode array = node.putArray("mounts");
    for (Entry entry : mounts) {
      array
          .addObject()
          .put("path", entry.path().toString())
          .put("kind", entry.kind())
          .put("source", entry.source());
    }
    return node;
  }

  static MountRecord fromJson(JsonNode node) {
    List<Entry> mounts = new ArrayList<>();
    for (JsonNode entry : node.path("mounts")) {
      mounts.add(
          new Entry(
              Path.of(entry.path("path").asText()),
              entry.path("kind").asText(),
              entry.path("source").asText()));
    }
    List<Path> uses = new ArrayList<>();
    node.path("uses").forEach(path -> uses.add(Path.of(path.asText())));
    return new MountRecord(
        node.path("id").asText(),
        node.path("role").asText(),
        node.path("pid").asLong(),
        node.path("startTicks").asLong(),
        node.path("bootId").asText(),
        Path.of(node.path("socket").asText()),
        path(node.path("log")),
        Instant.parse(node.path("startedAt").asText()),
        mounts,
        RunDirectories.of(node.path("directories")),
        uses);
  }

  private static Optional<Path> path(JsonNode node) {
    return node.isTextual() ? Optional.of(Path.of(node.asText())) : Optional.empty();
  }
}
