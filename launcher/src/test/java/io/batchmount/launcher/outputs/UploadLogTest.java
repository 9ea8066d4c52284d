package io.batchmount.launcher.outputs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UploadLogTest {
  private static final int THREADS = 8;
  private static final int LINES = 300;

  @TempDir Path task;

  /** Lines that come at once are brought to the file together, and none is left behind. */
  @Test
  void everyLineIsInTheFileWhenNobodyWrites() throws Exception {
    try (UploadLog log = UploadLog.begin(task, text -> text)) {
      for (int i = 0; i < 10; i++) {
        log.info("alone " + i);
        assertThat(lines()).last().asString().endsWith("INFO  alone " + i);
      }
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        String prefix = "thread " + i + " line ";
        threads.add(
            new Thread(
                () -> {
                  for (int line = 0; line < LINES; line++) {
                    log.info(prefix + line);
                  }
                }));
      }
      threads.forEach(Thread::start);
      for (Thread thread : threads) {
        thread.join();
      }
      for (int i = 0; i < THREADS; i++) {
        String prefix = " thread " + i + " line ";
        assertThat(lines().stream().filter(line -> line.contains(prefix)))
            .hasSize(LINES)
            .last()
            .asString()
            .endsWith(prefix + (LINES - 1));
      }
    }
  }

  private List<String> lines() throws IOException {
    return Files.readAllLines(task.resolve(UploadLog.OUT));
  }
}
