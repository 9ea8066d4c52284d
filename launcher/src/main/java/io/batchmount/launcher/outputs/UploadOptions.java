package io.batchmount.launcher.outputs;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * How files are transferred. Immutable; begin with {@link #defaults} and change by {@code with}.
 *
 * @param parallelFiles files that go up side by side, at least 1
 * @param parallelBlocks blocks of large files in flight, at least 1
 * @param blockSize bytes of a block; files up to this size go up in one request. Larger for files
 *     that would need more than {@link #MOST_BLOCKS} blocks
 * @param memory bytes of all data buffers together; a block that is larger makes it as large
 * @param bytesPerSecond limit of bandwidth, over all files
 * @param retry what is done about transient errors
 * @param timeLimit for the phase after the command's end; files that are not stored by then fail
 *     with {@code FileUploadTimedOut}
 * @param contentMd5 store the MD5 of each file with its blob
 * @param contentTypeBySuffix store a content type that follows from the file's name, where the
 *     entry's headers give none
 * @param uploadEvery interval of uploads while the command runs, for entries that are known to be
 *     uploaded in the end; entries with {@code whileRunning} use {@link #DEFAULT_INTERVAL} without
 * @param journal file that makes an interrupted upload resumable
 * @param resume take up what the journal holds, instead of beginning anew
 */
public record UploadOptions(
    int parallelFiles,
    int parallelBlocks,
    int blockSize,
    long memory,
    OptionalLong bytesPerSecond,
    Retry retry,
    Optional<Duration> timeLimit,
    boolean contentMd5,
    boolean contentTypeBySuffix,
    Optional<Duration> uploadEvery,
    Optional<Path> journal,
    boolean resume) {
  /** Most blocks of a blob (Blob service). */
  public static final int MOST_BLOCKS = 50_000;

  /** Interval of entries with {@code whileRunning} when nothing else is said. */
  public static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(60);

  private static final int MIB = 1 << 20;

  /** Small files wait for round trips, not for bytes: many side by side. */
  private static final int DEFAULT_PARALLEL_FILES = 16;

  /** Large enough that a round trip is small beside the transfer, small enough to retry cheaply. */
  private static final int DEFAULT_BLOCK = 8 * MIB;

  /** One connection to a storage account carries some 60 MB/s: 16 of them, what a node can. */
  private static final int DEFAULT_PARALLEL_BLOCKS = 16;

  /** All blocks at once, where they must pass through memory. */
  private static final long DEFAULT_MEMORY = (long) DEFAULT_PARALLEL_BLOCKS * DEFAULT_BLOCK;

  /** A block must not take longer than this at the limit, or the limit comes in bursts. */
  private static final int BURST_SECONDS = 2;

  private static final int SMALLEST_BLOCK = 256 << 10;

  /** Checks ranges. */
  public UploadOptions {
    if (parallelFiles < 1 || parallelBlocks < 1 || blockSize < 1 || memory < 1) {
      throw new IllegalArgumentException("parallelism, block size and memory must be at least 1");
    }
    if (bytesPerSecond.isPresent() && bytesPerSecond.getAsLong() < 1) {
      throw new IllegalArgumentException("the limit of bandwidth must be at least 1 byte/s");
    }
    if (uploadEvery.filter(d -> d.isZero() || d.isNegative()).isPresent()
        || timeLimit.filter(d -> d.isZero() || d.isNegative()).isPresent()) {
      throw new IllegalArgumentException("interval and time limit must be longer than nothing");
    }
  }

  /**
   * What is done about transient errors (no connection, DNS, time-outs, 408, 429, 500, 502, 503,
   * 504).
   *
   * @param tries of one request, at least 1
   * @param firstWait before the second try; doubled for each further one
   * @param longestWait bound of the doubling
   * @param tryTimeout without progress of the request, or waiting for its answer, after which a try
   *     counts as failed; at least a second
   */
  public record Retry(int tries, Duration firstWait, Duration longestWait, Duration tryTimeout) {
    /** Rides out an outage of a minute; a block may crawl for ten. */
    public static final Retry DEFAULT =
        new Retry(8, Duration.ofMillis(500), Duration.ofSeconds(30), Duration.ofMinutes(10));

    /** Checks ranges. */
    public Retry {
      if (tries < 1 || firstWait.isNegative() || longestWait.compareTo(firstWait) < 0) {
        throw new IllegalArgumentException("at least one try, and waits that grow");
      }
      if (tryTimeout.toSeconds() < 1) {
        throw new IllegalArgumentException("a try takes up to a second at least");
      }
    }
  }

  /** What Batch did, and no limits. */
  public static UploadOptions defaults() {
    return new UploadOptions(
        DEFAULT_PARALLEL_FILES,
        DEFAULT_PARALLEL_BLOCKS,
        DEFAULT_BLOCK,
        DEFAULT_MEMORY,
        OptionalLong.empty(),
        Retry.DEFAULT,
        Optional.empty(),
        false,
        false,
        Optional.empty(),
        Optional.empty(),
        false);
  }

  /** The block size for a file of that length. */
  int blockSizeFor(long length) {
    long block = blockSize;
    if (bytesPerSecond.isPresent()) {
      long burst = bytesPerSecond.getAsLong() * BURST_SECONDS;
      block = Math.min(block, Math.max(SMALLEST_BLOCK, burst));
    }
    long needed = (length + MOST_BLOCKS - 1) / MOST_BLOCKS;
    if (needed > block) {
      block = (needed + MIB - 1) / MIB * MIB;
    }
    return Math.toIntExact(block);
  }

  /** The same with other degrees of parallelism. */
  public UploadOptions withParallelism(int files, int blocks) {
    return changed(
        draft -> {
          draft.parallelFiles = files;
          draft.parallelBlocks = blocks;
        });
  }

  /** The same with another block size and bound of memory. */
  public UploadOptions withMemory(int block, long bytes) {
    return changed(
        draft -> {
          draft.blockSize = block;
          draft.memory = bytes;
        });
  }

  /** The same with a limit of bandwidth. */
  public UploadOptions withBytesPerSecond(long limit) {
    return changed(draft -> draft.bytesPerSecond = OptionalLong.of(limit));
  }

  /** The same with other retries. */
  public UploadOptions withRetry(Retry other) {
    return changed(draft -> draft.retry = other);
  }

  /** The same with a time limit for the phase. */
  public UploadOptions withTimeLimit(Duration limit) {
    return changed(draft -> draft.timeLimit = Optional.of(limit));
  }

  /** The same with facts of each file stored beside its blob. */
  public UploadOptions withContent(boolean md5, boolean typeBySuffix) {
    return changed(
        draft -> {
          draft.contentMd5 = md5;
          draft.contentTypeBySuffix = typeBySuffix;
        });
  }

  /** The same with uploads while the command runs. */
  public UploadOptions withUploadEvery(Duration interval) {
    return changed(draft -> draft.uploadEvery = Optional.of(interval));
  }

  /** The same with a journal. */
  public UploadOptions withJournal(Path file, boolean takeUp) {
    return changed(
        draft -> {
          draft.journal = Optional.of(file);
          draft.resume = takeUp;
        });
  }

  private UploadOptions changed(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.finished();
  }

  /** The components, open to change. */
  private static final class Draft {
    private int parallelFiles;
    private int parallelBlocks;
    private int blockSize;
    private long memory;
    private OptionalLong bytesPerSecond;
    private Retry retry;
    private Optional<Duration> timeLimit;
    private boolean contentMd5;
    private boolean contentTypeBySuffix;
    private Optional<Duration> uploadEvery;
    private Optional<Path> journal;
    private boolean resume;

    Draft(UploadOptions from) {
      parallelFiles = from.parallelFiles;
      parallelBlocks = from.parallelBlocks;
      blockSize = from.blockSize;
      memory = from.memory;
      bytesPerSecond = from.bytesPerSecond;
      retry = from.retry;
      timeLimit = from.timeLimit;
      contentMd5 = from.contentMd5;
      contentTypeBySuffix = from.contentTypeBySuffix;
      uploadEvery = from.uploadEvery;
      journal = from.journal;
      resume = from.resume;
    }

    UploadOptions finished() {
      return new UploadOptions(
          parallelFiles,
          parallelBlocks,
          blockSize,
          memory,
          bytesPerSecond,
          retry,
          timeLimit,
          contentMd5,
          contentTypeBySuffix,
          uploadEvery,
          journal,
          resume);
    }
  }
}
