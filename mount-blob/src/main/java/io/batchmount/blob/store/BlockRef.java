package io.batchmount.blob.store;

import java.util.Objects;

/**
 * A block of a block list.
 *
 * <p>A commit says of each block where it comes from, because the service's {@code Latest} would
 * take a rival's staged block of the same id for ours.
 *
 * @param id base64 text; all ids of one blob decode to the same length
 * @param size bytes
 * @param origin where the service finds the block
 */
public record BlockRef(String id, long size, Origin origin) {
  /** The lists in which the service keeps blocks. */
  public enum Origin {
    /** Part of the blob as it is now. */
    COMMITTED,
    /** Staged since, not yet part of the blob. */
    STAGED
  }

  public BlockRef {
    Objects.requireNonNull(id);
    Objects.requireNonNull(origin);
  }

  /** A block that was staged by the caller. */
  public BlockRef(String id, long size) {
    this(id, size, Origin.STAGED);
  }

  /** A block that the blob already holds. */
  public static BlockRef committed(String id, long size) {
    return new BlockRef(id, size, Origin.COMMITTED);
  }
}
