package io.batchmount.launcher.outputs;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The two upload logs of a task: {@code fileuploadout.txt}, one line for each event with date and
 * time to the millisecond (UTC), and {@code fileuploaderr.txt}, empty or one JSON object for the
 * first error. Both exist from the beginning of the phase. Texts pass a filter that blanks secrets.
 *
 * <p>A log that cannot be written does not end the phase: the outputs count more. Thread-safe.
 */
final class UploadLog implements Closeable {
  /** Name of the progress log. */
  static final String OUT = "fileuploadout.txt";

  /** Name of the error file. */
  static final String ERR = "fileuploaderr.txt";

  private static final Logger LOG = LoggerFactory.getLogger(UploadLog.class);
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss,SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final Path directory;
  private final UnaryOperator<String> blanked;
  private final AtomicInteger waiting = new AtomicInteger();
  private Optional<BufferedWriter> out; // guarded by this

  private UploadLog(Path directory, UnaryOperator<String> blanked, Optional<BufferedWriter> out) {
    this.directory = directory;
    this.blanked = blanked;
    this.out = out;
  }

  static UploadLog begin(Path directory, UnaryOperator<String> blanked) {
    Optional<BufferedWriter> out = Optional.empty();
    try {
      Files.createDirectories(directory);
      Files.write(directory.resolve(ERR), new byte[0]);
      out = Optional.of(Files.newBufferedWriter(directory.resolve(OUT), StandardCharsets.UTF_8));
    } catch (IOException e) {
      LOG.warn("no upload logs in {}: {}", directory, e.toString());
    }
    UploadLog log = new UploadLog(directory, blanked, out);
    log.info(
        "character encodings: file contents as they are, logs UTF-8, default "
            + Charset.defaultCharset()
            + ", file names "
            + System.getProperty("sun.jnu.encoding", "unknown"));
    return log;
  }

  void info(String text) {
    line("INFO ", text);
  }

  void warning(String text) {
    line("WARN ", text);
  }

  void error(UploadError error) {
    line(
        "ERROR",
        error.code().wireName()
            + " "
            + error.file().map(file -> "file " + file).orElse("pattern " + error.pattern())
            + ": "
            + error.message());
  }

  private void line(String level, String text) {
    // a name may hold a line break; one event stays one line. Blanked before the lock, at which all
    // uploads meet
    write(level, blanked.apply(text).replace("\n", "\\n").replace("\r", "\\r"));
  }

  private void write(String level, String oneLine) {
    waiting.incrementAndGet();
    synchronized (this) {
      // whoever writes when nobody waits brings all lines to the file: one call for many
      append(level, oneLine, waiting.decrementAndGet() == 0);
    }
  }

  private synchronized void append(String level, String oneLine, boolean flush) {
    if (out.isEmpty()) {
      return;
    }
    try {
      out.get().write(TIME.format(Instant.now()) + " " + level + " " + oneLine + "\n");
      if (flush) {
        out.get().flush();
      }
    } catch (IOException e) {
      LOG.warn("{} cannot be written any more: {}", directory.resolve(OUT), e.toString());
      out = Optional.empty();
    }
  }

  /** Writes the error file for the first error. */
  void firstError(UploadError error) {
    ObjectNode json =
        new ObjectMapper()
            .createObjectNode()
            .put("code", error.innerCode())
            .put("user_error", error.userFault())
            .put("pattern", blanked.apply(error.pattern()))
            .put("file", error.file().map(file -> blanked.apply(file.toString())).orElse(null))
            .put("destination", blanked.apply(error.destination()));
    try {
      Files.writeString(directory.resolve(ERR), json + "\n", StandardCharsets.UTF_8);
    } catch (IOException e) {
      LOG.warn("{} cannot be written: {}", directory.resolve(ERR), e.toString());
    }
  }

  @Override
  public synchronized void close() {
    try {
      if (out.isPresent()) {
        out.get().close();
      }
    } catch (IOException e) {
      LOG.warn("{} cannot be closed: {}", directory.resolve(OUT), e.toString());
    }
    out = Optional.empty();
  }
}
