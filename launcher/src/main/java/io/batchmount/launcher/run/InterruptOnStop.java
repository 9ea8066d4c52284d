package io.batchmount.launcher.run;

/**
 * Interrupts the thread that waits when the job is told to end; only as long as it is open, so that
 * no late signal hits what the thread does afterwards.
 */
final class InterruptOnStop implements AutoCloseable {
  private final StopRequest stop;
  private final Thread waiting;
  private final StopRequest.Listener listener = (name, again) -> interrupt();
  private boolean open = true;

  private InterruptOnStop(StopRequest stop, Thread waiting) {
    this.stop = stop;
    this.waiting = waiting;
  }

  /** For the calling thread; interrupts at once when the request has come already. */
  static InterruptOnStop of(StopRequest stop) {
    InterruptOnStop made = new InterruptOnStop(stop, Thread.currentThread());
    stop.add(made.listener);
    return made;
  }

  private synchronized void interrupt() {
    if (open) {
      waiting.interrupt();
    }
  }

  /** From now on nothing is interrupted; an interrupt that came is taken back. */
  @Override
  public void close() {
    stop.remove(listener);
    synchronized (this) {
      open = false;
    }
    if (stop.signal().isPresent()) {
      Thread.interrupted();
    }
  }
}
