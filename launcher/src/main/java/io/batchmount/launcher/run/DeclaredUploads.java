package io.batchmount.launcher.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** Upload of the job's declared output files, while it runs and after. */
public interface DeclaredUploads extends AutoCloseable {
  /** The command runs. */
  void started();

  /** The job was asked to end: upload at once what is uploaded while it runs. */
  void terminating();

  /** Give up what is still on its way. */
  void cancel();

  /**
   * The command has ended; returns when all was tried.
   *
   * @param exitCode of the command
   */
  Outcome ended(int exitCode);

  @Override
  void close();

  /**
   * What came of it.
   *
   * @param problems one sentence for each file that is not stored
   * @param report figures and failure information for the record
   */
  record Outcome(List<String> problems, JsonNode report) {}
}
