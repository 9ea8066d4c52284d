package io.batchmount.core;

/** What {@code rename} does with an existing target ({@code renameat2(2)}). */
public enum RenameMode {
  /** POSIX: an existing file, or an empty directory under a directory, is replaced. */
  REPLACE,
  /** {@code RENAME_NOREPLACE}: EEXIST when the target exists. */
  NO_REPLACE
}
