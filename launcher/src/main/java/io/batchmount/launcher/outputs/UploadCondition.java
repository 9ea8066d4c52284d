package io.batchmount.launcher.outputs;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** When the files of an entry are uploaded. Only exit code 0 is success. */
public enum UploadCondition {
  /** After the command ended with exit code 0. */
  TASK_SUCCESS("tasksuccess"),
  /** After the command ended with any other exit code; a signal and a time limit count as that. */
  TASK_FAILURE("taskfailure"),
  /** After the command ended, whatever its exit code; the default. */
  TASK_COMPLETION("taskcompletion"),
  /** At intervals while the command runs and when it has ended. Not part of Azure Batch. */
  WHILE_RUNNING("whilerunning");

  private final String wireName;

  UploadCondition(String wireName) {
    this.wireName = wireName;
  }

  /** The name in definitions, lower case as the service writes it. */
  public String wireName() {
    return wireName;
  }

  /** The condition of that name, read without regard to letter case. */
  public static Optional<UploadCondition> ofWireName(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return Arrays.stream(values()).filter(c -> c.wireName.equals(lower)).findFirst();
  }

  /** Whether entries are uploaded after a command that ended with this code. */
  public boolean holdsAfter(int exitCode) {
    return switch (this) {
      case TASK_SUCCESS -> exitCode == 0;
      case TASK_FAILURE -> exitCode != 0;
      case TASK_COMPLETION, WHILE_RUNNING -> true;
    };
  }
}
