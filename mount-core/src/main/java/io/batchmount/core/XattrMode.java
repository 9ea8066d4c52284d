package io.batchmount.core;

/** The flags of {@code setxattr(2)}. */
public enum XattrMode {
  ANY,
  /** {@code XATTR_CREATE}: EEXIST when the attribute is there. */
  CREATE,
  /** {@code XATTR_REPLACE}: ENODATA when it is not. */
  REPLACE
}
