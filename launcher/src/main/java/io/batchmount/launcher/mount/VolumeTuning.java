package io.batchmount.launcher.mount;

import io.batchmount.blob.NamePatterns;
import io.batchmount.blob.store.ServiceRoute;
import io.batchmount.launcher.options.MountOptions;
import java.time.Duration;
import java.util.Optional;

/**
 * How a volume behaves, after command line, configuration and the volume's own members have been
 * laid over each other.
 *
 * @param readOnly refuse every change
 * @param uid owner of files that store none
 * @param gid group of files that store none
 * @param fileMode mode of files that store none
 * @param directoryMode mode of directories that store none
 * @param attributeTtl how long attributes are believed; empty for the kind's default
 * @param entryTimeout how long the kernel keeps names; empty for the attribute time
 * @param negativeTimeout how long the kernel keeps absences; empty for the attribute time
 * @param allowOther other users may use the mount
 * @param blockSize bytes, blob mounts
 * @param conflict blob mounts
 * @param prefetch blob mounts
 * @param appendBlobs blob mounts: names of new files that become append blobs
 * @param verify blob mounts
 * @param writeBack close returns before the data is in the service
 * @param illegalNames what happens to names that the store cannot hold
 * @param flushInterval share mounts
 * @param timeout deadline of an operation
 * @param connectTimeout deadline of the first answer
 * @param fuseBinding how requests of the kernel are taken
 * @param fsName the mount table's source column; empty for our own words
 * @param route blob mounts: how requests get to the service
 */
public record VolumeTuning(
    boolean readOnly,
    int uid,
    int gid,
    int fileMode,
    int directoryMode,
    Optional<Duration> attributeTtl,
    Optional<Duration> entryTimeout,
    Optional<Duration> negativeTimeout,
    boolean allowOther,
    int blockSize,
    MountOptions.Conflict conflict,
    MountOptions.Prefetch prefetch,
    NamePatterns appendBlobs,
    MountOptions.Verify verify,
    boolean writeBack,
    MountOptions.IllegalNames illegalNames,
    Duration flushInterval,
    Duration timeout,
    Duration connectTimeout,
    MountOptions.Binding fuseBinding,
    Optional<String> fsName,
    ServiceRoute route) {

  private static final int PLAIN_FILE_MODE = 0644;
  private static final int PLAIN_DIRECTORY_MODE = 0755;

  /** From the options of {@code mount blob|files}. */
  public static VolumeTuning of(MountOptions options) {
    return of(options, PLAIN_FILE_MODE, PLAIN_DIRECTORY_MODE);
  }

  /**
   * From options, with other defaults of the modes.
   *
   * @param fileMode mode of files when the options name none
   * @param directoryMode mode of directories when the options name none
   */
  public static VolumeTuning of(MountOptions options, int fileMode, int directoryMode) {
    return new VolumeTuning(
        options.readOnly(),
        options.uid().orElseGet(() -> Owner.current().uid()),
        options.gid().orElseGet(() -> Owner.current().gid()),
        options.fileMode().map(MountOptions.FileMode::bits).orElse(fileMode),
        options.dirMode().map(MountOptions.FileMode::bits).orElse(directoryMode),
        options.attrTtl(),
        options.entryTimeout(),
        options.negativeTimeout(),
        options.allowOther(),
        Math.toIntExact(options.blockSize().bytes()),
        options.conflict(),
        options.prefetch(),
        options.appendBlobs().orElse(NamePatterns.NONE),
        options.verify(),
        options.writeBack(),
        options.illegalNames(),
        options.flushInterval(),
        options.timeout(),
        options.connectTimeout(),
        options.fuseBinding(),
        options.fsName(),
        ServiceRoute.OF_MACHINE);
  }
}
