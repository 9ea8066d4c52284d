package io.batchmount.emulator.files.http;

import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Limits the bytes of request bodies held at once: a connection that finds no room is not read
 * until another request has been answered. Thread-safe.
 */
final class BodyBudget {
  private record Waiting(long bytes, Runnable granted) {}

  private final long limit;
  private long held; // guarded by this
  private final Queue<Waiting> waiting = new ArrayDeque<>(); // guarded by this

  BodyBudget(long limit) {
    this.limit = limit;
  }

  /** Calls {@code granted} once there is room, at once when there is some now. */
  void acquire(long bytes, Runnable granted) {
    synchronized (this) {
      if (!waiting.isEmpty() || (held > 0 && held + bytes > limit)) {
        waiting.add(new Waiting(bytes, granted));
        return;
      }
      held += bytes;
    }
    granted.run();
  }

  void release(long bytes) {
    while (true) {
      Waiting next;
      synchronized (this) {
        held -= bytes;
        next = waiting.peek();
        if (next == null || (held > 0 && held + next.bytes() > limit)) {
          return;
        }
        waiting.remove();
        held += next.bytes();
      }
      next.granted().run();
      bytes = 0;
    }
  }
}
