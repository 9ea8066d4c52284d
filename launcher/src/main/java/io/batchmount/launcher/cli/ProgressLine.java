package io.batchmount.launcher.cli;

import java.io.PrintWriter;
import java.time.Duration;

/**
 * Progress of a long step: one line that is written over on a terminal, a line now and then
 * elsewhere. Thread-safe.
 */
public final class ProgressLine implements AutoCloseable {
  /** Between two lines in a log: often enough to see that it lives, seldom enough to read. */
  private static final Duration LOG_EVERY = Duration.ofSeconds(5);

  /** Between two paintings of a terminal line: as fast as an eye reads. */
  private static final Duration PAINT_EVERY = Duration.ofMillis(200);

  private final PrintWriter out;
  private final boolean terminal;
  private long last;
  private boolean painted;

  public ProgressLine(PrintWriter out) {
    this(out, Terminal.stderr());
  }

  ProgressLine(PrintWriter out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
    this.last = System.nanoTime() - (terminal ? PAINT_EVERY : Duration.ofSeconds(4)).toNanos();
  }

  /** Shows where things stand, if it is time to. */
  public synchronized void show(String text) {
    long now = System.nanoTime();
    if (now - last < (terminal ? PAINT_EVERY : LOG_EVERY).toNanos()) {
      return;
    }
    last = now;
    if (terminal) {
      out.print("\r\u001b[K" + text);
      painted = true;
    } else {
      out.println("batchmount: " + text);
    }
    out.flush();
  }

  /** Wipes the line. */
  @Override
  public synchronized void close() {
    if (painted) {
      out.print("\r\u001b[K");
      out.flush();
      painted = false;
    }
  }
}
