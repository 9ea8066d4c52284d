package io.batchmount.launcher.record;

import java.util.Locale;

/** {@code executionState} of Batch AI. */
public enum JobState {
  QUEUED,
  RUNNING,
  TERMINATING,
  SUCCEEDED,
  FAILED;

  /** As it is written. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static JobState of(String word) {
    return valueOf(word.toUpperCase(Locale.ROOT));
  }

  /** Whether nothing more will happen. */
  public boolean isOver() {
    return this == SUCCEEDED || this == FAILED;
  }
}
