package io.batchmount.launcher.job;

import java.util.ArrayList;
import java.util.List;

/**
 * {@code mountVolumes} of a job or a cluster. No two volumes may lie on one path or inside each
 * other.
 */
public record MountVolumes(
    List<AzureFileShareReference> azureFileShares,
    List<AzureBlobFileSystemReference> azureBlobFileSystems,
    List<FileServerReference> fileServers,
    List<UnmanagedFileSystemReference> unmanagedFileSystems) {
  /** No volume at all. */
  public static final MountVolumes NONE =
      new MountVolumes(List.of(), List.of(), List.of(), List.of());

  public MountVolumes {
    azureFileShares = List.copyOf(azureFileShares);
    azureBlobFileSystems = List.copyOf(azureBlobFileSystems);
    fileServers = List.copyOf(fileServers);
    unmanagedFileSystems = List.copyOf(unmanagedFileSystems);
    requireApart(azureFileShares, azureBlobFileSystems, fileServers, unmanagedFileSystems);
  }

  /** A builder without volumes. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder with these volumes. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.shares.addAll(azureFileShares);
    builder.containers.addAll(azureBlobFileSystems);
    builder.servers.addAll(fileServers);
    builder.unmanaged.addAll(unmanagedFileSystems);
    return builder;
  }

  /** Mount paths relative to the root, in the order of mounting. */
  public List<String> relativeMountPaths() {
    List<String> paths = new ArrayList<>();
    azureFileShares.forEach(v -> paths.add(v.relativeMountPath()));
    azureBlobFileSystems.forEach(v -> paths.add(v.relativeMountPath()));
    fileServers.forEach(v -> paths.add(v.relativeMountPath()));
    unmanagedFileSystems.forEach(v -> paths.add(v.relativeMountPath()));
    return List.copyOf(paths);
  }

  public boolean isEmpty() {
    return relativeMountPaths().isEmpty();
  }

  private record Place(String key, String path) {}

  private static void requireApart(
      List<AzureFileShareReference> shares,
      List<AzureBlobFileSystemReference> containers,
      List<FileServerReference> servers,
      List<UnmanagedFileSystemReference> unmanaged) {
    List<Place> places = new ArrayList<>();
    for (int i = 0; i < shares.size(); i++) {
      places.add(new Place("azureFileShares[" + i + "]", shares.get(i).relativeMountPath()));
    }
    for (int i = 0; i < containers.size(); i++) {
      places.add(
          new Place("azureBlobFileSystems[" + i + "]", containers.get(i).relativeMountPath()));
    }
    for (int i = 0; i < servers.size(); i++) {
      places.add(new Place("fileServers[" + i + "]", servers.get(i).relativeMountPath()));
    }
    for (int i = 0; i < unmanaged.size(); i++) {
      places.add(
          new Place("unmanagedFileSystems[" + i + "]", unmanaged.get(i).relativeMountPath()));
    }
    List<Problem> problems = new ArrayList<>();
    for (int later = 1; later < places.size(); later++) {
      for (int earlier = 0; earlier < later; earlier++) {
        String one = places.get(earlier).path();
        String two = places.get(later).path();
        if (one.equals(two) || one.startsWith(two + "/") || two.startsWith(one + "/")) {
          problems.add(
              Problem.of(
                  places.get(later).key() + ".relativeMountPath",
                  "\""
                      + two
                      + "\" is "
                      + (one.equals(two) ? "also the path" : "nested with \"" + one + "\"")
                      + " of "
                      + places.get(earlier).key()
                      + ": give each volume a directory of its own"));
        }
      }
    }
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
  }

  /** Collects volumes. */
  public static final class Builder {
    private final List<AzureFileShareReference> shares = new ArrayList<>();
    private final List<AzureBlobFileSystemReference> containers = new ArrayList<>();
    private final List<FileServerReference> servers = new ArrayList<>();
    private final List<UnmanagedFileSystemReference> unmanaged = new ArrayList<>();

    private Builder() {}

    /** Appends a file share. */
    public Builder azureFileShare(AzureFileShareReference volume) {
      shares.add(volume);
      return this;
    }

    /** Appends a blob container. */
    public Builder azureBlobFileSystem(AzureBlobFileSystemReference volume) {
      containers.add(volume);
      return this;
    }

    /** Appends an NFS server. */
    public Builder fileServer(FileServerReference volume) {
      servers.add(volume);
      return this;
    }

    /** Appends a file system that a command mounts. */
    public Builder unmanagedFileSystem(UnmanagedFileSystemReference volume) {
      unmanaged.add(volume);
      return this;
    }

    /**
     * The volumes; throws {@link ConfigurationException} if two of them get in each other's way.
     */
    public MountVolumes build() {
      return new MountVolumes(shares, containers, servers, unmanaged);
    }
  }
}
