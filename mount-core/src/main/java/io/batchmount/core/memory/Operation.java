package io.batchmount.core.memory;

/** The operations of a file system and its handles, as interceptors see them. */
public enum Operation {
  GET_ATTRIBUTES,
  SET_ATTRIBUTES,
  TRUNCATE,
  READ_DIRECTORY,
  MAKE_DIRECTORY,
  REMOVE_DIRECTORY,
  UNLINK,
  RENAME,
  MAKE_SYMLINK,
  READ_SYMLINK,
  MAKE_HARD_LINK,
  OPEN,
  CREATE,
  READ,
  WRITE,
  FLUSH,
  FSYNC,
  CLOSE,
  GET_XATTR,
  SET_XATTR,
  LIST_XATTRS,
  REMOVE_XATTR,
  USAGE
}
