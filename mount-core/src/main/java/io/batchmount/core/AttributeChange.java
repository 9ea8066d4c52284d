package io.batchmount.core;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A change of attributes by {@code chmod(2)}, {@code chown(2)} or {@code utimensat(2)}; what is
 * empty stays as it is. "Now" has been replaced by a time before it comes here.
 */
public record AttributeChange(
    OptionalInt permissions,
    OptionalInt uid,
    OptionalInt gid,
    Optional<Instant> mtime,
    Optional<Instant> atime) {

  public static AttributeChange ofPermissions(int permissions) {
    return new AttributeChange(
        OptionalInt.of(permissions & FileAttributes.PERMISSION_MASK),
        OptionalInt.empty(),
        OptionalInt.empty(),
        Optional.empty(),
        Optional.empty());
  }

  public static AttributeChange ofOwner(OptionalInt uid, OptionalInt gid) {
    return new AttributeChange(OptionalInt.empty(), uid, gid, Optional.empty(), Optional.empty());
  }

  public static AttributeChange ofTimes(Optional<Instant> mtime, Optional<Instant> atime) {
    return new AttributeChange(
        OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty(), mtime, atime);
  }
}
