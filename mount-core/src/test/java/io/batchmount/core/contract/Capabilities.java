package io.batchmount.core.contract;

import io.batchmount.core.Errno;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a file system cannot do, each with the errno that the call then gives and the reason. The
 * table in {@code docs/semantics.md} says the same.
 */
public final class Capabilities {
  /** The things that a store may be unable to do. */
  public enum Feature {
    /** {@code link(2)}. */
    HARD_LINKS,
    /** {@code renameat2(2)} with {@code RENAME_NOREPLACE}. */
    RENAME_NO_REPLACE,
    /** {@code symlink(2)}. */
    SYMLINKS,
    /** {@code user.*} attributes of files. */
    XATTRS,
    /** {@code user.*} attributes of directories. */
    DIRECTORY_XATTRS,
    /** {@code a} and {@code A} are two files; where absent, the errno of an exclusive create. */
    CASE_SENSITIVE_NAMES,
    /** The time of last access can be set; where absent the call succeeds and mtime is as asked. */
    ATIME,
    /** Mode and owner of directories can be set. */
    DIRECTORY_ATTRIBUTES,
    /** The time of last change of a directory can be set. */
    DIRECTORY_TIMES,
    /** The attributes of a symbolic link itself can be set. */
    SYMLINK_ATTRIBUTES,
    /** A file that was unlinked can still be written through its descriptors. */
    WRITE_AFTER_UNLINK,
    /** A directory that is not empty can be renamed. */
    RENAME_DIRECTORY,
    /** A file beyond 2^40 bytes, sparse. */
    LARGE_SPARSE_FILES
  }

  /**
   * A thing that cannot be done.
   *
   * @param errno what the call gives
   * @param reason one sentence
   */
  public record Limit(Errno errno, String reason) {}

  private static final Capabilities ALL = new Capabilities(Map.of());

  private final Map<Feature, Limit> limits;

  private Capabilities(Map<Feature, Limit> limits) {
    this.limits = Map.copyOf(limits);
  }

  /** A file system that can do everything. */
  public static Capabilities all() {
    return ALL;
  }

  /** The same without one thing. */
  public Capabilities without(Feature feature, Errno errno, String reason) {
    Map<Feature, Limit> more = new EnumMap<>(Feature.class);
    more.putAll(limits);
    more.put(feature, new Limit(errno, reason));
    return new Capabilities(more);
  }

  /** The limit, where the feature is absent. */
  public Optional<Limit> limit(Feature feature) {
    return Optional.ofNullable(limits.get(feature));
  }

  public boolean has(Feature feature) {
    return !limits.containsKey(feature);
  }

  /** All limits, for the generated table of the documentation. */
  public Map<Feature, Limit> limits() {
    return limits;
  }
}
