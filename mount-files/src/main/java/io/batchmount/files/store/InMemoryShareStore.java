package io.batchmount.files.store;

import io.batchmount.core.FsException;
import io.batchmount.files.names.CaseFolding;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/**
 * A share in memory that answers as the service does: names compare without case, Put Range never
 * extends a file, leases refuse writers without their id, times have 100 ns steps, errors carry the
 * service's codes and come in the service's order (share, parent, name, lease).
 *
 * <p>Thread-safe: one lock, every request is atomic.
 */
public final class InMemoryShareStore implements ShareStore {
  private static final long DEFAULT_QUOTA = 5120L << 30;
  private static final int METADATA_LIMIT = 8 << 10;
  private static final int NAME_LIMIT = 255;

  private final String share;
  private final Directory root;
  private long quota = DEFAULT_QUOTA;
  private boolean exists = true;
  private long nextId = 0x9E3779B97F4A7C15L;
  private long lastTicks;

  /** An empty share. */
  public InMemoryShareStore(String share) {
    this.share = share;
    this.root = new Directory("", "0", now());
  }

  @Override
  public String endpoint() {
    return "memory:";
  }

  @Override
  public String account() {
    return "memory";
  }

  @Override
  public String share() {
    return share;
  }

  /** Sets the quota, for tests of a full share. */
  public synchronized void setQuota(long bytes) {
    quota = bytes;
  }

  /** Takes the share away or brings it back, for tests. */
  public synchronized void setExists(boolean present) {
    exists = present;
  }

  @Override
  public synchronized boolean createShare(OptionalInt quotaGiB) {
    boolean made = !exists;
    exists = true;
    return made;
  }

  @Override
  public synchronized long getShareQuota() throws FsException {
    checkShare("Get Share Properties");
    return quota;
  }

  @Override
  public synchronized long getShareUsage() throws FsException {
    checkShare("Get Share Stats");
    return usage(root);
  }

  @Override
  public synchronized ListPage listDirectory(
      String path, String prefix, Optional<String> marker, int maxResults) throws FsException {
    if (maxResults < 1 || maxResults > MAX_PAGE) {
      throw error(400, "OutOfRangeQueryParameterValue", "List " + path);
    }
    Directory directory = directory(path, "List");
    String foldedPrefix = CaseFolding.fold(prefix);
    List<StoredItem> items = new ArrayList<>();
    Collection<Node> from = directory.children.tailMap(marker.orElse(foldedPrefix), true).values();
    for (Node node : from) {
      String key = CaseFolding.fold(node.name);
      if (!key.startsWith(foldedPrefix)) {
        break;
      }
      if (items.size() == maxResults) {
        return new ListPage(items, Optional.of(key));
      }
      items.add(node.toItem(false));
    }
    return new ListPage(items, Optional.empty());
  }

  @Override
  public synchronized Written createDirectory(String path, NewItem item) throws FsException {
    Directory parent = parent(path, "Create Directory");
    String name = checkName(path);
    if (path.isEmpty() || parent.get(name) != null) {
      throw error(409, ServiceCode.RESOURCE_ALREADY_EXISTS, "Create Directory " + path);
    }
    checkMetadata(item.metadata(), path);
    Directory made = new Directory(name, newId(), now());
    made.initialise(item, FileAttribute.DIRECTORY);
    parent.put(made);
    return made.written();
  }

  @Override
  public synchronized StoredItem getDirectoryProperties(String path) throws FsException {
    return directory(path, "Get Directory Properties").toItem(true);
  }

  @Override
  public synchronized Written setDirectoryProperties(String path, PropertyChange change)
      throws FsException {
    Directory directory = directory(path, "Set Directory Properties");
    directory.change(change, now());
    directory.attributes.add(FileAttribute.DIRECTORY);
    return directory.written();
  }

  @Override
  public synchronized Written setDirectoryMetadata(String path, Map<String, String> metadata)
      throws FsException {
    Directory directory = directory(path, "Set Directory Metadata");
    checkMetadata(metadata, path);
    directory.setMetadata(metadata, now());
    return new Written(directory.etag(), Optional.empty(), Optional.empty());
  }

  @Override
  public synchronized void deleteDirectory(String path) throws FsException {
    Directory directory = directory(path, "Delete Directory");
    if (!directory.children.isEmpty()) {
      throw error(409, ServiceCode.DIRECTORY_NOT_EMPTY, "Delete Directory " + path);
    }
    parent(path, "Delete Directory").remove(directory.name);
  }

  @Override
  public synchronized Written renameDirectory(String from, String to, boolean replace)
      throws FsException {
    Directory source = directory(from, "Rename Directory");
    if (to.length() > from.length()
        && CaseFolding.fold(to).startsWith(CaseFolding.fold(from) + "/")) {
      throw error(409, "InvalidInput", "Rename Directory " + from + " to " + to);
    }
    return move(source, from, to, replace, Optional.empty());
  }

