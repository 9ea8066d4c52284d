package io.batchmount.launcher.mount;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Tries a step of a start again for as long as what it needs is not ready: at boot the network, the
 * name service, the identity endpoint or the storage service may come later than this process. What
 * will not mend by itself (a wrong key, a container that does not exist) fails at once.
 */
public final class Patience {
  /** First pause; a name service that comes up is found within a second. */
  private static final Duration FIRST_PAUSE = Duration.ofMillis(250);

  /** Longest pause: what is waited for is used within so long after it came. */
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

  private final long end;
  private final Consumer<String> waiting;
  private String told = "";

  /**
   * @param limit how long to try, from now on; zero for one try
   * @param waiting told why it waits, each reason once until another comes
   */
  public Patience(Duration limit, Consumer<String> waiting) {
    this.end = System.nanoTime() + limit.toNanos();
    this.waiting = waiting;
  }

  /** Something that may not be ready. */
  @FunctionalInterface
  public interface Step<T> {
    /** One try. */
    T run() throws IOException, MountFailure;
  }

  /**
   * Does a step, again and again while its failure is one of time.
   *
   * @throws MountFailure the failure of the last try
   * @throws IOException the same
   */
  public <T> T until(Step<T> step) throws IOException, MountFailure {
    Duration pause = FIRST_PAUSE;
    while (true) {
      try {
        return step.run();
      } catch (MountFailure e) {
        if (!e.isTemporary() || isOver(pause)) {
          throw e;
        }
        tell(e.getMessage());
      } catch (NotReadyException e) {
        if (isOver(pause)) {
          throw e;
        }
        tell(e.getMessage());
      } catch (UncheckedIOException e) {
        if (!(e.getCause() instanceof NotReadyException reason)) {
          throw e;
        }
        if (isOver(pause)) {
          throw reason;
        }
        tell(reason.getMessage());
      }
      pause(pause);
      pause =
          pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0
              ? pause.multipliedBy(2)
              : LONGEST_PAUSE;
    }
  }

  private boolean isOver(Duration pause) {
    return end - System.nanoTime() < pause.toNanos();
  }

  private void tell(String reason) {
    if (!reason.equals(told)) {
      told = reason;
      waiting.accept(reason);
    }
  }

  private static void pause(Duration pause) throws IOException {
    try {
      TimeUnit.NANOSECONDS.sleep(pause.toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting", e);
    }
  }
}
