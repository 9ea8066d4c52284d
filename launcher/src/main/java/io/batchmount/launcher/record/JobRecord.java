package io.batchmount.launcher.record;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.batchmount.launcher.account.Redaction;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * All that is told of one run of a job. Immutable; {@link #with} makes the next state.
 *
 * @param name job name
 * @param id uuid of the run
 * @param segment path of its outputs below each prefix
 * @param state where it stands
 * @param createdAt when the launcher took it
 * @param startedAt when it began to run
 * @param endedAt when it was over
 * @param touchedAt when the launcher last wrote this
 * @param exitCode once known
 * @param errors why it failed
 * @param node host of the launcher
 * @param pid the launcher
 * @param bootId boot of its machine
 * @param directories output directories by id, {@code stdouterr} among them
 * @param mounts volumes of the job
 * @param job the job as sent, completed, without secrets
 * @param report figures of the end: times, bytes, requests, failure information
 */
public record JobRecord(
    String name,
    String id,
    String segment,
    JobState state,
    Instant createdAt,
    Optional<Instant> startedAt,
    Optional<Instant> endedAt,
    Instant touchedAt,
    OptionalInt exitCode,
    List<JobError> errors,
    String node,
    long pid,
    String bootId,
    Map<String, Place> directories,
    List<Mount> mounts,
    JsonNode job,
    JsonNode report) {

  /** Name of the file. */
  public static final String FILE_NAME = "job-record.json";

  /** How often a running job's record is written again. */
  public static final Duration TOUCH_EVERY = Duration.ofSeconds(30);

  /**
   * A running job whose record is older is lost: ten missed writes, so that an outage is not it.
   */
  public static final Duration LOST_AFTER = TOUCH_EVERY.multipliedBy(10);

  private static final int FORMAT = 1;
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Where a directory is in storage.
   *
   * @param kind {@code files}, {@code blob}, or {@code local}
   * @param account storage account; empty for local ones
   * @param volume share or container; empty for local ones
   * @param path path in it, or on the node
   */
  public record Place(String kind, String account, String volume, String path) {}

  /**
   * A volume of the job.
   *
   * @param kind as job.json names it, such as {@code azureFileShare}
   * @param source what
   * @param path where
   */
  public record Mount(String kind, String source, String path) {}

  public JobRecord {
    errors = List.copyOf(errors);
    directories = new LinkedHashMap<>(directories);
    mounts = List.copyOf(mounts);
  }

  /** The same job further on. */
  public JobRecord with(JobState newState, Instant now) {
    return new JobRecord(
        name,
        id,
        segment,
        newState,
        createdAt,
        startedAt.or(() -> newState == JobState.QUEUED ? Optional.empty() : Optional.of(now)),
        newState.isOver() ? endedAt.or(() -> Optional.of(now)) : Optional.empty(),
        now,
        exitCode,
        errors,
        node,
        pid,
        bootId,
        directories,
        mounts,
        job,
        report);
  }

  /** The same job with its end. */
  public JobRecord ended(
      JobState newState, int code, List<JobError> newErrors, JsonNode newReport, Instant now) {
    return new JobRecord(
            name,
            id,
            segment,
            newState,
            createdAt,
            startedAt,
            endedAt,
            now,
            OptionalInt.of(code),
            newErrors,
            node,
            pid,
            bootId,
            directories,
            mounts,
            job,
            newReport)
        .with(newState, now);
  }

  /** True for a running job of which nothing was heard for long. */
  public boolean isLost(Instant now) {
    return !state.isOver() && touchedAt.plus(LOST_AFTER).isBefore(now);
  }

  /** The text of the file. */
  public byte[] toBytes() {
    try {
      return Redaction.redact(
              JSON.writerWithDefaultPrettyPrinter().writeValueAsString(toJson()) + "\n")
          .getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of plain values cannot be written", e);
    }
  }

  /** The file as a tree. */
  public ObjectNode toJson() {
    ObjectNode node = JSON.createObjectNode();
    node.put("format", FORMAT);
    node.put("name", name).put("id", id);
    node.put("jobOutputDirectoryPathSegment", segment);
    node.put("executionState", state.word());
    node.put("creationTime", createdAt.toString());
    node.put("touchedAt", touchedAt.toString());
    ObjectNode info = node.putObject("executionInfo");
    startedAt.ifPresent(t -> info.put("startTime", t.toString()));
    endedAt.ifPresent(t -> info.put("endTime", t.toString()));
    exitCode.ifPresent(code -> info.put("exitCode", code));
    if (errors.isEmpty()) {
      info.putNull("errors");
    } else {
      ArrayNode array = info.putArray("errors");
      errors.forEach(
          error -> {
            ObjectNode item = array.addObject();
            item.put("code", error.code()).put("message", error.message());
            ArrayNode details = item.putArray("details");
            error.details().forEach((n, v) -> details.addObject().put("name", n).put("value", v));
          });
    }
    node.putObject("node").put("host", this.node).put("pid", pid).put("bootId", bootId);
    ArrayNode places = node.putArray("outputDirectories");
    directories.forEach(
        (dirId, place) ->
            places
                .addObject()
                .put("id", dirId)
                .put("kind", place.kind())
                .put("account", place.account())
                .put("volume", place.volume())
                .put("path", place.path()));
    ArrayNode volumes = node.putArray("mounts");
    mounts.forEach(
        mount ->
            volumes
                .addObject()
                .put("kind", mount.kind())
                .put("source", mount.source())
                .put("path", mount.path()));
    node.set("job", job);
    node.set("report", report);
    return node;
  }

  /**
   * Reads a file.
   *
   * @throws IOException when it is not one of ours, or half written
   */
  public static JobRecord parse(byte[] text) throws IOException {
    JsonNode node = JSON.readTree(text);
    if (node == null || node.path("format").asInt() != FORMAT) {
      throw new IOException("not a job record of this version");
    }
    JsonNode info = node.path("executionInfo");
    List<JobError> errors = new ArrayList<>();
    for (JsonNode error : info.path("errors")) {
      Map<String, String> details = new LinkedHashMap<>();
      error
          .path("details")
          .forEach(d -> details.put(d.path("name").asText(), d.path("value").asText()));
      errors.add(
          new JobError(error.path("code").asText(), error.path("message").asText(), details));
    }
    Map<String, Place> places = new LinkedHashMap<>();
    for (JsonNode place : node.path("outputDirectories")) {
      places.put(
          place.path("id").asText(),
          new Place(
              place.path("kind").asText(),
              place.path("account").asText(),
              place.path("volume").asText(),
              place.path("path").asText()));
    }
    List<Mount> mounts = new ArrayList<>();
    for (JsonNode mount : node.path("mounts")) {
      mounts.add(
          new Mount(
              mount.path("kind").asText(),
              mount.path("source").asText(),
              mount.path("path").asText()));
    }
    return new JobRecord(
        node.path("name").asText(),
        node.path("id").asText(),
        node.path("jobOutputDirectoryPathSegment").asText(),
        JobState.of(node.path("executionState").asText()),
        Instant.parse(node.path("creationTime").asText()),
        time(info.path("startTime")),
        time(info.path("endTime")),
        Instant.parse(node.path("touchedAt").asText()),
        info.path("exitCode").isInt()
            ? OptionalInt.of(info.path("exitCode").asInt())
            : OptionalInt.empty(),
        errors,
        node.path("node").path("host").asText(),
        node.path("node").path("pid").asLong(),
        node.path("node").path("bootId").asText(),
        places,
        mounts,
        node.path("job"),
        node.path("report"));
  }

  private static Optional<Instant> time(JsonNode node) {
    return node.isTextual() ? Optional.of(Instant.parse(node.asText())) : Optional.empty();
  }
}