  @Override
  public synchronized Written createFile(
      String path, long size, NewItem item, Optional<String> lease) throws FsException {
    Directory parent = parent(path, "Create File");
    String name = checkName(path);
    checkMetadata(item.metadata(), path);
    if (size < 0 || size > MAX_FILE_BYTES) {
      throw error(400, "OutOfRangeInput", "Create File " + path);
    }
    Node old = parent.get(name);
    if (old instanceof Directory) {
      throw error(409, ServiceCode.RESOURCE_TYPE_MISMATCH, "Create File " + path);
    }
    File file;
    if (old instanceof File existing) {
      checkLease(existing, lease, path);
      checkWritable(existing, path);
      file = existing;
      file.content.truncate(0);
      file.creation = file.lastWrite = file.change = now();
    } else {
      if (lease.isPresent()) {
        throw error(412, ServiceCode.LEASE_NOT_PRESENT, "Create File " + path);
      }
      file = new File(name, newId(), now());
      parent.put(file);
    }
    file.size = size;
    file.headers = ContentHeaders.DEFAULT;
    file.initialise(item, FileAttribute.ARCHIVE);
    return file.written();
  }

  @Override
  public synchronized StoredItem getFileProperties(String path, Optional<String> lease)
      throws FsException {
    File file = file(path, "Get File Properties");
    if (lease.isPresent()) {
      checkLease(file, lease, path);
    }
    return file.toItem(true);
  }

  @Override
  public synchronized RangeRead getFile(String path, long offset, ByteBuffer target)
      throws FsException {
    File file = file(path, "Get File");
    if (offset >= file.size) {
      return new RangeRead(0, file.size, "", Instant.EPOCH, "");
    }
    int count = (int) Math.min(target.remaining(), file.size - offset);
    file.content.read(offset, target, count);
    return new RangeRead(count, file.size, file.etag(), file.lastWriteTime(), file.id);
  }

  @Override
  public synchronized Written setFileProperties(
      String path, PropertyChange change, Optional<String> lease) throws FsException {
    File file = file(path, "Set File Properties");
    checkLease(file, lease, path);
    if (change.size().isPresent()) {
      long size = change.size().getAsLong();
      if (size < 0 || size > MAX_FILE_BYTES) {
        throw error(400, "OutOfRangeInput", "Set File Properties " + path);
      }
      file.content.truncate(Math.min(size, file.size));
      file.size = size;
    }
    file.change(change, now());
    if (change.headers().isPresent()) {
      file.headers = change.headers().get();
    } else if (change.size().isEmpty()) {
      file.headers =
          new ContentHeaders(
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              Optional.empty());
    }
    return file.written();
  }

  @Override
  public synchronized Written setFileMetadata(
      String path, Map<String, String> metadata, Optional<String> lease) throws FsException {
    File file = file(path, "Set File Metadata");
    checkLease(file, lease, path);
    checkMetadata(metadata, path);
    file.setMetadata(metadata, now());
    return new Written(file.etag(), Optional.empty(), Optional.empty());
  }

  @Override
  public synchronized Written putRange(
      String path, long offset, ByteBuffer data, boolean keepLastWriteTime, Optional<String> lease)
      throws FsException {
    File file = file(path, "Put Range");
    checkLease(file, lease, path);
    checkWritable(file, path);
    if (data.remaining() > MAX_RANGE_BYTES) {
      throw error(413, "RequestBodyTooLarge", "Put Range " + path);
    }
    if (offset + data.remaining() > file.size) {
      throw error(416, ServiceCode.INVALID_RANGE, "Put Range " + path);
    }
    file.content.write(offset, data);
    long time = now();
    file.change = file.etagTicks = time;
    if (!keepLastWriteTime) {
      file.lastWrite = time;
    }
    return new Written(file.etag(), Optional.of(file.lastWriteTime()), Optional.empty());
  }

  @Override
  public synchronized void deleteFile(String path, Optional<String> lease) throws FsException {
    File file = file(path, "Delete File");
    checkLease(file, lease, path);
    checkWritable(file, path);
    parent(path, "Delete File").remove(file.name);
  }

  @Override
  public synchronized Written renameFile(
      String from,
      String to,
      boolean replace,
      Optional<String> sourceLease,
      Optional<String> destinationLease)
      throws FsException {
    File source = file(from, "Rename File");
    checkLease(source, sourceLease, from);
    return move(source, from, to, replace, destinationLease);
  }

