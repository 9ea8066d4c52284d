package io.batchmount.launcher.outputs;

import java.util.Optional;

/** How a matched file is named at its destination. */
final class BlobNaming {
  private BlobNaming() {}

  /**
   * The name at the destination.
   *
   * @param wildcard whether the pattern is one
   * @param path of the destination; slashes at its ends are dropped for wildcard patterns
   * @param relative the file's name relative to the pattern's base
   */
  static String nameOf(boolean wildcard, Optional<String> path, String relative) {
    if (!wildcard) {
      return path.orElse(relative);
    }
    String directory = path.map(BlobNaming::withoutOuterSlashes).orElse("");
    return directory.isEmpty() ? relative : directory + "/" + relative;
  }

  private static String withoutOuterSlashes(String path) {
    int from = 0;
    int to = path.length();
    while (from < to && path.charAt(from) == '/') {
      from++;
    }
    while (to > from && path.charAt(to - 1) == '/') {
      to--;
    }
    return path.substring(from, to);
  }
}
