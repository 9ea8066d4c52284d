package io.batchmount.launcher.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether somebody watches. */
final class Terminal {
  private Terminal() {}

  /** Whether standard error is a terminal; {@code System.console()} would look at the others. */
  static boolean stderr() {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException e) {
      return false; // no /proc: then no one is bothered with control characters
    }
  }
}
