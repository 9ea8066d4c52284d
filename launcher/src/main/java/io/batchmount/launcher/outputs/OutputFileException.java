package io.batchmount.launcher.outputs;

/**
 * A definition of output files is wrong. The message names the member and the index of the entry;
 * it never repeats an address.
 */
public final class OutputFileException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** With a sentence for the person who wrote the definition. */
  public OutputFileException(String message) {
    super(message);
  }

  /** As above, with the cause. */
  public OutputFileException(String message, Throwable cause) {
    super(message, cause);
  }
}
