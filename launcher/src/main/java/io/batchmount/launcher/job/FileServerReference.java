package io.batchmount.launcher.job;

import java.util.Optional;

/**
 * An entry of {@code fileServers}: an NFS server known by its id.
 *
 * @param fileServerId resource id or name; a table of the launcher maps it to host and export
 * @param relativeMountPath where it appears below the root
 * @param sourceDirectory directory of the export; absent: all of it
 * @param mountOptions options of the mount command
 */
public record FileServerReference(
    String fileServerId,
    String relativeMountPath,
    Optional<String> sourceDirectory,
    Optional<String> mountOptions) {
  public FileServerReference {
    Rules.requireText("fileServer", fileServerId);
    relativeMountPath = Rules.relativePath("relativeMountPath", relativeMountPath);
    Rules.optionalText("sourceDirectory", sourceDirectory);
    Rules.optionalText("mountOptions", mountOptions);
    sourceDirectory = sourceDirectory.filter(s -> !s.isBlank());
    mountOptions = mountOptions.filter(o -> !o.isBlank());
  }

  /** All of the server's export, with the mount command's own defaults. */
  public static FileServerReference of(String fileServerId, String relativeMountPath) {
    return new FileServerReference(
        fileServerId, relativeMountPath, Optional.empty(), Optional.empty());
  }
}
