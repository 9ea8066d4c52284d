package io.batchmount.launcher.plan;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Where roots lie when nothing is said.
 *
 * @param mountRoot root of cluster volumes
 * @param jobTempParent parent of all jobs' temporary directories
 */
public record DefaultRoots(Path mountRoot, Path jobTempParent) {
  /** Variable from which a job takes the root of cluster volumes. */
  public static final String MOUNT_ROOT_VARIABLE = "AZ_BATCHAI_MOUNT_ROOT";

  private static final Path SYSTEM = Path.of("/mnt/batchmount");

  /**
   * The defaults of a user.
   *
   * @param environment the caller's environment
   * @param root true for the superuser
   * @param temporary the machine's temporary directory
   * @param user name or number of the user
   */
  public static DefaultRoots of(
      Map<String, String> environment, boolean root, Path temporary, String user) {
    Path base =
        root
            ? SYSTEM
            : absolute(environment, "XDG_RUNTIME_DIR")
                .orElse(temporary.resolve("batchmount-" + user))
                .resolve("batchmount");
    // the runtime directory lies in memory; a job's temporary files may be large
    Path jobs =
        root
            ? SYSTEM.resolve("jobs")
            : absolute(environment, "XDG_CACHE_HOME")
                .or(() -> absolute(environment, "HOME").map(home -> home.resolve(".cache")))
                .orElse(temporary.resolve("batchmount-" + user))
                .resolve("batchmount")
                .resolve("jobs");
    return new DefaultRoots(base.resolve("mounts"), jobs);
  }

  /** These defaults, with the root of cluster volumes that {@value #MOUNT_ROOT_VARIABLE} names. */
  public DefaultRoots withEnvironment(Map<String, String> environment) {
    return absolute(environment, MOUNT_ROOT_VARIABLE)
        .map(root -> new DefaultRoots(root, jobTempParent))
        .orElse(this);
  }

  private static Optional<Path> absolute(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name))
        .filter(value -> value.startsWith("/"))
        .map(value -> Path.of(value).normalize());
  }
}
