package io.batchmount.launcher.options;

/**
 * Wrong usage or configuration: ends the program with exit code 2. The message is one sentence that
 * names the file, key or option and the fix, and holds no secret.
 */
public final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public UsageException(String message) {
    super(message);
  }

  public UsageException(String message, Throwable cause) {
    super(message, cause);
  }
}
