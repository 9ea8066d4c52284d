package io.batchmount.core.memory;

import io.batchmount.core.AttributeChange;
import io.batchmount.core.Caller;
import io.batchmount.core.FileAttributes;
import io.batchmount.core.FileType;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One file, directory or symbolic link. All fields except the content are guarded by the lock of
 * the file system; the times and attributes, which handles change too, by the node's monitor.
 */
final class MemoryNode {
  final FileType type;
  final long inode;
  final MemoryContent content; // of regular files; empty and unused in others
  private final Map<String, MemoryNode> children = new LinkedHashMap<>(); // of directories
  private int subdirectories; // how many of the children are directories
  final Map<String, byte[]> xattrs = new TreeMap<>();
  final String target; // of symbolic links; else empty
  private int permissions;
  private int uid;
  private int gid;
  private Instant mtime;
  private Instant ctime;
  private Instant atime;
  int links; // names; of directories, 1 while it has a name
  private int handles;
  private long openedVersion = -1; // content version when it was last opened

  MemoryNode(
      FileType type,
      long inode,
      int permissions,
      Caller owner,
      Instant now,
      MemoryContent content,
      String target) {
    this.type = type;
    this.inode = inode;
    this.permissions = permissions & FileAttributes.PERMISSION_MASK;
    this.uid = owner.uid();
    this.gid = owner.gid();
    this.mtime = now;
    this.ctime = now;
    this.atime = now;
    this.content = content;
    this.target = target;
    this.links = 1;
  }

  boolean isDirectory() {
    return type == FileType.DIRECTORY;
  }

  Optional<MemoryNode> child(String name) {
    return Optional.ofNullable(children.get(name));
  }

  /** Names and nodes, in the order in which they came. */
  Map<String, MemoryNode> children() {
    return children;
  }

  /** Puts a new name in, at a time. */
  synchronized void attach(String name, MemoryNode child, Instant now) {
    children.put(name, child);
    subdirectories += child.isDirectory() ? 1 : 0;
    modified(now);
  }

  /** Takes a name out, at a time. */
  synchronized void detach(String name, Instant now) {
    MemoryNode child = children.remove(name);
    subdirectories -= child.isDirectory() ? 1 : 0;
    modified(now);
  }

  /** Attributes; the caller holds the file system's lock or a handle of this node. */
  synchronized FileAttributes attributes() {
    long size =
        switch (type) {
          case REGULAR -> content.size();
          case SYMLINK -> target.getBytes(StandardCharsets.UTF_8).length;
          case DIRECTORY -> 0;
        };
    int shownLinks = isDirectory() ? (links == 0 ? 0 : 2 + subdirectories) : links;
    return new FileAttributes(
        type, size, permissions, uid, gid, mtime, ctime, atime, inode, shownLinks);
  }

  synchronized void change(AttributeChange change, Instant now) {
    change.permissions().ifPresent(value -> permissions = value & FileAttributes.PERMISSION_MASK);
    change.uid().ifPresent(value -> uid = value);
    change.gid().ifPresent(value -> gid = value);
    change.mtime().ifPresent(value -> mtime = value);
    change.atime().ifPresent(value -> atime = value);
    ctime = now;
  }

  /** The content, or the set of names of a directory, changed. */
  synchronized void modified(Instant now) {
    mtime = now;
    ctime = now;
  }

  /** An attribute outside {@link AttributeChange} changed: links, extended attributes. */
  synchronized void touched(Instant now) {
    ctime = now;
  }

  /**
   * Counts a handle.
   *
   * @return whether the content is the one that the opener before saw
   */
  synchronized boolean opened() {
    handles++;
    long version = content.version();
    boolean same = version == openedVersion;
    openedVersion = version;
    return same;
  }

  synchronized void closed() {
    handles--;
    discardIfUnused();
  }

  synchronized void addLink(int change) {
    links += change;
    discardIfUnused();
  }

  private void discardIfUnused() {
    if (type == FileType.REGULAR && handles == 0 && links == 0) {
      content.discard();
    }
  }
}
