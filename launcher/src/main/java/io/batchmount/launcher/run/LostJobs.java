package io.batchmount.launcher.run;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.batchmount.launcher.mount.ProcessFacts;
import io.batchmount.launcher.record.JobError;
import io.batchmount.launcher.record.JobRecord;
import io.batchmount.launcher.record.JobState;
import io.batchmount.launcher.record.LocalJobs;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/**
 * Records of this node whose launcher went away without a last word: killed, or the machine
 * restarted. They are given one at the next start.
 */
public final class LostJobs {
  private static final int NEVER_KNOWN = -1;

  private LostJobs() {}

  /** Marks them failed. */
  public static void mark(Path stateDirectory) throws IOException {
    LocalJobs jobs = new LocalJobs(stateDirectory);
    for (JobRecord record : jobs.all()) {
      if (record.state().isOver()) {
        continue;
      }
      boolean sameBoot = record.bootId().equals(ProcessFacts.bootId());
      if (sameBoot && ProcessFacts.startTicks(record.pid()) >= 0) {
        continue;
      }
      jobs.put(
          record.ended(
              JobState.FAILED,
              NEVER_KNOWN,
              List.of(
                  new JobError(
                      JobError.NODE_LOST,
                      sameBoot
                          ? "the launcher ended without a last word; it was killed"
                          : "the node was restarted while the job ran")),
              JsonNodeFactory.instance.objectNode(),
              Instant.now()));
    }
  }
}
