package io.batchmount.core;

/**
 * Who asks: becomes the owner of what is created.
 *
 * @param uid effective user
 * @param gid effective group
 */
public record Caller(int uid, int gid) {
  /** The user and group 0, for calls that no kernel request stands behind. */
  public static final Caller ROOT = new Caller(0, 0);
}
