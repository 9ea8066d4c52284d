package io.batchmount.emulator.files.model;

import java.util.Map;

/** What directories and files have in common. Guarded by the lock of {@link Account}. */
public abstract sealed class Node permits DirectoryNode, FileNode {
  /** Owner, group and mode of a node on an NFS share. */
  public record Posix(String owner, String group, String mode) {}

  private final long id;
  private long etag;
  private int attributes;
  private long created;
  private long lastWritten;
  private long changed;
  private String permissionKey = "";
  private Map<String, String> metadata = Map.of();
  private Posix posix = new Posix("0", "0", "");

  Node(long id) {
    this.id = id;
  }

  /** The id, to be read as unsigned; 0 for the root directory. */
  public final long id() {
    return id;
  }

  /** The moment of the last change that moved the ETag. */
  public final long etag() {
    return etag;
  }

  public final void etag(long ticks) {
    this.etag = ticks;
  }

  /** Bits of {@link FileAttributes}. */
  public final int attributes() {
    return attributes;
  }

  public final void attributes(int bits) {
    this.attributes = bits;
  }

  /** Whether it may not be written. */
  public final boolean readOnly() {
    return FileAttributes.READ_ONLY.in(attributes);
  }

  public final long created() {
    return created;
  }

  public final void created(long ticks) {
    this.created = ticks;
  }

  public final long lastWritten() {
    return lastWritten;
  }

  public final void lastWritten(long ticks) {
    this.lastWritten = ticks;
  }

  public final long changed() {
    return changed;
  }

  public final void changed(long ticks) {
    this.changed = ticks;
  }

  /** Key of the permission text; empty on the root directory and on NFS shares. */
  public final String permissionKey() {
    return permissionKey;
  }

  public final void permissionKey(String key) {
    this.permissionKey = key;
  }

  public final Map<String, String> metadata() {
    return metadata;
  }

  public final void metadata(Map<String, String> values) {
    this.metadata = Metadata.copy(values);
  }

  /** Owner, group and mode; of meaning on NFS shares only. */
  public final Posix posix() {
    return posix;
  }

  public final void posix(Posix values) {
    this.posix = values;
  }

  final void copyTo(Node other) {
    other.etag = etag;
    other.attributes = attributes;
    other.created = created;
    other.lastWritten = lastWritten;
    other.changed = changed;
    other.permissionKey = permissionKey;
    other.metadata = metadata;
    other.posix = posix;
  }
}
