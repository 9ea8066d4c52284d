package io.batchmount.launcher.conventions;

/**
 * The kind of an output of a job.
 *
 * @param text as in {@link OutputKind#text()}; not empty, no slash in it
 */
public record JobOutputKind(String text) implements OutputKind {
  /** The main result of the job. */
  public static final JobOutputKind JOB_OUTPUT = new JobOutputKind("JobOutput");

  /** A preview of the main result. */
  public static final JobOutputKind JOB_PREVIEW = new JobOutputKind("JobPreview");

  /** Refuses null, the empty text and texts with a slash. */
  public JobOutputKind {
    OutputKind.requireText(text);
  }

  /**
   * The kind of a text, one of the constants or the caller's own.
   *
   * @throws IllegalArgumentException for the empty text and texts with a slash
   */
  public static JobOutputKind of(String text) {
    return new JobOutputKind(text);
  }

  /** The kind's text. */
  @Override
  public String toString() {
    return text;
  }
}
