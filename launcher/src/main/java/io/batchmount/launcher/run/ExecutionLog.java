package io.batchmount.launcher.run;

import io.batchmount.launcher.account.Redaction;
import io.batchmount.launcher.mount.OwnVolumes;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code execution.log} of a node: a time and a sentence on each line. Begins before its directory
 * is mounted; what was said until then is written first. Variables are named, values never shown.
 * Thread-safe.
 */
public final class ExecutionLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ExecutionLog.class);

  private final List<String> early = new ArrayList<>();
  private OutputStream target;
  private Optional<String> failure = Optional.empty();

  /** Adds a line. */
  public synchronized void say(String sentence) {
    String line =
        Instant.now().truncatedTo(ChronoUnit.MILLIS) + " " + Redaction.redact(sentence) + "\n";
    LOG.info("{}", sentence);
    if (target == null) {
      early.add(line);
    } else {
      write(line);
    }
  }

  /** From now on lines go to a file. */
  public synchronized void open(Path file) throws IOException {
    target = OwnVolumes.append(file);
    early.forEach(this::write);
    early.clear();
  }

  private void write(String line) {
    try {
      target.write(line.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      if (failure.isEmpty()) {
        failure = Optional.of("the execution log could not be written: " + e.getMessage());
      }
    }
  }

  /** Why the log is not complete. */
  public synchronized Optional<String> failure() {
    return failure;
  }

  /** Lines after this are dropped from the file, not from the launcher's own log. */
  @Override
  public synchronized void close() {
    if (target == null) {
      return;
    }
    try {
      target.close();
    } catch (IOException e) {
      if (failure.isEmpty()) {
        failure = Optional.of("the execution log could not be written: " + e.getMessage());
      }
    }
    target = OutputStream.nullOutputStream();
  }
}
