package io.batchmount.files;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;

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
    return new ShareMountOptions(
        path,
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

  public ShareMountOptions withReadOnly(boolean only) {
    return new ShareMountOptions(
        subdirectory,
        only,
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

  public ShareMountOptions withFlushInterval(Duration interval) {
    return new ShareMountOptions(
        subdirectory,
        readOnly,
        interval,
        attributeTtl,
        uid,
        gid,
        fileMode,
        directoryMode,
        refuseIllegalNames,
        mountName,
        meters);
  }

  public ShareMountOptions withAttributeTtl(Duration ttl) {
    return new ShareMountOptions(
        subdirectory,
        readOnly,
        flushInterval,
        ttl,
        uid,
        gid,
        fileMode,
        directoryMode,
        refuseIllegalNames,
        mountName,
        meters);
  }

  public ShareMountOptions withOwner(int newUid, int newGid) {
    return new ShareMountOptions(
        subdirectory,
        readOnly,
        flushInterval,
        attributeTtl,
        newUid,
        newGid,
        fileMode,
        directoryMode,
        refuseIllegalNames,
        mountName,
        meters);
  }

  public ShareMountOptions withModes(int newFileMode, int newDirectoryMode) {
    return new ShareMountOptions(
        subdirectory,
        readOnly,
        flushInterval,
        attributeTtl,
        uid,
        gid,
        newFileMode,
        newDirectoryMode,
        refuseIllegalNames,
        mountName,
        meters);
  }

  public ShareMountOptions withRefuseIllegalNames(boolean refuse) {
    return new ShareMountOptions(
        subdirectory,
        readOnly,
        flushInterval,
        attributeTtl,
        uid,
        gid,
        fileMode,
        directoryMode,
        refuse,
        mountName,
        meters);
  }

  public ShareMountOptions withMeters(String name, MeterRegistry registry) {
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
        name,
        registry);
  }
}
