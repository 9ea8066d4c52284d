package io.batchmount.core.fuse;

import io.batchmount.core.Errno;
import io.batchmount.core.FileAttributes;
import io.batchmount.core.FileType;
import io.batchmount.core.FsException;
import io.batchmount.core.FsPaths;
import io.batchmount.core.OperationContext;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which path each node id of the kernel stands for.
 *
 * <p>The kernel asks by node id, the SPI by path. A node holds its name and its parent, so renaming
 * a directory moves everything below it at once. The kernel counts how often it was told of a node
 * and says when it forgets; a node also stays while nodes below it or open files hold it. Node ids
 * are never used twice.
 *
 * <p>Two versions of a file never share a node, because the kernel keeps one size and one set of
 * pages for a node: where open handles read one version and the path has another, the old node is
 * detached from the name and the name gets a new one.
 *
 * <p>Inode numbers come from the file system; where it gives 0 they are made from the path, so that
 * they are the same after a new mount, and stay with a node that is renamed.
 *
 * <p>Thread-safe: one monitor guards all; nothing in it waits for the file system.
 */
final class NodeTable {
  /** How often a request that lost a race against a rename looks again. */
  static final int MAX_RETRIES = 5;

  private static final long RENAME_POLL_MILLIS = 20; // how soon a waiter notices an interruption

  private record NameKey(long parent, String name) {}

  private record Move(String from, String to) {}

  private final Map<Long, Node> nodes = new HashMap<>();
  private final Map<NameKey, Node> names = new HashMap<>();
  private final Set<Long> madeInodes = new HashSet<>();
  private final List<Move> moves = new ArrayList<>(); // renames that the file system works on
  private final Node root;
  private long lastId = FuseProtocol.ROOT_ID;
  private boolean mayGoPastPageCache;

  NodeTable() {
    root =
        new Node(
            FuseProtocol.ROOT_ID,
            FileType.DIRECTORY,
            FuseProtocol.ROOT_ID,
            true,
            Optional.empty(),
            "");
    root.lookups = 1; // never forgotten
    nodes.put(root.id, root);
    madeInodes.add(root.inode);
  }

  synchronized Node get(long id) throws FsException {
    Node node = nodes.get(id);
    if (node == null) {
      throw new FsException(Errno.ESTALE, "node " + id + " is not known");
    }
    return node;
  }

  /**
   * The path now; empty when the node or one above it has lost its name.
   *
   * <p>A node whose name went to another file by rename, and that nobody has open, stands for its
   * successor: a program that found the name a moment before the rename gets the new file, as it
   * would have a moment later. With ESTALE it would see an error when that happens twice.
   */
  synchronized Optional<String> findPath(Node node) {
    List<String> parts = new ArrayList<>();
    Node each = node;
    while (each != root) {
      parts.add(each.name);
      if (!each.detached) {
        each = each.parent.get();
      } else if (each == node && each.replacedIn.isPresent() && each.open.isEmpty()) {
        each = each.replacedIn.get();
      } else {
        return Optional.empty();
      }
    }
    StringBuilder path = new StringBuilder();
    for (int i = parts.size() - 1; i >= 0; i--) {
      path.append('/').append(parts.get(i));
    }
    return Optional.of(parts.isEmpty() ? FsPaths.ROOT : path.toString());
  }

  /** The path now. ESTALE when there is none any more. */
  String path(Node node) throws FsException {
    return findPath(node)
        .orElseThrow(() -> new FsException(Errno.ESTALE, "the file has no name any more"));
  }

  /** The path of a name in a directory. */
  String path(long directory, String name) throws FsException {
    return FsPaths.join(path(get(directory)), name);
  }

  /** A call of the SPI by path. */
  @FunctionalInterface
  interface PathCall<T> {
    T call(String path) throws FsException;
  }

  /**
   * Calls with the path of a node, again when the file was not there because it was being renamed.
   */
  <T> T atPath(Node node, PathCall<T> call) throws FsException {
    for (int tries = 1; ; tries++) {
      String path = path(node);
      try {
        return call.call(path);
      } catch (FsException e) {
        if (e.errno() != Errno.ENOENT || tries > MAX_RETRIES) {
          throw e;
        }
        awaitMoves(path);
        if (findPath(node).filter(path::equals).isPresent()) {
          throw e;
        }
      }
    }
  }

  /**
   * Tells the kernel of a name once more: the node is found or made, and counted as looked up.
   *
   * @param path of the name
   * @param attributes as the file system has them now
   */
  synchronized Node enter(Node parent, String name, String path, FileAttributes attributes)
      throws FsException {
    NameKey key = new NameKey(parent.id, name);
    Node node = names.get(key);
    if (node != null && (node.type != attributes.type() || differs(node, attributes))) {
      detach(node);
      node = null;
    }
    if (node == null) {
      boolean own = attributes.inode() == 0;
      long inode = own ? makeInode(path) : attributes.inode();
      node = new Node(++lastId, attributes.type(), inode, own, Optional.of(parent), name);
      nodes.put(node.id, node);
      names.put(key, node);
      parent.children++;
    }
    node.lookups++;
    return node;
  }

