package io.batchmount.launcher.options;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/**
 * Volumes on the command line of {@code run} and {@code mount -f}, under the names of the retired
 * CLI.
 */
public final class VolumeOptions {
  @Option(
      names = "--afs-name",
      paramLabel = "SHARE",
      description = "Mount this file share as well.")
  Optional<String> afsName = Optional.empty();

  @Option(
      names = "--afs-mount-path",
      paramLabel = "P",
      description = "Its relative mount path (default: afs).")
  Optional<String> afsMountPath = Optional.empty();

  @Option(
      names = "--bfs-name",
      paramLabel = "CONTAINER",
      description = "Mount this container as well.")
  Optional<String> bfsName = Optional.empty();

  @Option(
      names = "--bfs-mount-path",
      paramLabel = "P",
      description = "Its relative mount path (default: bfs).")
  Optional<String> bfsMountPath = Optional.empty();

  @Option(
      names = "--nfs",
      paramLabel = "ID",
      description = "Mount this file server as well; --file-server tells its address.")
  Optional<String> nfs = Optional.empty();

  @Option(
      names = "--nfs-mount-path",
      paramLabel = "P",
      description = "Its relative mount path (default: nfs).")
  Optional<String> nfsMountPath = Optional.empty();

  @Option(
      names = "--storage-account-name",
      paramLabel = "NAME",
      description = "Account of the volumes above and of the file's placeholders.")
  Optional<String> storageAccountName = Optional.empty();

  @Option(
      names = "--storage-account-key-file",
      paramLabel = "FILE",
      description = "File with that account's key.")
  Optional<Path> storageAccountKeyFile = Optional.empty();

  @Option(
      names = "--file-server",
      paramLabel = "ID=HOST:/EXPORT",
      split = ",",
      description = "Address of a file server; repeatable.")
  List<String> fileServers = new ArrayList<>();

  @Option(
      names = "--use-auto-storage",
      description =
          "mount -f: mount share batchaishare at autoafs and container batchaicontainer at autobfs, made when missing.")
  boolean useAutoStorage;

  @Option(names = "--strict", description = "Unknown members of the file are errors.")
  boolean strict;

  public Optional<String> afsName() {
    return afsName;
  }

  public Optional<String> afsMountPath() {
    return afsMountPath;
  }

  public Optional<String> bfsName() {
    return bfsName;
  }

  public Optional<String> bfsMountPath() {
    return bfsMountPath;
  }

  public Optional<String> nfs() {
    return nfs;
  }

  public Optional<String> nfsMountPath() {
    return nfsMountPath;
  }

  public Optional<String> storageAccountName() {
    return storageAccountName;
  }

  public Optional<Path> storageAccountKeyFile() {
    return storageAccountKeyFile;
  }

  public List<String> fileServers() {
    return List.copyOf(fileServers);
  }

  public boolean useAutoStorage() {
    return useAutoStorage;
  }

  public boolean strict() {
    return strict;
  }
}