  @Override
  public synchronized String acquireLease(String path, String leaseId) throws FsException {
    File file = file(path, "Lease File");
    if (file.leased && !file.leaseId.equals(leaseId)) {
      throw error(409, ServiceCode.LEASE_ALREADY_PRESENT, "Lease File " + path);
    }
    file.leased = true;
    file.leaseId = leaseId;
    return file.etag();
  }

  @Override
  public synchronized void releaseLease(String path, String leaseId) throws FsException {
    File file = file(path, "Release Lease");
    if (file.leaseId.isEmpty()) {
      throw error(409, ServiceCode.LEASE_NOT_PRESENT_ACTION, "Release Lease " + path);
    }
    if (!file.leaseId.equals(leaseId)) {
      throw error(409, ServiceCode.LEASE_MISMATCH_ACTION, "Release Lease " + path);
    }
    file.leased = false;
    file.leaseId = "";
  }

  @Override
  public synchronized void breakLease(String path) throws FsException {
    File file = file(path, "Break Lease");
    if (file.leaseId.isEmpty()) {
      throw error(409, ServiceCode.LEASE_NOT_PRESENT_ACTION, "Break Lease " + path);
    }
    file.leased = false;
  }

  @Override
  public Optional<String> signedUrl(String path, Duration life) {
    return Optional.empty();
  }

  @Override
  public void close() {
    // nothing is held
  }

  private Written move(
      Node source, String from, String to, boolean replace, Optional<String> destinationLease)
      throws FsException {
    Directory oldParent = parent(from, "Rename");
    Directory newParent = parent(to, "Rename");
    String name = checkName(to);
    Node target = newParent.get(name);
    if (target != null && target != source) {
      if (!replace || target instanceof Directory) {
        throw error(409, ServiceCode.RESOURCE_ALREADY_EXISTS, "Rename " + from + " to " + to);
      }
      checkLease((File) target, destinationLease, to);
    }
    oldParent.remove(source.name);
    source.name = name;
    newParent.put(source);
    source.change = source.etagTicks = now();
    return source.written();
  }

  private void checkShare(String what) throws FsException {
    if (!exists) {
      throw error(404, ServiceCode.SHARE_NOT_FOUND, what + " " + share);
    }
  }

  private Directory parent(String path, String what) throws FsException {
    checkShare(what);
    int slash = path.lastIndexOf('/');
    Directory at = root;
    if (slash > 0) {
      for (String segment : path.substring(0, slash).split("/")) {
        if (at.get(segment) instanceof Directory next) {
          at = next;
        } else {
          throw error(404, ServiceCode.PARENT_NOT_FOUND, what + " " + path);
        }
      }
    }
    return at;
  }

  private Directory directory(String path, String what) throws FsException {
    checkShare(what);
    if (path.isEmpty()) {
      return root;
    }
    if (parent(path, what).get(last(path)) instanceof Directory directory) {
      return directory;
    }
    throw error(404, ServiceCode.RESOURCE_NOT_FOUND, what + " " + path);
  }

  private File file(String path, String what) throws FsException {
    if (!path.isEmpty() && parent(path, what).get(last(path)) instanceof File file) {
      return file;
    }
    throw error(404, ServiceCode.RESOURCE_NOT_FOUND, what + " " + path);
  }

