package io.batchmount.launcher.run;

import io.batchmount.launcher.record.JobRecord;
import java.util.List;

/**
 * How a run ended.
 *
 * @param exitCode for the caller
 * @param record as it was last written
 * @param unsaved one sentence for each thing that could not be saved
 */
public record RunResult(int exitCode, JobRecord record, List<String> unsaved) {
  public RunResult {
    unsaved = List.copyOf(unsaved);
  }
}
