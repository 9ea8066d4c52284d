package io.batchmount.core.fuse;

import io.batchmount.core.FileAttributes;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * How a file system is mounted. Immutable; {@link #defaults} gives a starting point.
 *
 * @param source what {@code findmnt} and {@code df} show as the device; empty for the file system's
 *     name
 * @param readOnly the kernel refuses every change with EROFS
 * @param allowOther other users than the one who mounts may use it; permissions are checked by the
 *     kernel in any case ({@code default_permissions})
 * @param allowNonEmpty mount over a directory that has entries
 * @param attributeTimeout how long the kernel believes attributes
 * @param entryTimeout how long the kernel believes that a name is there
 * @param negativeTimeout how long the kernel believes that a name is not there
 * @param operationTimeout deadline of one request
 * @param maxThreads how many requests may be worked on at once; threads are made as they are needed
 * @param readAheadBytes how far the kernel reads ahead in one file; applied when root
 * @param binding how requests reach us
 */
public record FuseMountOptions(
    String source,
    boolean readOnly,
    boolean allowOther,
    boolean allowNonEmpty,
    Duration attributeTimeout,
    Duration entryTimeout,
    Duration negativeTimeout,
    Duration operationTimeout,
    int maxThreads,
    int readAheadBytes,
    FuseBinding binding) {

  /** As libfuse has it, and what close-to-open promises between nodes. */
  public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(1);

  /** After this a program gets an error rather than waiting on. */
  public static final Duration DEFAULT_OPERATION_TIMEOUT = Duration.ofMinutes(2);

  /**
   * More than the requests that the kernel has in flight by itself ({@link #MAX_BACKGROUND}), so
   * that look-ups and writes find a thread while every read waits for the store.
   */
  public static final int DEFAULT_MAX_THREADS = 192;

  /**
   * Four requests of the largest size: enough that the next ones are on their way while one is
   * copied; the file systems read ahead further themselves.
   */
  public static final int DEFAULT_READ_AHEAD_BYTES = 1 << 20;

  /** The most data of one READ or WRITE: 64 pages. Larger ones gained nothing when measured. */
  static final int MAX_REQUEST_BYTES = 256 * 1024;

  /**
   * Reads that the kernel sends without waiting for the answers; its own default of 12 would cap a
   * mount at 12 round trips at once.
   */
  static final int MAX_BACKGROUND = 128;

  /** From here on the kernel sees the mount as congested and holds read-ahead back: 3/4 of it. */
  static final int CONGESTION_THRESHOLD = 96;

  public FuseMountOptions {
    Objects.requireNonNull(source);
    Objects.requireNonNull(binding);
    if (maxThreads < 2) {
      throw new IllegalArgumentException("a mount needs two threads at least, not " + maxThreads);
    }
  }

  /** Timeouts of one second, no negative one; for others when root. */
  public static FuseMountOptions defaults() {
    return new FuseMountOptions(
        "",
        false,
        Native.libc().getuid() == 0,
        false,
        DEFAULT_TIMEOUT,
        DEFAULT_TIMEOUT,
        Duration.ZERO,
        DEFAULT_OPERATION_TIMEOUT,
        DEFAULT_MAX_THREADS,
        DEFAULT_READ_AHEAD_BYTES,
        FuseBinding.KERNEL);
  }

  /**
   * How long the kernel may believe these attributes. A file with several names is several nodes
   * for the kernel, so what is done through one name must not wait to be seen through another.
   */
  Duration attributeTimeout(FileAttributes attributes) {
    return attributes.isRegular() && attributes.links() > 1 ? Duration.ZERO : attributeTimeout;
  }

  public FuseMountOptions withSource(String newSource) {
    return changed(draft -> draft.source = newSource);
  }

  public FuseMountOptions withReadOnly(boolean newReadOnly) {
    return changed(draft -> draft.readOnly = newReadOnly);
  }

  public FuseMountOptions withAllowOther(boolean newAllowOther) {
    return changed(draft -> draft.allowOther = newAllowOther);
  }

  public FuseMountOptions withAllowNonEmpty(boolean newAllowNonEmpty) {
    return changed(draft -> draft.allowNonEmpty = newAllowNonEmpty);
  }

  /** How long the kernel believes attributes, names and missing names. */
  public FuseMountOptions withTimeouts(Duration attribute, Duration entry, Duration negative) {
    return changed(
        draft -> {
          draft.attributeTimeout = attribute;
          draft.entryTimeout = entry;
          draft.negativeTimeout = negative;
        });
  }

  public FuseMountOptions withOperationTimeout(Duration newOperationTimeout) {
    return changed(draft -> draft.operationTimeout = newOperationTimeout);
  }

  public FuseMountOptions withMaxThreads(int newMaxThreads) {
    return changed(draft -> draft.maxThreads = newMaxThreads);
  }

  public FuseMountOptions withReadAheadBytes(int newReadAheadBytes) {
    return changed(draft -> draft.readAheadBytes = newReadAheadBytes);
  }

  /** The other way of speaking with the kernel. */
  public FuseMountOptions withBinding(FuseBinding newBinding) {
    return changed(draft -> draft.binding = newBinding);
  }

  private FuseMountOptions changed(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.finished();
  }

  /** The components, open to change. */
  private static final class Draft {
    private String source;
    private boolean readOnly;
    private boolean allowOther;
    private boolean allowNonEmpty;
    private Duration attributeTimeout;
    private Duration entryTimeout;
    private Duration negativeTimeout;
    private Duration operationTimeout;
    private int maxThreads;
    private int readAheadBytes;
    private FuseBinding binding;

    Draft(FuseMountOptions from) {
      source = from.source;
      readOnly = from.readOnly;
      allowOther = from.allowOther;
      allowNonEmpty = from.allowNonEmpty;
      attributeTimeout = from.attributeTimeout;
      entryTimeout = from.entryTimeout;
      negativeTimeout = from.negativeTimeout;
      operationTimeout = from.operationTimeout;
      maxThreads = from.maxThreads;
      readAheadBytes = from.readAheadBytes;
      binding = from.binding;
    }

    FuseMountOptions finished() {
      return new FuseMountOptions(
          source,
          readOnly,
          allowOther,
          allowNonEmpty,
          attributeTimeout,
          entryTimeout,
          negativeTimeout,
          operationTimeout,
          maxThreads,
          readAheadBytes,
          binding);
    }
  }
}
