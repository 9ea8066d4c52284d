package io.batchmount.launcher.plan;

import java.util.Optional;

/**
 * Volumes from the command line, one of each kind; they are appended to those of the file.
 *
 * @param nfs id of a file server ({@code --nfs})
 * @param nfsMountPath its path ({@code --nfs-mount-path})
 * @param fileShare name of a share of the account in effect ({@code --afs-name})
 * @param fileShareMountPath its path ({@code --afs-mount-path})
 * @param container name of a container of the account in effect ({@code --bfs-name})
 * @param containerMountPath its path ({@code --bfs-mount-path})
 * @param autoStorage share {@value #AUTO_SHARE} and container {@value #AUTO_CONTAINER} of the
 *     account in effect; clusters only ({@code --use-auto-storage})
 * @param fileEndpointSuffix what follows the account in a share's URL
 */
public record VolumeOptions(
    Optional<String> nfs,
    String nfsMountPath,
    Optional<String> fileShare,
    String fileShareMountPath,
    Optional<String> container,
    String containerMountPath,
    boolean autoStorage,
    String fileEndpointSuffix) {
  public static final String DEFAULT_NFS_PATH = "nfs";
  public static final String DEFAULT_FILE_SHARE_PATH = "afs";
  public static final String DEFAULT_CONTAINER_PATH = "bfs";
  public static final String AUTO_SHARE = "batchaishare";
  public static final String AUTO_CONTAINER = "batchaicontainer";
  public static final String AUTO_SHARE_PATH = "autoafs";
  public static final String AUTO_CONTAINER_PATH = "autobfs";
  public static final String DEFAULT_ENDPOINT_SUFFIX = "core.windows.net";

  /** No volume. */
  public static final VolumeOptions NONE =
      new VolumeOptions(
          Optional.empty(),
          DEFAULT_NFS_PATH,
          Optional.empty(),
          DEFAULT_FILE_SHARE_PATH,
          Optional.empty(),
          DEFAULT_CONTAINER_PATH,
          false,
          DEFAULT_ENDPOINT_SUFFIX);

  /** These options with a file share. */
  public VolumeOptions withFileShare(String name, String mountPath) {
    return new VolumeOptions(
        nfs,
        nfsMountPath,
        Optional.of(name),
        mountPath,
        container,
        containerMountPath,
        autoStorage,
        fileEndpointSuffix);
  }

  /** These options with a container. */
  public VolumeOptions withContainer(String name, String mountPath) {
    return new VolumeOptions(
        nfs,
        nfsMountPath,
        fileShare,
        fileShareMountPath,
        Optional.of(name),
        mountPath,
        autoStorage,
        fileEndpointSuffix);
  }

  /** These options with a file server. */
  public VolumeOptions withNfs(String id, String mountPath) {
    return new VolumeOptions(
        Optional.of(id),
        mountPath,
        fileShare,
        fileShareMountPath,
        container,
        containerMountPath,
        autoStorage,
        fileEndpointSuffix);
  }

  /** These options with auto-storage. */
  public VolumeOptions withAutoStorage(boolean value) {
    return new VolumeOptions(
        nfs,
        nfsMountPath,
        fileShare,
        fileShareMountPath,
        container,
        containerMountPath,
        value,
        fileEndpointSuffix);
  }
}
