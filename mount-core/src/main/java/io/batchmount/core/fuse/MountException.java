package io.batchmount.core.fuse;

import java.io.IOException;

/**
 * A mount that could not be made or ended. The message is one sentence for the user that names the
 * directory and the fix.
 */
public final class MountException extends IOException {
  private static final long serialVersionUID = 1L;

  public MountException(String message) {
    super(message);
  }

  public MountException(String message, Throwable cause) {
    super(message, cause);
  }
}
