package io.batchmount.launcher.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.batchmount.launcher.mount.ProcessFacts;
import io.batchmount.launcher.plan.JobPlan;
import io.batchmount.launcher.plan.PlannedMount;
import io.batchmount.launcher.record.JobError;
import io.batchmount.launcher.record.JobRecord;
import io.batchmount.launcher.record.JobState;
import io.batchmount.launcher.record.LocalJobs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the job's record, on the volume and on the node, at each change and now and then. The copy
 * on the volume is written by the master only. Thread-safe.
 */
final class RecordKeeper {
  private static final Logger LOG = LoggerFactory.getLogger(RecordKeeper.class);

  private final JobPlan plan;
  private final LocalJobs local;
  private final Path onVolume;
  private final boolean master;
  private final Duration touchEvery;
  private Optional<ScheduledExecutorService> timer = Optional.empty();
  private JobRecord record;
  private final List<String> failures = new ArrayList<>();

  RecordKeeper(RunContext context) {
    this(context, JobRecord.TOUCH_EVERY);
  }

  /**
   * @param touchEvery between two signs of life while nothing changes
   */
  RecordKeeper(RunContext context, Duration touchEvery) {
    this.touchEvery = touchEvery;
    this.plan = context.plan();
    this.local = new LocalJobs(context.stateDirectory());
    this.onVolume = plan.stdOutErrDirectory().getParent().resolve(JobRecord.FILE_NAME);
    this.master = plan.thisNode().isEmpty() || plan.thisNode().getAsInt() == 0;
    long pid = ProcessHandle.current().pid();
    Instant now = Instant.now();
    this.record =
        new JobRecord(
            plan.identity().job(),
            plan.identity().jobId(),
            plan.segment(),
            JobState.QUEUED,
            now,
            Optional.empty(),
            Optional.empty(),
            now,
            OptionalInt.empty(),
            List.of(),
            ProcessFacts.hostName(),
            pid,
            ProcessFacts.bootId(),
            JobPlaces.of(plan),
            mounts(),
            ReportedJob.of(context.job().definition(), plan),
            JsonNodeFactory.instance.objectNode());
  }

  private List<JobRecord.Mount> mounts() {
    List<JobRecord.Mount> mounts = new ArrayList<>();
    for (PlannedMount mount : plan.jobMounts()) {
      mounts.add(
          new JobRecord.Mount(mount.kind(), mount.relativeMountPath(), mount.path().toString()));
    }
    return mounts;
  }

  /** The job is taken. */
  synchronized void begin() throws IOException {
    local.put(record);
  }

  /** Its volumes are there. */
  synchronized void running() {
    record = record.with(JobState.RUNNING, Instant.now());
    write();
    ScheduledExecutorService made =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "job-record");
              thread.setDaemon(true);
              return thread;
            });
    long every = touchEvery.toMillis();
    made.scheduleWithFixedDelay(this::touch, every, every, TimeUnit.MILLISECONDS);
    timer = Optional.of(made);
  }

  private synchronized void touch() {
    if (!record.state().isOver()) {
      record = record.with(record.state(), Instant.now());
      write();
    }
  }

  /** A wish to stop came. */
  synchronized void terminating() {
    if (record.state() == JobState.RUNNING) {
      record = record.with(JobState.TERMINATING, Instant.now());
      write();
    }
  }

  /** Written on the volume and here. */
  synchronized void end(JobState state, int code, List<JobError> errors, JsonNode report) {
    timer.ifPresent(ScheduledExecutorService::shutdownNow);
    boolean onVolumeToo = record.state() != JobState.QUEUED;
    record = record.ended(state, code, errors, report, Instant.now());
    if (onVolumeToo) {
      write();
    } else {
      writeLocal();
    }
  }

  /** The last word, after unmounting. */
  synchronized void endLocally(JobState state, int code, List<JobError> errors, JsonNode report) {
    record = record.ended(state, code, errors, report, Instant.now());
    writeLocal();
  }

  private void write() {
    writeLocal();
    if (!master) {
      return;
    }
    Path temporary = onVolume.resolveSibling("." + JobRecord.FILE_NAME + ".tmp");
    try {
      Files.createDirectories(onVolume.getParent());
      Files.write(temporary, record.toBytes());
      Files.move(temporary, onVolume, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      LOG.warn("the job record cannot be written to {}: {}", onVolume, e.getMessage());
      if (record.state().isOver()) {
        failures.add("the job record could not be written to " + onVolume + ": " + e.getMessage());
      }
    }
  }

  private void writeLocal() {
    try {
      local.put(record);
    } catch (IOException e) {
      LOG.warn("the job record cannot be written to the state directory: {}", e.getMessage());
    }
  }

  synchronized JobRecord record() {
    return record;
  }

  /** What could not be recorded on the volume. */
  synchronized List<String> failures() {
    return List.copyOf(failures);
  }
}
