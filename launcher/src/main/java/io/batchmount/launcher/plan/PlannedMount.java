package io.batchmount.launcher.plan;

import java.nio.file.Path;
import java.util.Optional;

/** A volume with everything that mounting it needs. */
public sealed interface PlannedMount {
  /** The mount point, absolute. */
  Path path();

  /** The mount point below its root. */
  String relativeMountPath();

  /** The kind in reports, such as {@code azureFileShare}. */
  String kind();

  /**
   * A file share.
   *
   * @param accountName the account after completion
   * @param url the URL after completion; an endpoint option may send requests elsewhere
   * @param share the share
   * @param directory directory of the share that is mounted; empty: all of it
   * @param fileMode octal digits
   * @param directoryMode octal digits
   * @param accountInEffect true if this is the account in effect, to which endpoint options apply
   */
  record FileShare(
      String accountName,
      String url,
      String share,
      String directory,
      Path path,
      String relativeMountPath,
      String fileMode,
      String directoryMode,
      VolumeCredential credential,
      boolean accountInEffect)
      implements PlannedMount {
    @Override
    public String kind() {
      return "azureFileShare";
    }

    /** {@link #fileMode} as a number. */
    public int fileModeBits() {
      return Integer.parseInt(fileMode, 8);
    }

    /** {@link #directoryMode} as a number. */
    public int directoryModeBits() {
      return Integer.parseInt(directoryMode, 8);
    }
  }

  /**
   * A blob container.
   *
   * @param mountOptions the option string in effect: the file's, else the service's default
   * @param settings what {@code mountOptions} says
   * @param accountInEffect true if this is the account in effect, to which endpoint options apply
   */
  record BlobContainer(
      String accountName,
      String container,
      Path path,
      String relativeMountPath,
      String mountOptions,
      BlobMountSettings settings,
      VolumeCredential credential,
      boolean accountInEffect)
      implements PlannedMount {
    @Override
    public String kind() {
      return "azureBlobFileSystem";
    }
  }

  /**
   * An NFS server.
   *
   * @param fileServerId id or name of the server
   * @param sourceDirectory directory of the export; empty: all of it
   * @param mountOptions options of the mount command; may be empty
   * @param source {@code HOST:/EXPORT[/sourceDirectory]}; empty if the table of file servers has no
   *     entry, and then a mount is refused
   */
  record FileServer(
      String fileServerId,
      String sourceDirectory,
      String mountOptions,
      Path path,
      String relativeMountPath,
      Optional<String> source)
      implements PlannedMount {
    @Override
    public String kind() {
      return "fileServer";
    }
  }

  /**
   * A file system that a command of the user mounts.
   *
   * @param mountCommand shell text without the mount point; may hold a password
   */
  record Unmanaged(String mountCommand, Path path, String relativeMountPath)
      implements PlannedMount {
    @Override
    public String kind() {
      return "unmanagedFileSystem";
    }

    /** The shell text that mounts: the command with the mount point behind it. */
    public String shellText() {
      return mountCommand + " " + ShellText.quote(path.toString());
    }

    @Override
    public String toString() {
      return "Unmanaged[path=" + path + "]";
    }
  }
}
