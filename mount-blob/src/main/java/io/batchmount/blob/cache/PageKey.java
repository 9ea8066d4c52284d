package io.batchmount.blob.cache;

/**
 * Names a page.
 *
 * @param version version of a blob
 * @param index number of the page, from 0
 */
public record PageKey(BlobVersion version, int index) {
  @Override
  public int hashCode() {
    return version.hashCode() + index * 0x9E3779B9;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PageKey that && index == that.index && version.equals(that.version);
  }
}
