package io.batchmount.launcher.outputs;

import java.nio.file.Path;

/**
 * A file that a pattern matched.
 *
 * @param file where it is
 * @param name its path relative to the pattern's base, with {@code /} between components
 */
record MatchedFile(Path file, String name) {}
