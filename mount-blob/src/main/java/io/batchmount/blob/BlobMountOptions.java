package io.batchmount.blob;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * How a container is mounted. Immutable; made by {@link #builder}.
 *
 * @param mountName the tag {@code mount} of all metrics, and the name in logs
 * @param subdirectory blob-name prefix that becomes the root, without slashes at its ends; empty
 *     for the whole container
 * @param readOnly every change is refused with EROFS
 * @param attributeTtl how long attributes, listings and absence may be believed (promise 2)
 * @param uid owner of what tells none
 * @param gid group of what tells none
 * @param fileMode permissions of files that tell none
 * @param directoryMode permissions of directories that tell none
 * @param blockSize bytes of a cache block and of a staged block
 * @param prefetch what is fetched beyond the stream that is being read
 * @param conflict what happens when the blob was changed by somebody else since it was opened
 * @param writeBack close returns when the journal has the data
 * @param illegalNames what happens to names that a blob cannot have
 * @param contentTypes whether the content type is set from the name's suffix
 * @param appendBlobPatterns names of new files that are made as append blobs
 * @param verify what is compared with checksums before a reader gets it
 * @param timeout deadline of work that no kernel request waits for
 * @param mountPoint where it is mounted, for the journal; empty in tests
 * @param meters where figures go
 */
public record BlobMountOptions(
    String mountName,
    String subdirectory,
    boolean readOnly,
    Duration attributeTtl,
    int uid,
    int gid,
    int fileMode,
    int directoryMode,
    int blockSize,
    Prefetch prefetch,
    Conflict conflict,
    boolean writeBack,
    IllegalNames illegalNames,
    boolean contentTypes,
    NamePatterns appendBlobPatterns,
    Verify verify,
    Duration timeout,
    Optional<Path> mountPoint,
    MeterRegistry meters) {

  /** 8 MiB: at 20 ms and 60 MB/s a connection a block costs 140 ms, a seventh of it waiting. */
  public static final int DEFAULT_BLOCK_SIZE = 8 << 20;

  /** Smallest and largest block size: below, requests cost more than bytes; above, memory does. */
  public static final int MIN_BLOCK_SIZE = 64 << 10;

  public static final int MAX_BLOCK_SIZE = 100 << 20;

  /** Promise 2's default of mounts that are written to. */
  public static final Duration DEFAULT_TTL = Duration.ofSeconds(1);

  /** Promise 2: data sets that are mounted read-only seldom change. */
  public static final Duration DEFAULT_READ_ONLY_TTL = Duration.ofMinutes(1);

  /** {@code --prefetch}. */
  public enum Prefetch {
    /** Read-ahead of sequential streams only. */
    OFF,
    /** Also the next files of a directory that is read in order. */
    SIBLINGS,
    /** Also the rest of directories and large files of which a share was read. */
    DATASET
  }

  /** {@code --verify}; lengths are always compared. */
  public enum Verify {
    /** No checksums. */
    OFF,
    /** A blob of at most 1 MiB that is read whole, with the MD5 that is stored with it. */
    STORED,
    /** Also each range, with a checksum that the service gives with it. */
    RANGES
  }

  /** {@code --conflict}. */
  public enum Conflict {
    /** ESTALE, and the bytes stay in the journal. */
    FAIL,
    /** The last writer wins. */
    OVERWRITE
  }

  /** {@code --illegal-names}. */
  public enum IllegalNames {
    ENCODE,
    REFUSE
  }

  public BlobMountOptions {
    Objects.requireNonNull(mountName);
    Objects.requireNonNull(appendBlobPatterns);
    while (subdirectory.startsWith("/")) {
      subdirectory = subdirectory.substring(1);
    }
    while (subdirectory.endsWith("/")) {
      subdirectory = subdirectory.substring(0, subdirectory.length() - 1);
    }
    if (blockSize < MIN_BLOCK_SIZE || blockSize > MAX_BLOCK_SIZE) {
      throw new IllegalArgumentException(
          "block size "
              + blockSize
              + " is not within "
              + MIN_BLOCK_SIZE
              + " and "
              + MAX_BLOCK_SIZE
              + " bytes");
    }
  }

  /** The prefix of every blob of the mount: empty, or ending with {@code /}. */
  public String rootPrefix() {
    return subdirectory.isEmpty() ? "" : subdirectory + "/";
  }

  /** Defaults for a mount. */
  public static Builder builder(String mountName) {
    return new Builder(mountName);
  }

  /** Collects options; not thread-safe. */
  public static final class Builder {
    private final String mountName;
    private String subdirectory = "";
    private boolean readOnly;
    private Optional<Duration> attributeTtl = Optional.empty();
    private int uid;
    private int gid;
    private int fileMode = 0644;
    private int directoryMode = 0755;
    private int blockSize = DEFAULT_BLOCK_SIZE;
    private Prefetch prefetch = Prefetch.SIBLINGS;
    private Conflict conflict = Conflict.FAIL;
    private boolean writeBack;
    private IllegalNames illegalNames = IllegalNames.ENCODE;
    private boolean contentTypes = true;
    private NamePatterns appendBlobPatterns = NamePatterns.NONE;
    private Verify verify = Verify.STORED;
    private Duration timeout = Duration.ofMinutes(2);
    private Optional<Path> mountPoint = Optional.empty();
    private MeterRegistry meters = new SimpleMeterRegistry();

    private Builder(String mountName) {
      this.mountName = Objects.requireNonNull(mountName);
    }

    public Builder subdirectory(String value) {
      subdirectory = Objects.requireNonNull(value);
      return this;
    }

    public Builder readOnly(boolean value) {
      readOnly = value;
      return this;
    }

    public Builder attributeTtl(Duration value) {
      attributeTtl = Optional.of(value);
      return this;
    }

    public Builder owner(int newUid, int newGid) {
      uid = newUid;
      gid = newGid;
      return this;
    }

    public Builder fileMode(int value) {
      fileMode = value;
      return this;
    }

    public Builder directoryMode(int value) {
      directoryMode = value;
      return this;
    }

    public Builder blockSize(int value) {
      blockSize = value;
      return this;
    }

    public Builder prefetch(Prefetch value) {
      prefetch = Objects.requireNonNull(value);
      return this;
    }

    public Builder conflict(Conflict value) {
      conflict = Objects.requireNonNull(value);
      return this;
    }

    public Builder writeBack(boolean value) {
      writeBack = value;
      return this;
    }

    public Builder illegalNames(IllegalNames value) {
      illegalNames = Objects.requireNonNull(value);
      return this;
    }

    public Builder contentTypes(boolean value) {
      contentTypes = value;
      return this;
    }

    public Builder appendBlobPatterns(NamePatterns value) {
      appendBlobPatterns = Objects.requireNonNull(value);
      return this;
    }

    public Builder verify(Verify value) {
      verify = Objects.requireNonNull(value);
      return this;
    }

    public Builder timeout(Duration value) {
      timeout = Objects.requireNonNull(value);
      return this;
    }

    public Builder mountPoint(Path value) {
      mountPoint = Optional.of(value);
      return this;
    }

    public Builder meters(MeterRegistry value) {
      meters = Objects.requireNonNull(value);
      return this;
    }

    public BlobMountOptions build() {
      return new BlobMountOptions(
          mountName,
          subdirectory,
          readOnly,
          attributeTtl.orElse(readOnly ? DEFAULT_READ_ONLY_TTL : DEFAULT_TTL),
          uid,
          gid,
          fileMode,
          directoryMode,
          blockSize,
          prefetch,
          conflict,
          writeBack,
          illegalNames,
          contentTypes,
          appendBlobPatterns,
          verify,
          timeout,
          mountPoint,
          meters);
    }
  }
}
