package io.batchmount.launcher.run;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * Makes directories on a volume on which other nodes make the same ones at the same time. Between
 * the answer "is there already" and a look at it lies what this mount still believes of the moment
 * before; it forgets within a second or two.
 */
final class SharedDirectories {
  /** Longer than a mount believes that a name is absent. */
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final long LOOK_MILLIS = 100;

  private SharedDirectories() {}

  /** Makes a directory and its parents, if they are not there. */
  static void make(Path directory) throws IOException {
    long begin = System.nanoTime();
    while (true) {
      try {
        Files.createDirectories(directory);
        return;
      } catch (FileAlreadyExistsException e) {
        if (System.nanoTime() - begin > PATIENCE_NANOS) {
          throw e; // a file of that name
        }
        try {
          TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
        } catch (InterruptedException interrupted) {
          Thread.currentThread().interrupt();
          throw new IOException("interrupted while " + directory + " was made", interrupted);
        }
      }
    }
  }
}
