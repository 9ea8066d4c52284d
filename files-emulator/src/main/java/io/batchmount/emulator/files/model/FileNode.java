package io.batchmount.emulator.files.model;

import java.util.Optional;

/** A file, or on an NFS share a symbolic link. */
public final class FileNode extends Node {
  /** The six content headers; an empty text is a header that is not there. */
  public record ContentHeaders(
      String type,
      String encoding,
      String language,
      String md5,
      String disposition,
      String cacheControl) {
    /** None of them. */
    public static final ContentHeaders NONE = new ContentHeaders("", "", "", "", "", "");
  }

  /** The last copy that had this file as its destination. */
  public record Copy(String id, String source, long bytes, long completed) {}

  private FileContent content = FileContent.zeros(0);
  private ContentHeaders headers = ContentHeaders.NONE;
  private Lease lease = Lease.NONE;
  private Optional<Copy> copy = Optional.empty();
  private Optional<String> linkText = Optional.empty();
  private int links = 1;

  public FileNode(long id) {
    super(id);
  }

  public FileContent content() {
    return content;
  }

  public void content(FileContent value) {
    this.content = value;
  }

  public ContentHeaders headers() {
    return headers;
  }

  public void headers(ContentHeaders values) {
    this.headers = values;
  }

  public Lease lease() {
    return lease;
  }

  public void lease(Lease value) {
    this.lease = value;
  }

  public Optional<Copy> copy() {
    return copy;
  }

  public void copy(Optional<Copy> value) {
    this.copy = value;
  }

  /** What a symbolic link holds; empty for a regular file. */
  public Optional<String> linkText() {
    return linkText;
  }

  public void linkText(Optional<String> value) {
    this.linkText = value;
  }

  /** Entries that stand for this file. */
  public int links() {
    return links;
  }

  public void links(int count) {
    this.links = count;
  }

  /** One that later changes of this one do not reach. */
  public FileNode copyOf() {
    FileNode other = new FileNode(id());
    copyTo(other);
    other.content = content;
    other.headers = headers;
    other.lease = lease;
    other.copy = copy;
    other.linkText = linkText;
    other.links = links;
    return other;
  }
}
