package io.batchmount.core.fuse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * Whether the caller of a request wants it to end.
 *
 * <p>The kernel sends INTERRUPT for any signal that reaches a waiting thread, once for a request.
 * An answer of EINTR is then what the program gets, and most programs take it for an error. Some
 * signals mean that: the one that kills the process, an interrupt from the keyboard, an alarm.
 * Others come all the time and mean nothing to a file: run-times that switch threads by signals,
 * profilers, the end of a child. So after INTERRUPT the pending signals of the thread are looked at
 * ({@code /proc/TID/status}, proc(5)), now and again while the request waits, as a second signal is
 * not announced.
 */
final class Interruption {
  /** How often pending signals are looked at; what a person at a keyboard does not notice. */
  private static final long CHECK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /** SIGHUP, SIGINT, SIGQUIT, SIGKILL, SIGALRM, SIGTERM; a fatal one adds SIGKILL (signal(7)). */
  private static final long ENDING = bit(1) | bit(2) | bit(3) | bit(9) | bit(14) | bit(15);

  private final int thread;
  private volatile boolean signalled;
  private volatile boolean ended;
  private volatile long lastCheck;

  /**
   * @param thread id of the caller's thread; 0 when it cannot be looked at
   */
  Interruption(int thread) {
    this.thread = thread;
  }

  /** The kernel says that a signal came. */
  void signalled() {
    lastCheck = System.nanoTime() - CHECK_NANOS;
    signalled = true;
  }

  /** Whether the request should end now with EINTR. */
  boolean isInterrupted() {
    if (!signalled) {
      return false;
    }
    if (!ended) {
      long now = System.nanoTime();
      if (now - lastCheck >= CHECK_NANOS) {
        lastCheck = now;
        ended =
            thread == 0 || hasEndingSignal(Path.of("/proc", Integer.toString(thread), "status"));
      }
    }
    return ended;
  }

  /** Also true when the thread is gone. */
  private static boolean hasEndingSignal(Path status) {
    try {
      return endingSignal(Files.readString(status, StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      return true;
    }
  }

  static boolean endingSignal(String status) {
    return status
        .lines()
        .filter(line -> line.startsWith("SigPnd:") || line.startsWith("ShdPnd:"))
        .anyMatch(line -> (Long.parseUnsignedLong(line.substring(7).strip(), 16) & ENDING) != 0);
  }

  private static long bit(int signal) {
    return 1L << (signal - 1);
  }
}
