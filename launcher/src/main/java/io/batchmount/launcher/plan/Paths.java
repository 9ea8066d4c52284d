package io.batchmount.launcher.plan;

/** Joins paths as text, without doubling slashes. */
final class Paths {
  private Paths() {}

  static String join(String left, String right) {
    String base = left;
    while (base.endsWith("/")) {
      base = base.substring(0, base.length() - 1);
    }
    return base + "/" + right;
  }

  /** True if {@code path} is {@code directory} or lies in it; compared by component. */
  static boolean inside(String path, String directory) {
    String base = directory.endsWith("/") ? directory : directory + "/";
    return path.equals(directory) || (path + "/").startsWith(base);
  }
}
