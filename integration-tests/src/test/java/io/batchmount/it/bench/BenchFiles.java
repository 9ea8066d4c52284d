package io.batchmount.it.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Where the benchmarks keep what they need for a while. */
final class BenchFiles {
  private BenchFiles() {}

  /**
   * A directory in memory where there is one, for the data of a local service: one that forces what
   * it stores to the client's own disk would measure that disk, which no service in the cloud does.
   */
  static Path memory() {
    Path memory = Path.of("/dev/shm");
    return Files.isWritable(memory) ? memory : Path.of(System.getProperty("java.io.tmpdir"));
  }

  /** Nothing to do if it is not there. */
  static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
