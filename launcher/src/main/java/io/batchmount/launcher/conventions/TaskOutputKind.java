package io.batchmount.launcher.conventions;

/**
 * The kind of an output of a task.
 *
 * @param text as in {@link OutputKind#text()}; not empty, no slash in it
 */
public record TaskOutputKind(String text) implements OutputKind {
  /** The main result of the task. */
  public static final TaskOutputKind TASK_OUTPUT = new TaskOutputKind("TaskOutput");

  /** A preview of the main result. */
  public static final TaskOutputKind TASK_PREVIEW = new TaskOutputKind("TaskPreview");

  /** Logs of the task. */
  public static final TaskOutputKind TASK_LOG = new TaskOutputKind("TaskLog");

  /** Intermediate results, checkpoints, diagnosis. */
  public static final TaskOutputKind TASK_INTERMEDIATE = new TaskOutputKind("TaskIntermediate");

  /** Refuses null, the empty text and texts with a slash. */
  public TaskOutputKind {
    OutputKind.requireText(text);
  }

  /**
   * The kind of a text, one of the constants or the caller's own.
   *
   * @throws IllegalArgumentException for the empty text and texts with a slash
   */
  public static TaskOutputKind of(String text) {
    return new TaskOutputKind(text);
  }

  /** The kind's text. */
  @Override
  public String toString() {
    return text;
  }
}
