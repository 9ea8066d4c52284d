package io.batchmount.launcher.job;

import java.util.Objects;

/**
 * A place in a configuration file.
 *
 * @param file the file's name as the user gave it
 * @param line from 1
 * @param column from 1, in UTF-16 units
 */
public record Position(String file, int line, int column) {
  public Position {
    Objects.requireNonNull(file, "file");
  }

  @Override
  public String toString() {
    return file + ":" + line + ":" + column;
  }
}
