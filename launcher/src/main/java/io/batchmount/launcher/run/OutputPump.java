package io.batchmount.launcher.run;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies what a process prints, byte for byte, to the caller and to a file, as it comes. Trouble
 * with one of the two never stops the other, nor the process.
 */
public final class OutputPump {
  /** As much as a pipe holds by default (pipe(7)). */
  private static final int BUFFER_BYTES = 64 << 10;

  private static final Logger LOG = LoggerFactory.getLogger(OutputPump.class);

  private final Path file;
  private final Optional<OutputStream> caller;
  private final OutputStream target;
  private final Thread thread;
  private volatile Optional<String> failure = Optional.empty();
  private final AtomicLong bytes = new AtomicLong();

  private OutputPump(
      InputStream source, Optional<OutputStream> caller, Path file, OutputStream target) {
    this.file = file;
    this.caller = caller;
    this.target = target;
    this.thread = new Thread(() -> copy(source), "output-" + file.getFileName());
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * Begins to copy.
   *
   * @param source what the process prints
   * @param caller where it is passed on to
   * @param file where it is kept
   * @param target the file, open for appending; closed at the end
   */
  static OutputPump start(
      InputStream source, Optional<OutputStream> caller, Path file, OutputStream target) {
    return new OutputPump(source, caller, file, target);
  }

  private void copy(InputStream source) {
    byte[] buffer = new byte[BUFFER_BYTES];
    boolean callerListens = caller.isPresent();
    boolean fileTakes = true;
    try (source) {
      for (int read = source.read(buffer); read >= 0; read = source.read(buffer)) {
        bytes.addAndGet(read);
        if (callerListens) {
          callerListens = pass(buffer, read);
        }
        if (fileTakes) {
          try {
            target.write(buffer, 0, read);
          } catch (IOException e) {
            fileTakes = false;
            fail(e);
          }
        }
      }
    } catch (IOException e) {
      LOG.debug("{}: the pipe broke as its process was killed: {}", file, e.getMessage());
    } finally {
      try {
        target.close();
      } catch (IOException e) {
        fail(e);
      }
    }
  }

  private boolean pass(byte[] buffer, int count) {
    try {
      OutputStream stream = caller.orElseThrow();
      synchronized (stream) {
        stream.write(buffer, 0, count);
        stream.flush();
      }
      return true;
    } catch (IOException e) {
      return false; // nobody listens any more, as with "| head": the file still takes all
    }
  }

  private void fail(IOException e) {
    if (failure.isEmpty()) {
      failure = Optional.of(file + " could not be written: " + e.getMessage());
    }
  }

  /**
   * Waits for the end of the stream.
   *
   * @return false when it has not come in time: another process still holds the pipe
   */
  public boolean await(long millis) throws InterruptedException {
    thread.join(millis);
    return !thread.isAlive();
  }

  /** Why the file is not complete. */
  public Optional<String> failure() {
    return failure;
  }

  /** Bytes that came so far. */
  public long bytes() {
    return bytes.get();
  }

  public Path file() {
    return file;
  }
}
