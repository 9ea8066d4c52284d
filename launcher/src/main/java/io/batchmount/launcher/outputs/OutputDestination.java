package io.batchmount.launcher.outputs;

import io.batchmount.launcher.conventions.FileGroups;
import java.util.List;
import java.util.Optional;

/** Where the files of an entry go. */
public sealed interface OutputDestination {
  /**
   * Address of the container or share. May hold a SAS: for requests only, never for a log ({@link
   * SecretText#blank}). Of a file group, whose account is known later, {@code autoStorage:} and the
   * container's name.
   */
  String url();

  /**
   * Exact pattern: the whole name; wildcard pattern: what stands before every name. Back-slashes
   * are slashes here.
   */
  Optional<String> path();

  /** Resource id of a user-assigned managed identity to be used instead of a SAS. */
  Optional<String> identity();

  /**
   * A blob container.
   *
   * @param url as {@link OutputDestination#url}
   * @param path as {@link OutputDestination#path}
   * @param identity as {@link OutputDestination#identity}
   * @param headers sent with the requests that make the blobs
   */
  record Container(
      String url, Optional<String> path, Optional<String> identity, List<UploadHeader> headers)
      implements OutputDestination {
    /** Takes copies; turns back-slashes of the path. */
    public Container {
      path = path.map(text -> text.replace('\\', '/')).filter(text -> !text.isEmpty());
      headers = List.copyOf(headers);
    }

    /** A container and a path, no identity, no headers. */
    public static Container of(String url, String path) {
      return new Container(url, Optional.of(path), Optional.empty(), List.of());
    }

    /** Without secrets. */
    @Override
    public String toString() {
      return "Container[" + SecretText.blank(url) + ", path=" + path.orElse("") + "]";
    }
  }

  /**
   * A file group: a container in the linked account under a name that follows from the group's
   * ({@link FileGroups#containerOf}).
   *
   * @param group name of the group
   * @param path as {@link OutputDestination#path}
   */
  record FileGroup(String group, Optional<String> path) implements OutputDestination {
    /**
     * Turns back-slashes of the path.
     *
     * @throws IllegalArgumentException if no container can be named after the group
     */
    public FileGroup {
      FileGroups.containerOf(group);
      path = path.map(text -> text.replace('\\', '/')).filter(text -> !text.isEmpty());
    }

    /** Name of the container. */
    public String container() {
      return FileGroups.containerOf(group);
    }

    @Override
    public String url() {
      return "autoStorage:" + container();
    }

    @Override
    public Optional<String> identity() {
      return Optional.empty();
    }
  }

  /**
   * An Azure file share; not part of Azure Batch.
   *
   * @param url {@code https://ACCOUNT.file.core.windows.net/SHARE}, as {@link
   *     OutputDestination#url}
   * @param path as {@link OutputDestination#path}
   * @param identity as {@link OutputDestination#identity}
   */
  record FileShare(String url, Optional<String> path, Optional<String> identity)
      implements OutputDestination {
    /** Turns back-slashes of the path. */
    public FileShare {
      path = path.map(text -> text.replace('\\', '/')).filter(text -> !text.isEmpty());
    }

    /** Without secrets. */
    @Override
    public String toString() {
      return "FileShare[" + SecretText.blank(url) + ", path=" + path.orElse("") + "]";
    }
  }
}
