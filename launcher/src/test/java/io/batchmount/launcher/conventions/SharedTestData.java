package io.batchmount.launcher.conventions;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Finds the test data that lies beside the checkout, or skips the test with a word. */
public final class SharedTestData {
  private static final String OVERRIDE = "BATCHMOUNT_SHARED";

  private SharedTestData() {}

  /**
   * A file below {@code ../shared} of the checkout, or below the directory of BATCHMOUNT_SHARED.
   */
  public static Path file(String relative) {
    Path found = locate().resolve(relative);
    assumeTrue(
        Files.exists(found),
        () -> "skipped: ../shared/" + relative + " is not there (set " + OVERRIDE + ")");
    return found;
  }

  private static Path locate() {
    String override = System.getenv(OVERRIDE);
    if (override != null) {
      return Path.of(override);
    }
    // the tests run in the module's directory, the data lies beside the checkout
    return Path.of("").toAbsolutePath().getParent().resolveSibling("shared");
  }
}
