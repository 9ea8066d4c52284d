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

  /** The kernel keeps no pages for it; guarded by the {@link NodeTable}. */
  boolean pastPageCache;

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

  OpenFile(Node node, FileHandle handle) {
    this.node = node;
    this.handle = handle;
  }

  /** The version that the handle reads; empty when it follows the file. */
  Optional<Pinned> pinned() throws FsException {
    Optional<String> version = handle.version();
    if (version.isEmpty()) {
      return Optional.empty();
    }
    FileAttributes attributes = handle.attributes();
    return Optional.of(new Pinned(version.get(), attributes.size(), attributes.mtime()));
  }
}
