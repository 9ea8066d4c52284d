package io.batchmount.blob.store;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Answers as late as a distant service: a wait before each answer, and bytes no faster than one
 * connection carries them. Thread-safe; requests do not wait for each other.
 */
public final class LatencyBlobStore extends InterceptedBlobStore {
  private volatile Duration latency;
  private volatile long bytesPerSecond;

  /**
   * @param latency wait before each answer
   * @param bytesPerSecond of one request, 0 for no limit
   */
  public LatencyBlobStore(BlobStore inner, Duration latency, long bytesPerSecond) {
    super(inner);
    this.latency = latency;
    this.bytesPerSecond = bytesPerSecond;
  }

  /** Changes the link from the next request on. */
  public void shape(Duration newLatency, long newBytesPerSecond) {
    latency = newLatency;
    bytesPerSecond = newBytesPerSecond;
  }

  @Override
  protected <T> T around(BlobOperation operation, String blob, long bytes, Request<T> request)
      throws FsException {
    pause(bytes);
    return request.send();
  }

  @Override
  protected BlobProperties aroundDownload(
      String blob, long offset, ByteBuffer target, Request<BlobProperties> request)
      throws FsException {
    pause(target.remaining());
    return request.send();
  }

  private void pause(long bytes) throws FsException {
    long nanos = latency.toNanos();
    if (bytesPerSecond > 0) {
      nanos += bytes * TimeUnit.SECONDS.toNanos(1) / bytesPerSecond;
    }
    try {
      TimeUnit.NANOSECONDS.sleep(nanos);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FsException(Errno.EINTR, "interrupted while waiting for the service", e);
    }
  }
}
