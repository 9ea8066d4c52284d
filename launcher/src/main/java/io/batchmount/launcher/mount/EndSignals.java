package io.batchmount.launcher.mount;

import java.util.Optional;
import java.util.function.Consumer;

/**
 * TERM, INT and HUP for a process that makes mounts and then serves them. A signal never kills such
 * a process: a mount whose process is gone is a broken directory for everybody.
 *
 * <p>While the volumes are being mounted a signal interrupts the thread that does it, which then
 * takes back what it has mounted. Once the mounts are served the signal is an order to save and to
 * unmount; one that came in between is obeyed then. Thread-safe.
 */
public final class EndSignals {
  private static final String[] NAMES = {"TERM", "INT", "HUP"};

  private Optional<Thread> mounting; // guarded by this; empty when served
  private Consumer<String> action = signal -> {}; // guarded by this
  private Optional<String> came = Optional.empty(); // guarded by this; the first one

  EndSignals(Thread mounting) {
    this.mounting = Optional.of(mounting);
  }

  /** Takes the signals over from the JVM; this thread is the one that mounts. */
  public static EndSignals install() {
    EndSignals signals = new EndSignals(Thread.currentThread());
    for (String name : NAMES) {
      Signals.handle(name, () -> signals.arrived(name));
    }
    return signals;
  }

  void arrived(String name) {
    Consumer<String> now;
    synchronized (this) {
      boolean first = came.isEmpty();
      came = came.or(() -> Optional.of(name));
      if (mounting.isPresent()) {
        if (first) { // another one must not disturb what takes the mounts back
          mounting.get().interrupt();
        }
        return;
      }
      now = action;
    }
    now.accept(name);
  }

  /** The first signal that came. */
  public synchronized Optional<String> came() {
    return came;
  }

  /**
   * The volumes are mounted: from now on signals go to an action, and one that came before goes
   * there at once. Called by the thread that mounted.
   */
  void served(Consumer<String> newAction) {
    Optional<String> before;
    synchronized (this) {
      mounting = Optional.empty();
      action = newAction;
      before = came;
    }
    if (before.isPresent()) {
      Thread.interrupted(); // it was for the mounting
      newAction.accept(before.get());
    }
  }
}
