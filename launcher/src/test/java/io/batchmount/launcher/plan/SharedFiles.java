package io.batchmount.launcher.plan;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Published job and cluster files. They are no part of the project: they lie beside it in {@code
 * ../shared} or where BATCHMOUNT_SHARED says.
 */
final class SharedFiles {
  private SharedFiles() {}

  /** The file, or an assumption that fails with a word about what is missing. */
  static Path find(String relative) {
    String named = System.getenv("BATCHMOUNT_SHARED");
    if (named != null) {
      Path file = Path.of(named).resolve(relative);
      assumeTrue(Files.exists(file), "skipped: no " + file + " (BATCHMOUNT_SHARED)");
      return file;
    }
    Path here = Path.of("").toAbsolutePath();
    for (Path up = here; up != null; up = up.getParent()) {
      Path file = up.resolveSibling("shared").resolve(relative);
      if (Files.exists(up.resolve("mount-core")) && Files.exists(file)) {
        return file;
      }
    }
    assumeTrue(false, "skipped: no ../shared/" + relative + " beside the project");
    throw new IllegalStateException("not reached");
  }
}
