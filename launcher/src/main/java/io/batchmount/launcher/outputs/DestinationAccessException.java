package io.batchmount.launcher.outputs;

/** There is no credential for a destination. The message says what to do and holds no secret. */
public final class DestinationAccessException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** With a sentence for people. */
  public DestinationAccessException(String message, Throwable cause) {
    super(message, cause);
  }
}
