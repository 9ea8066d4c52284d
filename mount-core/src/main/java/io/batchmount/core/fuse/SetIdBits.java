package io.batchmount.core.fuse;

import io.batchmount.core.FileAttributes;
import java.util.Optional;

/**
 * Taking the set-user-id and set-group-id bits away when a file is written or given to another, as
 * {@code chown(2)} and {@code write(2)} say. The kernel leaves it to us (HANDLE_KILLPRIV_V2);
 * otherwise it would ask for {@code security.capability} before each write.
 */
final class SetIdBits {
  private static final int S_ISUID = 04000;
  private static final int S_ISGID = 02000;
  private static final int S_IXGRP = 010;

  private SetIdBits() {}

  /** The permissions without these bits; empty when there are none to take away. */
  static Optional<Integer> without(FileAttributes attributes) {
    int permissions = attributes.permissions();
    int plain = permissions & ~S_ISUID;
    if ((permissions & S_IXGRP) != 0) { // else it means mandatory locking
      plain &= ~S_ISGID;
    }
    return attributes.isRegular() && plain != permissions ? Optional.of(plain) : Optional.empty();
  }
}
