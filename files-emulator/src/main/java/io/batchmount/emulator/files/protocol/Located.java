package io.batchmount.emulator.files.protocol;

import io.batchmount.emulator.files.model.Account;
import io.batchmount.emulator.files.model.DirectoryNode;
import io.batchmount.emulator.files.model.FileNode;
import io.batchmount.emulator.files.model.Node;
import io.batchmount.emulator.files.model.Share;
import java.util.List;
import java.util.Optional;

/**
 * Where a path leads: its share, the directory it lies in, and what is there.
 *
 * @param share the share or snapshot
 * @param parent the directory that holds the name; the root for the root itself
 * @param name the last name as the request gives it; empty for the root
 * @param entry what is there under this name, with the name as it was given when it was made
 */
record Located(
    Share share, DirectoryNode parent, String name, Optional<DirectoryNode.Entry> entry) {

  /** Finds the share of a call, or its snapshot; only under the lock. */
  static Share share(Account account, Call call) {
    Share share =
        Optional.ofNullable(account.shares().get(call.target().share()))
            .orElseThrow(() -> new ServiceException(ErrorCode.ShareNotFound));
    String time = call.target().param("sharesnapshot");
    if (time.isEmpty()) {
      return share;
    }
    return snapshot(share, time);
  }

  /**
   * The snapshot of this time; a missing one is reported as the service does, as a missing share.
   */
  static Share snapshot(Share share, String time) {
    return Optional.ofNullable(share.snapshots().get(time))
        .orElseThrow(() -> new ServiceException(ErrorCode.ShareNotFound));
  }

  /** Finds the share and the path of a call; only under the lock. */
  static Located of(Account account, Call call, List<String> path) {
    return in(share(account, call), path);
  }

  /** Finds a path; throws ParentNotFound when a directory above the last name is missing. */
  static Located in(Share share, List<String> path) {
    DirectoryNode parent = share.root();
    if (path.isEmpty()) {
      return new Located(share, parent, "", Optional.of(new DirectoryNode.Entry("", parent)));
    }
    for (String name : path.subList(0, path.size() - 1)) {
      Optional<DirectoryNode.Entry> entry = parent.find(name);
      if (entry.isPresent() && entry.get().node() instanceof DirectoryNode d) {
        parent = d;
      } else {
        throw new ServiceException(ErrorCode.ParentNotFound);
      }
    }
    String name = path.get(path.size() - 1);
    return new Located(share, parent, name, parent.find(name));
  }

  /** Whether it is the root directory. */
  boolean isRoot() {
    return name.isEmpty();
  }

  /** What is there. */
  Node node() {
    return entry
        .map(DirectoryNode.Entry::node)
        .orElseThrow(() -> new ServiceException(ErrorCode.ResourceNotFound));
  }

  /** The file that is there, for reading. */
  FileNode file() {
    if (node() instanceof FileNode f) {
      return f;
    }
    throw new ServiceException(ErrorCode.ResourceNotFound);
  }

  /** The file that is there, for changing: a directory in its place is another error. */
  FileNode fileToChange() {
    if (node() instanceof FileNode f) {
      return f;
    }
    throw new ServiceException(ErrorCode.ResourceTypeMismatch);
  }

  /** The directory that is there, for reading. */
  DirectoryNode directory() {
    if (node() instanceof DirectoryNode d) {
      return d;
    }
    throw new ServiceException(ErrorCode.ResourceNotFound);
  }

  /** The directory that is there, for changing: a file in its place is another error. */
  DirectoryNode directoryToChange() {
    if (node() instanceof DirectoryNode d) {
      return d;
    }
    throw new ServiceException(ErrorCode.ResourceTypeMismatch);
  }
}
