package io.batchmount.files;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.files.store.ServiceCode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Reads a growing file of a share as {@code tail -F} does, without a mount: every byte once and in
 * order, never zeros in place of bytes that are on their way. A file that is not there yet is
 * waited for; one that was cut or replaced is read from its beginning.
 *
 * <p>Each look costs one request. Used by one thread.
 */
public final class ShareFollower {
  /**
   * How often to look by default: with the flush interval of a writer (500 ms) and two round trips
   * each way, a line is seen within a second.
   */
  public static final Duration DEFAULT_INTERVAL = Duration.ofMillis(250);

  private static final int BUFFER = 1 << 20;

  private final ShareFiles files;
  private final String path;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
  private long offset;
  private String fileId = "";

  /**
   * @param path path in the share
   * @param offset where to begin, in bytes
   */
  public ShareFollower(ShareFiles files, String path, long offset) {
    this.files = files;
    this.path = path;
    this.offset = offset;
  }

  /** Takes bytes; the buffer is reused after the call. */
  @FunctionalInterface
  public interface Sink {
    void accept(ByteBuffer bytes) throws IOException;
  }

  /** Offset of the next byte to read. */
  public long offset() {
    return offset;
  }

  /**
   * Reads what is there now.
   *
   * @return bytes given to the sink; 0 when there is nothing new
   * @throws FsException when the service refuses; an absent file is not an error
   * @throws IOException of the sink
   */
  public long poll(Sink sink) throws IOException {
    long total = 0;
    while (true) {
      buffer.clear();
      ShareFiles.Piece piece;
      try {
        piece = files.read(path, offset, buffer);
      } catch (FsException e) {
        if (ServiceCode.isAbsent(e)) {
          return total;
        }
        throw e;
      }
      if (piece.fileId().isEmpty()) {
        if (piece.size() < offset) {
          offset = 0; // cut: what is there now is new
          continue;
        }
        return total;
      }
      boolean replaced = !fileId.isEmpty() && !fileId.equals(piece.fileId());
      fileId = piece.fileId();
      if (replaced || piece.size() < offset) {
        offset = 0;
        continue;
      }
      if (piece.bytes() == 0) {
        return total;
      }
      sink.accept(buffer.flip());
      offset += piece.bytes();
      total += piece.bytes();
    }
  }

  /**
   * Follows until told that the writer has ended, then reads the rest.
   *
   * @param interval pause between looks that found nothing
   * @param ended true once nothing more will be written; asked before a look, so that what was
   *     written before the end is not missed
   * @return bytes given to the sink
   */
  public long follow(Sink sink, Duration interval, BooleanSupplier ended) throws IOException {
    long total = 0;
    while (true) {
      boolean last = ended.getAsBoolean();
      long found = poll(sink);
      total += found;
      if (last) {
        return total;
      }
      if (found == 0) {
        try {
          TimeUnit.NANOSECONDS.sleep(interval.toNanos());
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new FsException(Errno.EINTR, "interrupted while following " + path, e);
        }
      }
    }
  }
}
