package io.batchmount.core;

/**
 * How a file is opened ({@code open(2)}). {@code O_CREAT} is told by calling {@link
 * FileSystem#create} in place of {@link FileSystem#open}.
 *
 * @param read {@code O_RDONLY} or {@code O_RDWR}
 * @param write {@code O_WRONLY} or {@code O_RDWR}
 * @param append {@code O_APPEND}: each write goes to the end that the file has at that moment
 * @param truncate {@code O_TRUNC}
 * @param exclusive {@code O_EXCL}, with create only
 * @param direct {@code O_DIRECT}: nothing cached is used, the service is asked
 * @param sync {@code O_SYNC} or {@code O_DSYNC}: each write is durable when it returns
 */
public record OpenOptions(
    boolean read,
    boolean write,
    boolean append,
    boolean truncate,
    boolean exclusive,
    boolean direct,
    boolean sync) {

  /** Reading alone. */
  public static final OpenOptions READ =
      new OpenOptions(true, false, false, false, false, false, false);

  /** Writing alone. */
  public static final OpenOptions WRITE =
      new OpenOptions(false, true, false, false, false, false, false);

  /** Reading and writing. */
  public static final OpenOptions READ_WRITE =
      new OpenOptions(true, true, false, false, false, false, false);

  /** {@code O_WRONLY | O_APPEND}. */
  public static final OpenOptions APPEND =
      new OpenOptions(false, true, true, false, false, false, false);

  public OpenOptions withTruncate() {
    return new OpenOptions(read, write, append, true, exclusive, direct, sync);
  }

  public OpenOptions withExclusive() {
    return new OpenOptions(read, write, append, truncate, true, direct, sync);
  }

  public OpenOptions withDirect() {
    return new OpenOptions(read, write, append, truncate, exclusive, true, sync);
  }

  public OpenOptions withSync() {
    return new OpenOptions(read, write, append, truncate, exclusive, direct, true);
  }
}
