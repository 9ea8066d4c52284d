package io.batchmount.core.testkit;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/**
 * The specifications' test data, which lie beside a developer's checkout ({@code ../shared}) and in
 * no user's clone. {@code BATCHMOUNT_SHARED} names another place.
 */
public final class SharedData {
  private SharedData() {}

  /** The directory, where it is there. */
  public static Optional<Path> find() {
    String named = System.getenv("BATCHMOUNT_SHARED");
    Path place = named != null ? Path.of(named) : Azurite.projectRoot().resolveSibling("shared");
    return Files.isDirectory(place) ? Optional.of(place) : Optional.empty();
  }

  /** The directory; the calling test is skipped with a word where it is absent. */
  public static Path require() {
    Optional<Path> place = find();
    Assumptions.assumeTrue(
        place.isPresent(),
        "skipped: ../shared is not beside this checkout, its data is not tested");
    return place.orElseThrow();
  }
}
