package io.batchmount.core;

import java.nio.charset.StandardCharsets;

/** Arithmetic of paths below a mount point. */
public final class FsPaths {
  /** The mount point itself. */
  public static final String ROOT = "/";

  /** Longest name that Linux passes on, in bytes (limits.h NAME_MAX). */
  public static final int MAX_NAME_BYTES = 255;

  private FsPaths() {}

  public static boolean isRoot(String path) {
    return path.equals(ROOT);
  }

  /** The directory that holds a path; of the root, the root. */
  public static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash <= 0 ? ROOT : path.substring(0, slash);
  }

  /** The last component; empty for the root. */
  public static String name(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** The path of a child. */
  public static String join(String directory, String name) {
    return isRoot(directory) ? ROOT + name : directory + "/" + name;
  }

  /** True when {@code path} is {@code directory} or lies below it. */
  public static boolean isWithin(String path, String directory) {
    return isRoot(directory)
        || path.equals(directory)
        || (path.startsWith(directory) && path.charAt(directory.length()) == '/');
  }

  /**
   * Refuses names that are too long.
   *
   * @throws FsException ENAMETOOLONG
   */
  public static void checkNameLength(String path) throws FsException {
    String name = name(path);
    if (name.length() > MAX_NAME_BYTES / 4
        && name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME_BYTES) {
      throw new FsException(
          Errno.ENAMETOOLONG, path + ": the last name is longer than " + MAX_NAME_BYTES + " bytes");
    }
  }
}