  private static String last(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  private static String checkName(String path) throws FsException {
    String name = last(path);
    if (name.length() > NAME_LIMIT || path.length() > 2048) {
      throw error(400, "InvalidFileOrDirectoryPathName", path);
    }
    if (name.equals(".")
        || name.equals("..")
        || name.chars().anyMatch(c -> c < 0x20 || "\"\\:|<>*?".indexOf(c) >= 0)) {
      throw error(400, "InvalidResourceName", path);
    }
    return name;
  }

  private static void checkMetadata(Map<String, String> metadata, String path) throws FsException {
    int bytes = 0;
    for (Map.Entry<String, String> entry : metadata.entrySet()) {
      bytes += entry.getKey().length() + entry.getValue().length();
      if (!entry.getKey().matches("[A-Za-z_][A-Za-z0-9_]*")) {
        throw error(400, "InvalidMetadata", path);
      }
    }
    if (bytes > METADATA_LIMIT) {
      throw error(400, ServiceCode.METADATA_TOO_LARGE, path);
    }
  }

  private static void checkLease(File file, Optional<String> lease, String path)
      throws FsException {
    if (file.leased) {
      if (lease.isEmpty()) {
        throw error(412, ServiceCode.LEASE_ID_MISSING, path);
      }
      if (!file.leaseId.equals(lease.get())) {
        throw error(412, ServiceCode.LEASE_MISMATCH, path);
      }
    } else if (lease.isPresent()) {
      throw error(412, ServiceCode.LEASE_NOT_PRESENT, path);
    } else {
      file.leaseId = ""; // a write on a broken lease makes it available
    }
  }

  private static void checkWritable(File file, String path) throws FsException {
    if (file.attributes.contains(FileAttribute.READ_ONLY)) {
      throw error(409, ServiceCode.READ_ONLY_ATTRIBUTE, path);
    }
  }

  private static FsException error(int status, String code, String what) {
    return ServiceCode.error(status, code, what, "", null);
  }

  private String newId() {
    nextId += 0x9E3779B97F4A7C15L;
    return Long.toUnsignedString(nextId);
  }

  /** 100 ns ticks since 1970, each only once, so that every change has an ETag of its own. */
  private long now() {
    Instant time = Instant.now();
    lastTicks = Math.max(lastTicks + 1, time.getEpochSecond() * 10_000_000 + time.getNano() / 100);
    return lastTicks;
  }

  private static long usage(Directory directory) {
    long bytes = 0;
    for (Node node : directory.children.values()) {
      bytes += node instanceof Directory child ? usage(child) : ((File) node).content.allocated();
    }
    return bytes;
  }

  private static long ticks(Instant time) {
    return Math.addExact(
        Math.multiplyExact(time.getEpochSecond(), 10_000_000L), time.getNano() / 100);
  }

  private static Instant instant(long ticks) {
    return Instant.ofEpochSecond(
        Math.floorDiv(ticks, 10_000_000L), Math.floorMod(ticks, 10_000_000L) * 100);
  }

  private abstract static class Node {
    private static final long TICKS_0001_TO_1970 = 621_355_968_000_000_000L;

    String name;
    final String id;
    long creation;
    long lastWrite;
    long change;
    long etagTicks;
    EnumSet<FileAttribute> attributes = EnumSet.noneOf(FileAttribute.class);
    Map<String, String> metadata = new HashMap<>();

    Node(String name, String id, long time) {
      this.name = name;
      this.id = id;
      creation = lastWrite = change = etagTicks = time;
    }

    abstract StoredItem toItem(boolean full);

    final String etag() {
      return "\"0x"
          + Long.toHexString(etagTicks + TICKS_0001_TO_1970).toUpperCase(java.util.Locale.ROOT)
          + "\"";
    }

    final Instant lastWriteTime() {
      return instant(lastWrite);
    }

    final Written written() {
      return new Written(etag(), Optional.of(lastWriteTime()), Optional.of(id));
    }

    final void initialise(NewItem item, FileAttribute always) {
      etagTicks = change;
      attributes = EnumSet.of(always);
      attributes.addAll(item.attributes());
      item.lastWriteTime().ifPresent(t -> lastWrite = ticks(t));
      metadata = new HashMap<>(item.metadata());
    }

    final void change(PropertyChange asked, long time) {
      asked.attributes().ifPresent(set -> attributes = copy(set));
      if (asked.lastWriteTime().isPresent()) {
        lastWrite = ticks(asked.lastWriteTime().get());
      } else if (asked.size().isPresent()) {
        lastWrite = time;
      }
      change = etagTicks = time;
    }

    final void setMetadata(Map<String, String> replacement, long time) {
      metadata = new HashMap<>(replacement);
      change = etagTicks = time;
    }

    private static EnumSet<FileAttribute> copy(Set<FileAttribute> set) {
      EnumSet<FileAttribute> copy = EnumSet.noneOf(FileAttribute.class);
      copy.addAll(set);
      return copy;
    }
  }

  private static final class Directory extends Node {
    final TreeMap<String, Node> children = new TreeMap<>();

    Directory(String name, String id, long time) {
      super(name, id, time);
      attributes.add(FileAttribute.DIRECTORY);
    }

    Node get(String name) {
      return children.get(CaseFolding.fold(name));
    }

    void put(Node node) {
      children.put(CaseFolding.fold(node.name), node);
    }

    void remove(String name) {
      children.remove(CaseFolding.fold(name));
    }

    @Override
    StoredItem toItem(boolean full) {
      return new StoredItem(
          name,
          true,
          0,
          etag(),
          instant(creation),
          lastWriteTime(),
          instant(change),
          attributes,
          id,
          full ? metadata : Map.of(),
          Optional.empty(),
          false);
    }
  }

  private static final class File extends Node {
    final SparseContent content = new SparseContent();
    long size;
    ContentHeaders headers = ContentHeaders.DEFAULT;
    boolean leased;
    String leaseId = ""; // kept after a break, until released or written over

    File(String name, String id, long time) {
      super(name, id, time);
    }

    @Override
    StoredItem toItem(boolean full) {
      return new StoredItem(
          name,
          false,
          size,
          etag(),
          instant(creation),
          lastWriteTime(),
          instant(change),
          attributes,
          id,
          full ? metadata : Map.of(),
          full ? Optional.of(headers) : Optional.empty(),
          full && leased);
    }
  }
}
