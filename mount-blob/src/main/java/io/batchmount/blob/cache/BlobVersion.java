package io.batchmount.blob.cache;

import io.batchmount.blob.store.BlobLocation;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** One version of one blob: what pages belong to. Immutable. */
public final class BlobVersion {
  private final BlobLocation location;
  private final String blob;
  private final String etag;
  private final long size;
  private final int hash;

  public BlobVersion(BlobLocation location, String blob, String etag, long size) {
    this.location = location;
    this.blob = blob;
    this.etag = etag;
    this.size = size;
    this.hash = (location.hashCode() * 31 + blob.hashCode()) * 31 + etag.hashCode();
  }

  public String blob() {
    return blob;
  }

  public String etag() {
    return etag;
  }

  /** Bytes of the blob. */
  public long size() {
    return size;
  }

  /** Pages of the blob, the last one perhaps not full. */
  public int pages() {
    return Math.toIntExact((size + PagePool.PAGE_BYTES - 1) / PagePool.PAGE_BYTES);
  }

  /** Bytes of a page of this blob. */
  public int pageLength(int page) {
    return (int) Math.min(PagePool.PAGE_BYTES, size - (long) page * PagePool.PAGE_BYTES);
  }

  /** Name of the version in the disk cache: SHA-256 of all that identifies it. */
  String digest() {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      for (String part :
          new String[] {
            location.endpoint(),
            location.account(),
            location.container(),
            blob,
            etag,
            Long.toString(size)
          }) {
        sha.update(part.getBytes(StandardCharsets.UTF_8));
        sha.update((byte) 0);
      }
      return HexFormat.of().formatHex(sha.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  @Override
  public boolean equals(Object other) {
    return this == other
        || (other instanceof BlobVersion that
            && hash == that.hash
            && size == that.size
            && blob.equals(that.blob)
            && etag.equals(that.etag)
            && location.equals(that.location));
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public String toString() {
    return blob + " " + etag;
  }
}
