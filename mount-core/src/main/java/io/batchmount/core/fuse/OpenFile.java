package io.batchmount.core.fuse;

import io.batchmount.core.FileAttributes;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FsException;
import java.time.Instant;
import java.util.Optional;

/** A file handle that the kernel holds, with the node that it was opened through. */
final class OpenFile {
  final Node node;
  final FileHandle handle;

  private final Optional<Pinned> pinnedAtOpen;

  /** Known to have no set-id bits, so that writes need not look. */
  volatile boolean plainMode;

  /**
   * The version that a handle is pinned to.
   *
   * @param version the store's token
   * @param size of that version
   * @param mtime of that version
   */
  record Pinned(String version, long size, Instant mtime) {
    boolean differsFrom(FileAttributes attributes) {
      return attributes.size() != size || !attributes.mtime().equals(mtime);
    }
  }

  OpenFile(Node node, FileHandle handle) throws FsException {
    this.node = node;
    this.handle = handle;
    Optional<String> version = handle.version();
    if (version.isPresent()) {
      FileAttributes attributes = handle.attributes();
      this.pinnedAtOpen =
          Optional.of(new Pinned(version.get(), attributes.size(), attributes.mtime()));
    } else {
      this.pinnedAtOpen = Optional.empty();
    }
  }

  /** The version that the handle reads; empty when it follows the file, now or from the start. */
  Optional<Pinned> pinned() {
    return pinnedAtOpen.isPresent() && handle.version().isPresent()
        ? pinnedAtOpen
        : Optional.empty();
  }
}
