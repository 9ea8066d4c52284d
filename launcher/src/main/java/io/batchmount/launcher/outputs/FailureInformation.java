package io.batchmount.launcher.outputs;

import java.util.List;
import java.util.Locale;

/**
 * Why a job's result is "failure". Codes do not change and are meant for programs; the message is
 * for people. Holds no secret.
 *
 * @param category whose fault it is
 * @param code one of {@link UploadCode}'s names, or {@code FailureExitCode}
 * @param message a sentence
 * @param details further facts, the same name may occur several times
 */
public record FailureInformation(
    Category category, String code, String message, List<Detail> details) {
  /** The code of a command that ended with a nonzero exit code. */
  public static final String FAILURE_EXIT_CODE = "FailureExitCode";

  /** Takes a copy of the details. */
  public FailureInformation {
    details = List.copyOf(details);
  }

  /** Whose fault a failure is. */
  public enum Category {
    /** The definition, the credentials or the command. */
    USER_ERROR("usererror"),
    /** Storage, the network or this machine. */
    SERVER_ERROR("servererror");

    private final String wireName;

    Category(String wireName) {
      this.wireName = wireName;
    }

    /** The name in records and messages. */
    public String wireName() {
      return wireName;
    }
  }

  /**
   * One fact of a failure.
   *
   * @param name such as {@code FilePath}
   * @param value its text
   */
  public record Detail(String name, String value) {}

  /** Category, code and message on one line. */
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%s %s: %s", category.wireName(), code, message);
  }
}
