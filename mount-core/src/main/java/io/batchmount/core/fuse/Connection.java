package io.batchmount.core.fuse;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** The threads and the descriptor behind one mount, whichever way requests come. Thread-safe. */
interface Connection {
  /** Begins to answer. */
  void start();

  /** Completed when the kernel and we agreed on how to speak; exceptionally when we cannot. */
  CompletableFuture<Void> ready();

  /** Whether the kernel still sends requests. */
  boolean isAlive();

  /** Waits until the connection has ended and all threads are done. */
  void awaitEnd() throws InterruptedException;

  /** As {@link #awaitEnd()}, for a while; true when it has ended. */
  boolean awaitEnd(Duration limit) throws InterruptedException;

  /** Files and directories that the kernel knows at the moment, where this is known. */
  int knownNodes();
}
