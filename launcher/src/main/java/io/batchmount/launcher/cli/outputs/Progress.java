package io.batchmount.launcher.cli.outputs;

import io.batchmount.launcher.options.ByteSize;
import io.batchmount.launcher.outputs.UploadListener;
import io.batchmount.launcher.outputs.UploadedFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * A progress line for uploads: files, bytes and rate; rewritten in place on a terminal, absent
 * elsewhere. Thread-safe.
 */
public final class Progress implements UploadListener, AutoCloseable {
  /** Often enough to look alive, seldom enough to cost nothing. */
  private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private static final String CLEAR = "\r\u001b[K";

  private final PrintWriter out;
  private final boolean terminal;
  private long start; // all guarded by this
  private long shown;
  private long sentBytes;
  private long allBytes;
  private int storedFiles;
  private int allFiles;

  /** Writes to that stream of messages. */
  public Progress(PrintWriter out) {
    this.out = out;
    this.terminal = stderrIsTerminal();
    this.start = System.nanoTime();
  }

  /** System.console() would look at the other streams. */
  private static boolean stderrIsTerminal() {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException e) {
      return false; // no /proc: then no one is bothered with control characters
    }
  }

  @Override
  public synchronized void started(int files, long bytes) {
    start = System.nanoTime();
    allFiles = files;
    allBytes = bytes;
    storedFiles = 0;
    sentBytes = 0;
  }

  @Override
  public synchronized void sent(long bytes) {
    sentBytes += bytes;
    show();
  }

  @Override
  public synchronized void stored(UploadedFile file) {
    storedFiles++;
    show();
  }

  private void show() {
    long now = System.nanoTime();
    if (!terminal || now - shown < INTERVAL_NANOS) {
      return;
    }
    shown = now;
    double seconds = Math.max(1e-3, (double) (now - start) / TimeUnit.SECONDS.toNanos(1));
    out.print(
        CLEAR
            + String.format(
                Locale.ROOT,
                "uploading: %d of %d files, %s of %s, %s/s",
                storedFiles,
                allFiles,
                ByteSize.display(sentBytes),
                ByteSize.display(allBytes),
                ByteSize.display((long) (sentBytes / seconds))));
    out.flush();
  }

  @Override
  public synchronized void close() {
    if (terminal && shown != 0) {
      out.print(CLEAR);
      out.flush();
      shown = 0;
    }
  }
}
