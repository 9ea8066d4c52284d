package io.batchmount.core;

/** The kinds of files that a batchmount file system can hold. */
public enum FileType {
  REGULAR(0100000),
  DIRECTORY(0040000),
  SYMLINK(0120000);

  private final int modeBits;

  FileType(int modeBits) {
    this.modeBits = modeBits;
  }

  /** The type's bits in {@code st_mode} (inode(7)). */
  public int modeBits() {
    return modeBits;
  }
}
