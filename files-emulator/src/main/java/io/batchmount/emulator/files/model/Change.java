package io.batchmount.emulator.files.model;

/** One change of the state, told to the {@link ChangeLog} after it was made in memory. */
public sealed interface Change {
  /** A share is new, or something of its own changed (not what it holds). */
  record ShareSet(Share share) implements Change {}

  /** A share went out of use; it may be restored while it is kept. */
  record ShareDeleted(Share share) implements Change {}

  /** A deleted share is in use again; it had been deleted at this moment. */
  record ShareRestored(Share share, long deletedAt) implements Change {}

  /** A deleted share is kept no longer. */
  record SharePurged(Share deleted) implements Change {}

  /** A snapshot was made of what the share holds now. */
  record SnapshotMade(Share share, String time) implements Change {}

  /** Something of a snapshot's own changed: its lease. */
  record SnapshotSet(Share share, String time) implements Change {}

  /** A snapshot was deleted. */
  record SnapshotDeleted(Share share, String time) implements Change {}

  /** A permission text got a key. */
  record PermissionAdded(Share share, String key, String text) implements Change {}

  /** A node is new, or something but its bytes changed. */
  record NodeSet(Share share, Node node) implements Change {}

  /** No entry stands for a node any more. */
  record NodeGone(Share share, Node node) implements Change {}

  /** A name in a directory stands for a node. */
  record EntrySet(Share share, DirectoryNode parent, String name, Node node) implements Change {}

  /** A name is gone from a directory. */
  record EntryGone(Share share, DirectoryNode parent, String name) implements Change {}

  /** Some pages of a file changed. */
  record ContentEdited(Share share, FileNode file, FileContent.Edit edit) implements Change {}

  /** A file has other bytes as a whole. */
  record ContentReplaced(Share share, FileNode file) implements Change {}

  /** The service properties were set. */
  record ServicePropertiesSet(String xml) implements Change {}
}
