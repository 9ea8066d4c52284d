package io.batchmount.launcher.job;

/**
 * An entry of {@code unmanagedFileSystems}: a file system that a command of the user mounts.
 *
 * @param mountCommand shell text without the mount point, which is appended
 * @param relativeMountPath where it appears below the root
 */
public record UnmanagedFileSystemReference(String mountCommand, String relativeMountPath) {
  public UnmanagedFileSystemReference {
    Rules.requireText("mountCommand", mountCommand);
    relativeMountPath = Rules.relativePath("relativeMountPath", relativeMountPath);
  }

  /** Without the command, which may hold a password. */
  @Override
  public String toString() {
    return "UnmanagedFileSystemReference[relativeMountPath=" + relativeMountPath + "]";
  }
}
