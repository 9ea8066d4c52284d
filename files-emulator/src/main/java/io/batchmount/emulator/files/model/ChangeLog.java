package io.batchmount.emulator.files.model;

import java.io.IOException;
import java.util.List;

/** Makes changes durable. Called under the write lock of {@link Account}. */
@FunctionalInterface
public interface ChangeLog {
  /** Keeps nothing. */
  ChangeLog NONE = changes -> {};

  /**
   * Keeps the changes of one operation, all or none of them.
   *
   * @throws IOException if they cannot be kept
   */
  void append(List<Change> changes) throws IOException;
}
