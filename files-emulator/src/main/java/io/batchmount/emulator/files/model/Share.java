package io.batchmount.emulator.files.model;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/** A share, or a snapshot of one. Guarded by the lock of {@link Account}. */
public final class Share {
  /** A stored access policy; an empty text is an element that is not there. */
  public record Policy(
      String id, boolean present, String start, String expiry, String permission) {}

  /** Ids count up in steps from here, so that they look as the service's do: above 2^63. */
  private static final long FIRST_ID = 1L << 63;

  private static final long ID_STEP = 1L << 14;

  /** The root directory of an SMB share. */
  public static final long ROOT = 0;

  /** The root directory of an NFS share. */
  public static final long NFS_ROOT = 1;

  private final String name;
  private final boolean nfs;
  private final DirectoryNode root;
  private final Map<Long, Node> nodes = new HashMap<>();
  private final NavigableMap<String, Share> snapshots = new TreeMap<>();
  private final Map<String, String> permissions = new LinkedHashMap<>();
  private long created;
  private long etag;
  private int quotaGiB;
  private String accessTier = "TransactionOptimized";
  private String tierTransition = "";
  private long tierChanged;
  private String rootSquash = "";
  private String protocols = "";
  private Map<String, String> metadata = Map.of();
  private List<Policy> policies = List.of();
  private Lease lease = Lease.NONE;
  private long nextId = FIRST_ID;
  private long deletedAt;
  private boolean hadSnapshots;

  /** An empty one. */
  public Share(String name, boolean nfs, long now) {
    this.name = name;
    this.nfs = nfs;
    this.root = new DirectoryNode(nfs ? NFS_ROOT : ROOT, nfs);
    this.created = now;
    this.etag = now;
    this.tierChanged = now;
    root.etag(now);
    root.created(now);
    root.lastWritten(now);
    root.changed(now);
    root.attributes(FileAttributes.DIRECTORY.bit());
    nodes.put(root.id(), root);
  }

  public String name() {
    return name;
  }

  /**
   * Whether it is reached over NFS: names are case-sensitive then, and nodes have owner and mode.
   */
  public boolean nfs() {
    return nfs;
  }

  public DirectoryNode root() {
    return root;
  }

  /** The node of this id. */
  public Optional<Node> node(long id) {
    return Optional.ofNullable(nodes.get(id));
  }

  /** All nodes by id. */
  public Map<Long, Node> nodes() {
    return nodes;
  }

  /** Snapshots by their time as the service writes it, oldest first. */
  public NavigableMap<String, Share> snapshots() {
    return snapshots;
  }

  /** Permission texts by key. */
  public Map<String, String> permissions() {
    return permissions;
  }

  /** An id that no node of this share has or had. */
  public long takeId() {
    nextId += ID_STEP;
    return nextId;
  }

  /** Makes later ids larger than this one. */
  public void idUsed(long id) {
    if (Long.compareUnsigned(id, nextId) > 0) {
      nextId = id;
    }
  }

  public long lastId() {
    return nextId;
  }

  public long created() {
    return created;
  }

  public void created(long ticks) {
    this.created = ticks;
  }

  public long etag() {
    return etag;
  }

  public void etag(long ticks) {
    this.etag = ticks;
  }

  public int quotaGiB() {
    return quotaGiB;
  }

  public void quotaGiB(int value) {
    this.quotaGiB = value;
  }

  public String accessTier() {
    return accessTier;
  }

  /**
   * The transition that goes on, for example {@code pending-from-transactionOptimized}; empty for
   * none.
   */
  public String tierTransition() {
    return tierTransition;
  }

  public long tierChanged() {
    return tierChanged;
  }

  public void accessTier(String tier, String transition, long when) {
    this.accessTier = tier;
    this.tierTransition = transition;
    this.tierChanged = when;
  }

  /** As set; empty for not set. */
  public String rootSquash() {
    return rootSquash;
  }

  public void rootSquash(String value) {
    this.rootSquash = value;
  }

  /** As given at creation; empty when it was not. */
  public String protocols() {
    return protocols;
  }

  public void protocols(String value) {
    this.protocols = value;
  }

  public Map<String, String> metadata() {
    return metadata;
  }

  public void metadata(Map<String, String> values) {
    this.metadata = Metadata.copy(values);
  }

  public List<Policy> policies() {
    return policies;
  }

  public void policies(List<Policy> values) {
    this.policies = List.copyOf(values);
  }

  public Lease lease() {
    return lease;
  }

  public void lease(Lease value) {
    this.lease = value;
  }

  /** When it was deleted; 0 while it is there. */
  public long deletedAt() {
    return deletedAt;
  }

  public void deletedAt(long ticks) {
    this.deletedAt = ticks;
  }

  /** Whether it had snapshots when it was deleted. */
  public boolean hadSnapshots() {
    return hadSnapshots;
  }

  public void hadSnapshots(boolean value) {
    this.hadSnapshots = value;
  }

  /** The bytes of its files, as far as they were written. */
  public long usedBytes() {
    long sum = 0;
    for (Node node : nodes.values()) {
      if (node instanceof FileNode file) {
        sum += file.content().ranges(0, file.content().size()).total();
      }
    }
    return sum;
  }

  /** What it holds now, as a share of its own without snapshots that nothing changes. */
  public Share frozen() {
    Share copy = new Share(name, nfs, created);
    copy.created = created;
    copy.etag = etag;
    copy.quotaGiB = quotaGiB;
    copy.accessTier = accessTier;
    copy.tierChanged = tierChanged;
    copy.rootSquash = rootSquash;
    copy.protocols = protocols;
    copy.metadata = metadata;
    copy.policies = policies;
    copy.nextId = nextId;
    copy.permissions.putAll(permissions);
    root.copyTo(copy.root);
    record Pair(DirectoryNode from, DirectoryNode to) {}
    List<Pair> open = new ArrayList<>(List.of(new Pair(root, copy.root)));
    while (!open.isEmpty()) {
      Pair pair = open.remove(open.size() - 1);
      for (DirectoryNode.Entry e : pair.from.entries()) {
        Node twin = copy.nodes.get(e.node().id());
        if (twin == null && e.node() instanceof DirectoryNode d) {
          DirectoryNode made = new DirectoryNode(d.id(), nfs);
          d.copyTo(made);
          open.add(new Pair(d, made));
          twin = made;
        } else if (twin == null && e.node() instanceof FileNode f) {
          twin = f.copyOf();
        }
        copy.nodes.put(e.node().id(), twin);
        pair.to.put(e.name(), twin);
      }
    }
    return copy;
  }
}
