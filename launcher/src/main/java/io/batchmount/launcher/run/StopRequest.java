package io.batchmount.launcher.run;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A user's or system's wish that the job ends. Signals come here; who must know registers.
 * Thread-safe.
 */
public final class StopRequest {
  private static final Logger LOG = LoggerFactory.getLogger(StopRequest.class);

  private final List<Listener> listeners = new ArrayList<>();
  private int signal;
  private int count;

  /** Told of a request. */
  public interface Listener {
    /**
     * @param name signal, without SIG
     * @param again whether it is not the first: then patience is over
     */
    void stop(String name, boolean again) throws IOException;
  }

  /** Takes a request. */
  public void request(String name, int number) {
    List<Listener> told;
    boolean again;
    synchronized (this) {
      count++;
      again = count > 1;
      if (signal == 0) {
        signal = number;
      }
      told = List.copyOf(listeners);
      notifyAll();
    }
    for (Listener listener : told) {
      tell(listener, name, again);
    }
  }

  private static void tell(Listener listener, String name, boolean again) {
    try {
      listener.stop(name, again);
    } catch (IOException e) {
      LOG.error("the wish to stop could not be passed on: {}", e.getMessage());
    }
  }

  /** Registers; tells at once when the request has come already. */
  public void add(Listener listener) {
    boolean already;
    synchronized (this) {
      listeners.add(listener);
      already = signal != 0;
    }
    if (already) {
      tell(listener, "TERM", false);
    }
  }

  /** Forgets a listener. */
  public synchronized void remove(Listener listener) {
    listeners.remove(listener);
  }

  /** Number of the first signal, if one came. */
  public synchronized OptionalInt signal() {
    return signal == 0 ? OptionalInt.empty() : OptionalInt.of(signal);
  }

  /** Whether it was said more than once. */
  public synchronized boolean isUrgent() {
    return count > 1;
  }
}
