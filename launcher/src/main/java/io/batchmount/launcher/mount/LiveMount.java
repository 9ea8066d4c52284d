package io.batchmount.launcher.mount;

import io.batchmount.core.PendingData;
import java.time.Duration;
import java.util.function.Consumer;

/** A mounted volume. Thread-safe. */
public interface LiveMount {
  Volume volume();

  /** Whether the kernel still has it and its threads still serve it. */
  boolean isAlive();

  /** What is not saved yet. */
  PendingData pending();

  /**
   * Saves what waits; the mount stays.
   *
   * @return what is left unsaved
   */
  PendingData drain(Duration timeout, Consumer<PendingData> progress) throws java.io.IOException;

  /**
   * Saves what waits and unmounts. Where data cannot be saved in time the volume is unmounted all
   * the same and the data stays in the journal.
   *
   * @return what is left unsaved
   * @throws java.io.IOException when it could not be unmounted; the message says why
   */
  PendingData unmount(Duration timeout, Consumer<PendingData> progress) throws java.io.IOException;

  /** Waits until it is gone, also when somebody else unmounted it. */
  void awaitGone() throws InterruptedException;
}
