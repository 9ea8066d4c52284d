package io.batchmount.launcher.job;

import java.util.List;

/**
 * A job with what is known about where it came from.
 *
 * @param definition the job
 * @param source places of its members
 * @param fileName the file as the user named it; {@code job.json} for a job made by a program
 * @param warnings what the reader found strange, each with file, line and column
 */
public record LoadedJob(
    JobDefinition definition, SourceMap source, String fileName, List<String> warnings) {
  public LoadedJob {
    warnings = List.copyOf(warnings);
  }

  /** A job made by a program. */
  public static LoadedJob of(JobDefinition definition) {
    return new LoadedJob(definition, SourceMap.NONE, "job.json", List.of());
  }
}
