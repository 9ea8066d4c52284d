package io.batchmount.launcher.cli;

/** Exit codes of the program. */
public final class ExitCode {
  /** Done. */
  public static final int OK = 0;

  /** Wrong usage or configuration. */
  public static final int USAGE = 2;

  /** Mount failed. */
  public static final int MOUNT_FAILED = 3;

  /** Something could not be saved. */
  public static final int UNSAVED = 4;

  /** Anything else that went wrong, such as a job that {@code job wait} found failed. */
  public static final int FAILED = 1;

  /** The job's time limit was reached, as {@code timeout(1)} says it. */
  public static final int TIME_LIMIT = 124;

  /** A job ended by signal n has 128 + n, as a shell says it. */
  public static final int SIGNAL_BASE = 128;

  private ExitCode() {}
}
