package io.batchmount.launcher.run;

/** The job's container could not be started. */
final class ContainerFailure extends Exception {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  ContainerFailure(int exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  /** For the job. */
  int exitCode() {
    return exitCode;
  }
}
