package io.batchmount.launcher.mount;

import java.io.IOException;

/**
 * Something outside did not answer, and may later: network, name service, identity, storage. One
 * sentence that says what.
 */
public final class NotReadyException extends IOException {
  private static final long serialVersionUID = 1L;

  public NotReadyException(String message, Throwable cause) {
    super(message, cause);
  }
}
