package io.batchmount.blob.store;

import io.batchmount.core.FsException;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Counts requests and bytes, for tests that promise how few there are. Thread-safe. */
public final class CountingBlobStore extends InterceptedBlobStore {
  private final Map<BlobOperation, LongAdder> counts = new EnumMap<>(BlobOperation.class);
  private final LongAdder bytesDown = new LongAdder();
  private final LongAdder bytesUp = new LongAdder();

  public CountingBlobStore(BlobStore inner) {
    super(inner);
    for (BlobOperation operation : BlobOperation.values()) {
      counts.put(operation, new LongAdder());
    }
  }

  /** Requests of a kind since the start or {@link #reset}. */
  public long count(BlobOperation operation) {
    return counts.get(operation).sum();
  }

  /** Requests of all kinds. */
  public long total() {
    return counts.values().stream().mapToLong(LongAdder::sum).sum();
  }

  /** Bytes of bodies received. */
  public long bytesDown() {
    return bytesDown.sum();
  }

  /** Bytes of bodies sent. */
  public long bytesUp() {
    return bytesUp.sum();
  }

  /** Begins to count anew. */
  public void reset() {
    counts.values().forEach(LongAdder::reset);
    bytesDown.reset();
    bytesUp.reset();
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    counts.forEach(
        (operation, count) -> {
          if (count.sum() > 0) {
            text.append(operation).append('=').append(count.sum()).append(' ');
          }
        });
    return text + "down=" + bytesDown.sum() + " up=" + bytesUp.sum();
  }

  @Override
  protected <T> T around(BlobOperation operation, String blob, long bytes, Request<T> request)
      throws FsException {
    counts.get(operation).increment();
    bytesUp.add(bytes);
    return request.send();
  }

  @Override
  protected BlobProperties aroundDownload(
      String blob, long offset, ByteBuffer target, Request<BlobProperties> request)
      throws FsException {
    counts.get(BlobOperation.GET).increment();
    int before = target.position();
    try {
      return request.send();
    } finally {
      bytesDown.add(target.position() - before);
    }
  }
}
