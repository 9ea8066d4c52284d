package io.batchmount.launcher.conventions;

import com.azure.core.util.Context;
import com.azure.storage.blob.models.AppendBlobRequestConditions;
import com.azure.storage.blob.models.BlobRequestConditions;
import com.azure.storage.blob.models.BlobStorageException;
import com.azure.storage.blob.specialized.AppendBlobClient;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A file that only grows, kept in an append blob while it is written.
 *
 * <p>A timer appends what is new. The length that was sent advances only when storage has confirmed
 * it, and each append names the position that it expects, so that a request repeated after a lost
 * answer cannot store its bytes twice. Every append is durable at once: what a crash loses is at
 * most the text since the last flush.
 *
 * <p>Changes in the part already sent are not carried over: not for rotating files. A file that is
 * missing or not longer than what was sent gives no flush and no error.
 *
 * <p>Only one writer may append to the blob at a time; a second one shows as an error. The
 * permission to create and to add or write blobs is enough, but for {@link
 * TrackOptions.Start#CONTINUE} and {@link TrackOptions.Start#APPEND}, which read the blob's length.
 *
 * <p>Thread-safe.
 */
public final class TrackedSave implements AutoCloseable {
  /** Largest append of every service version. */
  private static final int LARGEST_APPEND = 4 << 20;

  private static final long FIRST_FLUSH_MILLIS = 1; // as in the .NET library
  private static final int CONFLICT = 409;
  private static final int PRECONDITION_FAILED = 412;

  private final AppendBlobClient blob;
  private final StoredOutput output;
  private final Path file;
  private final TrackOptions options;
  private final ScheduledExecutorService timer;
  private final ReentrantLock flushing = new ReentrantLock();
  // guarded by flushing
  private long blobLength;
  private long sent;
  private boolean closed;

  private TrackedSave(StoredOutput output, Path file, TrackOptions options) {
    this.output = output;
    this.blob = output.blobClient().getAppendBlobClient();
    this.file = file;
    this.options = options;
    this.timer =
        Executors.newSingleThreadScheduledExecutor(
            body -> {
              Thread thread = new Thread(body, "track-" + file.getFileName());
              thread.setDaemon(true); // a program that forgets to close must still end
              return thread;
            });
  }

  static TrackedSave start(StoredOutput output, Path file, TrackOptions options) {
    TrackedSave tracked = new TrackedSave(output, file, options);
    try {
      OutputStorageException.calling(
          "starting to track " + file + " as " + output.blobName(), tracked::prepare);
    } catch (RuntimeException e) {
      tracked.timer.shutdownNow();
      throw e;
    }
    tracked.timer.scheduleAtFixedRate(
        tracked::flushInBackground,
        FIRST_FLUSH_MILLIS,
        options.interval().toMillis() < 1 ? 1 : options.interval().toMillis(),
        TimeUnit.MILLISECONDS);
    return tracked;
  }

  /** Where the file is kept. */
  public StoredOutput output() {
    return output;
  }

  /** Bytes of the file that storage has confirmed. */
  public long sentBytes() {
    flushing.lock();
    try {
      return sent;
    } finally {
      flushing.unlock();
    }
  }

  /**
   * Sends what is new now, waiting for a flush that runs.
   *
   * @throws OutputStorageException if that fails; the unsent part is in the next flush
   */
  public void flush() {
    flushing.lock();
    try {
      OutputStorageException.calling(
          "appending " + file + " to " + output.blobName(),
          () -> {
            sendNewPart();
            return null;
          });
    } finally {
      flushing.unlock();
    }
  }

  /**
   * Ends the tracking: timer off, a running flush awaited, one last flush. Does nothing when called
   * again.
   *
   * @throws OutputStorageException if the last flush failed: save the file by other means
   */
  @Override
  public void close() {
    timer.shutdown();
    flushing.lock();
    try {
      if (!closed) {
        closed = true;
        flush();
      }
    } finally {
      flushing.unlock();
    }
  }

  private Void prepare() throws IOException {
    if (options.start() == TrackOptions.Start.REPLACE) {
      blob.createWithResponse(null, null, null, null, Context.NONE);
      return null;
    }
    try {
      blob.createWithResponse(
          null, null, new BlobRequestConditions().setIfNoneMatch("*"), null, Context.NONE);
    } catch (BlobStorageException e) {
      if (e.getStatusCode() != CONFLICT && e.getStatusCode() != PRECONDITION_FAILED) {
        throw e;
      }
      blobLength = blob.getProperties().getBlobSize();
    }
    if (options.start() == TrackOptions.Start.CONTINUE && blobLength <= currentLength()) {
      sent = blobLength;
    }
    return null;
  }

  private long currentLength() throws IOException {
    try {
      return Files.size(file);
    } catch (NoSuchFileException e) {
      return 0;
    }
  }

  private void flushInBackground() {
    if (!flushing.tryLock()) {
      return; // the previous flush still runs: this turn is left out
    }
    try {
      if (!closed) {
        flush();
      }
    } catch (OutputStorageException e) {
      options.onError().accept(e);
    } finally {
      flushing.unlock();
    }
  }

  /** Sends exactly the part between what was sent and the length measured now. */
  private void sendNewPart() throws IOException {
    long length = currentLength();
    if (length <= sent) {
      return;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      while (sent < length) {
        byte[] part = new byte[(int) Math.min(LARGEST_APPEND, length - sent)];
        readFully(channel, ByteBuffer.wrap(part), sent);
        append(part);
        sent += part.length;
        blobLength += part.length;
      }
    } catch (NoSuchFileException e) {
      return; // removed since it was measured: as if it had been missing before
    }
  }

  private static void readFully(FileChannel channel, ByteBuffer target, long from)
      throws IOException {
    while (target.hasRemaining()) {
      if (channel.read(target, from + target.position()) < 0) {
        throw new EOFException("the file became shorter while it was read");
      }
    }
  }

  private void append(byte[] part) {
    try {
      blob.appendBlockWithResponse(
          new ByteArrayInputStream(part),
          part.length,
          null,
          new AppendBlobRequestConditions().setAppendPosition(blobLength),
          null,
          Context.NONE);
    } catch (BlobStorageException e) {
      if (e.getStatusCode() != PRECONDITION_FAILED || !storedAlready(part.length, e)) {
        throw e;
      }
    }
  }

  /**
   * Whether a refused position means that the same request had come through before and only its
   * answer was lost. Where the length may not be read, the sole writer can assume it: nobody else
   * moved the position, and if somebody did, the next append is refused as well.
   */
  private boolean storedAlready(long partLength, BlobStorageException refusal) {
    try {
      return blob.getProperties().getBlobSize() == blobLength + partLength;
    } catch (BlobStorageException e) {
      refusal.addSuppressed(e);
      return e.getStatusCode() == 403 && !refusedBefore(partLength);
    }
  }

  private long assumedAt = -1; // guarded by flushing; position of the last assumption

  private boolean refusedBefore(long partLength) {
    boolean again = assumedAt == blobLength;
    assumedAt = blobLength + partLength;
    return again;
  }
}
