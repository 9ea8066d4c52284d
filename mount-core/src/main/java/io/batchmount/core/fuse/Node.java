package io.batchmount.core.fuse;

import io.batchmount.core.FileType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the kernel knows under one node id: a file as it was found under a name. Guarded by the
 * {@link NodeTable} that made it, except for what is final.
 */
final class Node {
  final long id;
  final FileType type;
  volatile long inode; // changed when a successor takes the name of a file that nobody has open
  final boolean ownInode; // chosen by the table, not by the file system

  /** Where it is; empty for the root, and when it is {@link #detached}. */
  Optional<Node> parent;

  String name;

  /** The name is gone, by unlink, replacement or a change behind our back. */
  boolean detached;

  /** The directory where another file took the name by rename; {@link #name} is that name. */
  Optional<Node> replacedIn = Optional.empty();

  long lookups; // what the kernel holds
  int children; // nodes below that are in the table
  final List<OpenFile> open = new ArrayList<>();

  /** The version whose pages the kernel may hold. */
  Optional<String> cachedVersion = Optional.empty();

  Node(long id, FileType type, long inode, boolean ownInode, Optional<Node> parent, String name) {
    this.id = id;
    this.type = type;
    this.inode = inode;
    this.ownInode = ownInode;
    this.parent = parent;
    this.name = name;
  }

  boolean isUsed() {
    return lookups > 0 || children > 0 || !open.isEmpty();
  }
}