  /**
   * Whether these attributes are of a file that the node does not stand for: one with another inode
   * number of its own, or another version than the one that all open handles of the node read. A
   * handle that follows the file holds the node together with its name. A node that nobody has open
   * stands for the file that took its name: a reader of a file that is saved by rename again and
   * again would meet ESTALE more often than the kernel looks again.
   */
  synchronized boolean differs(Node node, FileAttributes attributes) throws FsException {
    if (isOtherFile(node, attributes)) {
      return !standFor(node, attributes);
    }
    boolean differs = false;
    for (OpenFile file : node.open) {
      Optional<OpenFile.Pinned> pinned = file.pinned();
      if (pinned.isEmpty()) {
        return false;
      }
      differs |= pinned.get().differsFrom(attributes);
    }
    return differs;
  }

  /**
   * Whether these attributes are of another file than the node: the file system gives numbers, and
   * gave another one. Never so where the numbers are made here.
   */
  static boolean isOtherFile(Node node, FileAttributes attributes) {
    return !node.ownInode && attributes.inode() != 0 && attributes.inode() != node.inode;
  }

  /**
   * Lets a node that nobody has open stand for the file that took its name.
   *
   * @return false when it is open: handles of two files must not share a node
   */
  synchronized boolean standFor(Node node, FileAttributes successor) {
    if (!node.open.isEmpty()) {
      return false;
    }
    node.inode = successor.inode();
    return true;
  }

  /** The inode number that a name of a directory has or would get. */
  synchronized long inodeOf(Node parent, String name, FileAttributes attributes) {
    if (attributes.inode() != 0) {
      return attributes.inode();
    }
    Node node = names.get(new NameKey(parent.id, name));
    return node != null
        ? node.inode
        : hash(findPath(parent).map(path -> FsPaths.join(path, name)).orElse(name));
  }

  synchronized void forget(long id, long count) {
    Node node = nodes.get(id);
    if (node != null && node != root) {
      node.lookups = Math.max(0, node.lookups - count);
      dropIfUnused(node);
    }
  }

  /**
   * Says that the kernel is one that lets a file be mapped while another descriptor goes past the
   * page cache (Linux 6.6). Others refuse that, and leave pages behind that are older than what was
   * written past them.
   */
  synchronized void allowPastPageCache() {
    mayGoPastPageCache = true;
  }

  /** What the kernel may do with pages of a file that was opened. */
  enum Pages {
    /** Those that it has are of the file's version. */
    KEEP,
    /** Those that it has are of another one. */
    DROP,
    /** It neither has nor makes any. */
    PAST
  }

  /**
   * Counts an open file.
   *
   * <p>All open files of a node go by pages or all go past them: whoever reads by pages might make
   * one at the moment when another writes past it, and keep what was there before.
   *
   * @return empty when the node belongs to another version, which is then detached
   */
  synchronized Optional<Pages> opened(OpenFile file) throws FsException {
    Node node = file.node;
    Optional<String> version = file.pinned().map(OpenFile.Pinned::version);
    if (readsOtherVersionsOnly(node, version)) {
      detach(node);
      return Optional.empty();
    }
    boolean sameVersion = version.isPresent() && version.equals(node.cachedVersion);
    node.cachedVersion = version;
    file.pastPageCache =
        node.open.isEmpty()
            ? mayGoPastPageCache && file.handle.writesPastPageCache()
            : node.open.get(0).pastPageCache;
    node.open.add(file);
    if (file.pastPageCache) {
      return Optional.of(Pages.PAST);
    }
    boolean keep = version.isPresent() ? sameVersion : file.handle.keepsPageCache();
    return Optional.of(keep ? Pages.KEEP : Pages.DROP);
  }

  /** Whether all open handles of a node are pinned, and one to another version than this. */
  private static boolean readsOtherVersionsOnly(Node node, Optional<String> version)
      throws FsException {
    boolean other = false;
    for (OpenFile file : node.open) {
      Optional<OpenFile.Pinned> pinned = file.pinned();
      if (pinned.isEmpty()) {
        return false;
      }
      other |= version.isEmpty() || !pinned.get().version().equals(version.get());
    }
    return other;
  }

  /**
   * Says that a file is about to be opened for writing.
   *
   * @return false when all who have it open read one version: the node stays theirs, the name gets
   *     another one
   */
  synchronized boolean mayWrite(Node node) throws FsException {
    if (!readsOtherVersionsOnly(node, Optional.empty())) {
      return true;
    }
    detach(node);
    return false;
  }

