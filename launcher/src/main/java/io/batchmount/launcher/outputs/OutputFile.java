package io.batchmount.launcher.outputs;

import java.util.Objects;

/**
 * One entry of {@code outputFiles}: which files, where to, when. Immutable.
 *
 * @param filePattern variables, wildcards and base as in {@link FilePattern}
 * @param destination container or share
 * @param condition when to upload
 */
public record OutputFile(
    String filePattern, OutputDestination destination, UploadCondition condition) {
  /**
   * Refuses what can be known to be wrong before the command runs.
   *
   * @throws OutputFileException if the pattern is empty, or is exact and the path ends with a slash
   */
  public OutputFile {
    Objects.requireNonNull(destination, "destination");
    Objects.requireNonNull(condition, "condition");
    if (filePattern.isEmpty() || filePattern.indexOf('\0') >= 0) {
      throw new OutputFileException("filePattern must be a path or a pattern");
    }
    boolean exact = !FilePattern.hasWildcard(filePattern) && filePattern.indexOf('$') < 0;
    if (exact && destination.path().filter(path -> path.endsWith("/")).isPresent()) {
      throw new OutputFileException(
          "destination path must not end with a slash, because filePattern \""
              + filePattern
              + "\" names one file and path is its whole name");
    }
  }
}
