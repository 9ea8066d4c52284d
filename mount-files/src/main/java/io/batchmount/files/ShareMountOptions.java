package io.batchmount.files;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * How a share is mounted.
 *
 * @param subdirectory part of the share that is shown, without leading slash; empty for all
 * @param readOnly every change gives EROFS
 * @param flushInterval longest time that a written byte waits before its way to the service begins
 * @param attributeTtl how long attributes of directories and absent names are believed; attributes
 *     of regular files {@link #FILE_ATTRIBUTE_TTL} at most
 * @param uid owner of entries that have none of their own
 * @param gid group of these
 * @param fileMode permissions of files that have none of their own
 * @param directoryMode permissions of directories that have none of their own
 * @param refuseIllegalNames true: names that the service cannot hold give EINVAL; false: they are
 *     stored encoded
 * @param mountName label of this mount's figures
 * @param meters where figures go
 */
public record ShareMountOptions(
    String subdirectory,
    boolean readOnly,
    Duration flushInterval,
    Duration attributeTtl,
    int uid,
    int gid,
    int fileMode,
    int directoryMode,
    boolean refuseIllegalNames,
    String mountName,
    MeterRegistry meters) {
  /**
   * Longest time that attributes of regular files are believed, so that a growing log is seen in
   * time (promise 11: 1 s in all, of which the flush interval takes half).
   */
  public static final Duration FILE_ATTRIBUTE_TTL = Duration.ofMillis(200);

  /** Default of {@code --flush-interval}: half of the second that the lag contract allows. */
  public static final Duration DEFAULT_FLUSH_INTERVAL = Duration.ofMillis(500);

  /** Default of {@code --attr-ttl} for writable mounts. */
  public static final Duration DEFAULT_ATTRIBUTE_TTL = Duration.ofSeconds(1);

  /** Everything default, owner root. */
  public static ShareMountOptions defaults() {
    return new ShareMountOptions(
        "",
        false,
        DEFAULT_FLUSH_INTERVAL,
        DEFAULT_ATTRIBUTE_TTL,
        0,
        0,
        0644,
        0755,
        false,
        "share",
        new SimpleMeterRegistry());
  }

  public ShareMountOptions withSubdirectory(String path) {
    return changed(draft -> draft.subdirectory = path);
  }

  public ShareMountOptions withReadOnly(boolean only) {
    return changed(draft -> draft.readOnly = only);
  }

  public ShareMountOptions withFlushInterval(Duration interval) {
    return changed(draft -> draft.flushInterval = interval);
  }

  public ShareMountOptions withAttributeTtl(Duration ttl) {
    return changed(draft -> draft.attributeTtl = ttl);
  }

  public ShareMountOptions withOwner(int newUid, int newGid) {
    return changed(
        draft -> {
          draft.uid = newUid;
          draft.gid = newGid;
        });
  }

  public ShareMountOptions withModes(int newFileMode, int newDirectoryMode) {
    return changed(
        draft -> {
          draft.fileMode = newFileMode;
          draft.directoryMode = newDirectoryMode;
        });
  }

  public ShareMountOptions withRefuseIllegalNames(boolean refuse) {
    return changed(draft -> draft.refuseIllegalNames = refuse);
  }

  public ShareMountOptions withMeters(String name, MeterRegistry registry) {
    return changed(
        draft -> {
          draft.mountName = name;
          draft.meters = registry;
        });
  }

  private ShareMountOptions changed(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.finished();
  }

  /** The components, open to change. */
  private static final class Draft {
    private String subdirectory;
    private boolean readOnly;
    private Duration flushInterval;
    private Duration attributeTtl;
    private int uid;
    private int gid;
    private int fileMode;
    private int directoryMode;
    private boolean refuseIllegalNames;
    private String mountName;
    private MeterRegistry meters;

    Draft(ShareMountOptions from) {
      subdirectory = from.subdirectory;
      readOnly = from.readOnly;
      flushInterval = from.flushInterval;
      attributeTtl = from.attributeTtl;
      uid = from.uid;
      gid = from.gid;
      fileMode = from.fileMode;
      directoryMode = from.directoryMode;
      refuseIllegalNames = from.refuseIllegalNames;
      mountName = from.mountName;
      meters = from.meters;
    }

    ShareMountOptions finished() {
      return new ShareMountOptions(
          subdirectory,
          readOnly,
          flushInterval,
          attributeTtl,
          uid,
          gid,
          fileMode,
          directoryMode,
          refuseIllegalNames,
          mountName,
          meters);
    }
  }
}