  /** A handle of a node that follows the file, where there is one. */
  synchronized Optional<OpenFile> follower(Node node) {
    return node.open.stream().filter(file -> file.handle.version().isEmpty()).findFirst();
  }

  synchronized void closed(OpenFile file) {
    file.node.open.remove(file);
    dropIfUnused(file.node);
  }

  /** An open file of a node, where there is one. */
  synchronized Optional<OpenFile> anyOpen(Node node) {
    return node.open.stream().findFirst();
  }

  /** Pages of a node come from its own writes too: they belong to no version. */
  synchronized void written(Node node) {
    node.cachedVersion = Optional.empty();
  }

  /**
   * Whether the kernel may have made pages of a file while a write went past them: a mapping, and
   * on some kernels {@code sendfile(2)}, of another descriptor makes some in any case. Those that
   * the kernel had before the write it has dropped itself.
   */
  synchronized boolean mayHavePages(OpenFile written) {
    return written.pastPageCache && written.node.open.size() > 1;
  }

  /** The name is gone. */
  synchronized void removed(Node parent, String name) {
    Node node = names.get(new NameKey(parent.id, name));
    if (node != null) {
      detach(node);
    }
  }

  /** The file of a node is no longer what its name stands for. */
  synchronized void detach(Node node) {
    if (node.detached || node == root) {
      return;
    }
    Node parent = node.parent.get();
    names.remove(new NameKey(parent.id, node.name));
    node.detached = true;
    node.parent = Optional.empty();
    releaseInode(node);
    parent.children--;
    dropIfUnused(parent);
    dropIfUnused(node);
  }

  /** Says that the file system begins to rename; {@link #endMove} must follow. */
  synchronized Object beginMove(String from, String to) {
    Move move = new Move(from, to);
    moves.add(move);
    return move;
  }

  /** A rename succeeded. */
  synchronized void moved(Node from, String oldName, Node to, String newName) {
    Node node = names.remove(new NameKey(from.id, oldName));
    Node replaced = names.get(new NameKey(to.id, newName));
    if (replaced != null) {
      detach(replaced);
      replaced.replacedIn = Optional.of(to);
    }
    if (node == null) {
      return;
    }
    node.parent = Optional.of(to);
    node.name = newName;
    names.put(new NameKey(to.id, newName), node);
    to.children++;
    from.children--;
    dropIfUnused(from);
  }

  synchronized void endMove(Object move) {
    for (int i = 0; i < moves.size(); i++) {
      if (moves.get(i) == move) { // the same object: equal moves may run at once
        moves.remove(i);
        break;
      }
    }
    notifyAll();
  }

  /** Waits while a rename is at work on a path or on a directory above it. */
  private synchronized void awaitMoves(String path) throws FsException {
    while (moves.stream()
        .anyMatch(
            move -> FsPaths.isWithin(path, move.from()) || FsPaths.isWithin(path, move.to()))) {
      try {
        wait(RENAME_POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new FsException(Errno.EINTR, path + ": interrupted while it is renamed", e);
      }
      OperationContext.current().check("waiting for a rename");
    }
  }

  /** Number of nodes, the root included. */
  synchronized int size() {
    return nodes.size();
  }

  /** Nodes of a path, from the root down, as far as the kernel knows them. */
  synchronized Optional<Node> find(String path) {
    Node node = root;
    for (int start = 1; start < path.length(); ) {
      int slash = path.indexOf('/', start);
      int stop = slash < 0 ? path.length() : slash;
      node = names.get(new NameKey(node.id, path.substring(start, stop)));
      if (node == null) {
        return Optional.empty();
      }
      start = stop + 1;
    }
    return Optional.of(node);
  }

  private void dropIfUnused(Node start) {
    Node node = start;
    while (node != root && !node.isUsed() && nodes.remove(node.id) != null) {
      if (node.detached) {
        return;
      }
      Node parent = node.parent.get();
      names.remove(new NameKey(parent.id, node.name));
      releaseInode(node);
      parent.children--;
      node = parent;
    }
  }

  private void releaseInode(Node node) {
    if (node.ownInode && node.open.isEmpty()) {
      madeInodes.remove(node.inode);
    }
  }

  private long makeInode(String path) {
    long inode = hash(path);
    while (!madeInodes.add(inode)) {
      inode++;
    }
    return inode;
  }

  /** FNV-1a over UTF-16, mixed (the finisher of MurmurHash3): positive and above the root's 1. */
  private static long hash(String path) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < path.length(); i++) {
      hash = (hash ^ path.charAt(i)) * 0x100000001b3L;
    }
    hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return Math.max(FuseProtocol.ROOT_ID + 1, (hash ^ (hash >>> 33)) & Long.MAX_VALUE);
  }
}
