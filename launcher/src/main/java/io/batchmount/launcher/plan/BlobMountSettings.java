package io.batchmount.launcher.plan;

import io.batchmount.blob.NamePatterns;
import io.batchmount.blob.store.ServiceRoute;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What a {@code mountOptions} string says, in our own terms. Absent members were not named; the
 * mount layer's own defaults hold for them.
 *
 * @param attributeTimeout how long the kernel keeps attributes
 * @param entryTimeout how long the kernel keeps names
 * @param negativeTimeout how long the kernel keeps "no such name"
 * @param maxRead largest read request in bytes
 * @param maxWrite largest write request in bytes
 * @param keepPageCache the page cache survives a close
 * @param directIo reads and writes pass the page cache by
 * @param allowOther other users have access
 * @param readOnly nothing can be written
 * @param fsName the source column of the mount table
 * @param uid owner that files show
 * @param gid group that files show
 * @param umask bits that modes do not show
 * @param cacheBytes size of the disk cache
 * @param cacheTimeout how long content of the disk cache is trusted without asking
 * @param blockBytes size of a transferred block
 * @param concurrency parallel transfers
 * @param maxRetries how often a request is repeated
 * @param maxRetryInterval longest wait between two tries
 * @param caCertificateFile certificates to trust beside those of the machine
 * @param proxy HTTP proxy; empty for the one that the environment names
 * @param logLevel {@code trace}, {@code debug}, {@code info}, {@code warn}, {@code error} or {@code
 *     off}
 * @param subdirectory directory of the container that is mounted
 * @param appendBlobs names of new files that become append blobs
 * @param warnings options that are understood but have no effect, with the reason
 */
public record BlobMountSettings(
    Optional<Duration> attributeTimeout,
    Optional<Duration> entryTimeout,
    Optional<Duration> negativeTimeout,
    OptionalInt maxRead,
    OptionalInt maxWrite,
    boolean keepPageCache,
    boolean directIo,
    boolean allowOther,
    boolean readOnly,
    Optional<String> fsName,
    OptionalInt uid,
    OptionalInt gid,
    OptionalInt umask,
    OptionalLong cacheBytes,
    Optional<Duration> cacheTimeout,
    OptionalLong blockBytes,
    OptionalInt concurrency,
    OptionalInt maxRetries,
    Optional<Duration> maxRetryInterval,
    Optional<String> caCertificateFile,
    Optional<ServiceRoute.Proxy> proxy,
    Optional<String> logLevel,
    Optional<String> subdirectory,
    Optional<NamePatterns> appendBlobs,
    List<String> warnings) {
  /** The string with which the service mounted where none was given. */
  public static final String SERVICE_DEFAULT =
      "--use-https=true -o big_writes -o max_read=131072 -o max_write=131072 -o attr_timeout=240 -o"
          + " fsname=blobfuse -o kernel_cache -o entry_timeout=240 -o negative_timeout=120 -o"
          + " allow_other";

  public BlobMountSettings {
    warnings = List.copyOf(warnings);
  }
}
