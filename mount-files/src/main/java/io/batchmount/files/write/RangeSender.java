package io.batchmount.files.write;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.OperationContext;
import io.batchmount.core.journal.Extent;
import io.batchmount.files.attributes.GrowthMark;
import io.batchmount.files.store.PropertyChange;
import io.batchmount.files.store.ServiceCode;
import io.batchmount.files.store.ShareStore;
import io.batchmount.files.store.StoredItem;
import io.batchmount.files.store.Written;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/**
 * Sends bytes of one open file to the service. Runs under the io lock of the file.
 *
 * <p>A flush is: the lease where it is not held, one resize where the file grows, the ranges. All
 * ranges but the last leave the growth mark in place and go in parallel; the last one goes when all
 * others are there and takes the mark off.
 */
final class RangeSender {
  /** How often a flush begins anew because its lease was lost on the way. */
  private static final int MAX_LEASE_LOSSES = 5;

  /** A buffer waits so long for memory before the flush counts as failed for now. */
  private static final Duration MEMORY_WAIT = Duration.ofSeconds(60);

  private static final int MIN_CHUNK = 64 << 10;

  private final WriteSupport support;
  private final OpenFile file;
  private final int chunk;

  RangeSender(WriteSupport support, OpenFile file) {
    this.support = support;
    this.file = file;
    // small budgets get small ranges, so that a few of them fit at once
    this.chunk =
        (int)
            Math.max(
                MIN_CHUNK, Math.min(ShareStore.MAX_RANGE_BYTES, support.budget().capacity() / 4));
  }

  /**
   * Sends a buffer to a file that exists.
   *
   * @param end size that the file has with these bytes
   */
  void sendStored(Buffer buffer, long end) throws FsException {
    long moved = buffer.base();
    for (int losses = 0; ; losses++) {
      try {
        ensureLease(Optional.of(buffer));
        // a rebase moved the bytes and their end
        long last = end + (buffer.base() - moved);
        growAndPut(buffer, last);
        return;
      } catch (FsException e) {
        if (ServiceCode.isAbsent(e) || ServiceCode.is(e, ServiceCode.RESOURCE_TYPE_MISMATCH)) {
          throw gone(e);
        }
        boolean lost = ServiceCode.isLeaseGone(e) || ServiceCode.is(e, ServiceCode.INVALID_RANGE);
        if (!lost || losses >= MAX_LEASE_LOSSES) {
          throw e;
        }
        if (ServiceCode.is(e, ServiceCode.INVALID_RANGE)) {
          file.lease().release(file.stored()); // cut by somebody: look again
        } else {
          file.lease().lost();
        }
      }
    }
  }

  private void growAndPut(Buffer buffer, long end) throws FsException {
    Version version = file.version();
    Optional<String> lease = file.lease().id();
    if (version.physical() > version.visible()) {
      // bytes of a writer that died lie behind the end: they must not show between ours
      Written cut =
          support
              .store()
              .setFileProperties(file.stored(), PropertyChange.ofSize(version.visible()), lease);
      version = version.after(cut, version.visible());
      file.setVersion(version);
    }
    boolean grows = end > version.visible();
    if (grows) {
      support.space().reserve(end - version.visible());
      Instant mark = GrowthMark.of(version.visible());
      Written grown =
          support.store().setFileProperties(file.stored(), PropertyChange.ofSize(end, mark), lease);
      version = version.grown(grown, end, mark);
      file.setVersion(version);
    }
    Optional<Written> last = putAll(file.stored(), buffer, grows, false, lease);
    if (last.isPresent()) {
      file.setVersion(version.after(last.get(), Math.max(end, version.visible())));
    }
  }

  /**
   * Puts all ranges of a buffer.
   *
   * @param marked the file carries a growth mark, which the last range takes off
   * @param keepTime the last write time was set on purpose and stays
   * @return the last answer; empty when there was nothing to put
   */
  Optional<Written> putAll(
      String stored, Buffer buffer, boolean marked, boolean keepTime, Optional<String> lease)
      throws FsException {
    List<Extent> chunks = buffer.chunks(chunk);
    if (chunks.isEmpty()) {
      return Optional.empty();
    }
    List<Extent> first = chunks.subList(0, chunks.size() - 1);
    if (!first.isEmpty()) {
      putInParallel(stored, buffer, first, marked || keepTime, lease);
    }
    return Optional.of(put(stored, buffer, chunks.get(chunks.size() - 1), keepTime, lease));
  }

  private void putInParallel(
      String stored, Buffer buffer, List<Extent> chunks, boolean keepTime, Optional<String> lease)
      throws FsException {
    OperationContext context = OperationContext.current();
    List<Future<Written>> answers = new ArrayList<>();
    for (Extent extent : chunks) {
      answers.add(
          support
              .ranges()
              .submit(
                  () -> {
                    if (!context.hasDeadline()) {
                      return put(stored, buffer, extent, keepTime, lease);
                    }
                    try (OperationContext same =
                        OperationContext.open(context.remaining(), context::isInterrupted)) {
                      return put(stored, buffer, extent, keepTime, lease);
                    }
                  }));
    }
    // all answers are awaited, also after a failure: none may land after the next attempt
    Optional<FsException> failed = Optional.empty();
    for (Future<Written> answer : answers) {
      try {
        answer.get();
      } catch (ExecutionException e) {
        if (failed.isEmpty()) {
          failed =
              Optional.of(
                  e.getCause() instanceof FsException cause
                      ? cause
                      : new FsException(Errno.EIO, file.path() + ": a range failed", e.getCause()));
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new FsException(Errno.EINTR, "interrupted while saving " + file.path(), e);
      }
    }
    if (failed.isPresent()) {
      throw failed.get();
    }
  }

  private Written put(
      String stored, Buffer buffer, Extent extent, boolean keepTime, Optional<String> lease)
      throws FsException {
    int length = Math.toIntExact(extent.length());
    support.budget().acquire(length, MEMORY_WAIT);
    try {
      ByteBuffer bytes = ByteBuffer.allocate(length);
      while (bytes.hasRemaining()
          && buffer.entry().read(bytes, extent.from() + bytes.position()) > 0) {
        // a read may be short
      }
      if (bytes.hasRemaining()) {
        throw new FsException(
            Errno.EIO, file.path() + ": the journal lost bytes at " + extent.from());
      }
      return support.store().putRange(stored, extent.from(), bytes.flip(), keepTime, lease);
    } finally {
      support.budget().release(length);
    }
  }

  /** Sets the size, both ways; everything written before is in the service already. */
  void resize(long size) throws FsException {
    for (int losses = 0; ; losses++) {
      try {
        ensureLease(Optional.empty());
        Version version = file.version();
        if (version.physical() > version.visible() && size > version.visible()) {
          version =
              version.after(
                  support
                      .store()
                      .setFileProperties(
                          file.stored(),
                          PropertyChange.ofSize(version.visible()),
                          file.lease().id()),
                  version.visible());
        }
        Written answer =
            support
                .store()
                .setFileProperties(file.stored(), PropertyChange.ofSize(size), file.lease().id());
        file.setSize(version.after(answer, size));
        return;
      } catch (FsException e) {
        if (ServiceCode.isAbsent(e)) {
          throw gone(e);
        }
        if (!ServiceCode.isLeaseGone(e) || losses >= MAX_LEASE_LOSSES) {
          throw e;
        }
        file.lease().lost();
      }
    }
  }

  /** Acquires the lease where it is not held, and finds out whether anybody wrote since. */
  private void ensureLease(Optional<Buffer> buffer) throws FsException {
    if (file.lease().isHeld()) {
      return;
    }
    String etag = file.lease().acquire(file.stored(), file.path());
    file.noteFacts();
    Version known = file.version();
    if (etag.equals(known.etag())) {
      return;
    }
    StoredItem item = support.store().getFileProperties(file.stored(), file.lease().id());
    Version now = Version.of(item);
    if (known.sameContent(now) || buffer.isEmpty()) {
      if (!known.fileId().equals(now.fileId())) {
        throw file.conflict();
      }
      file.adoptHeld(now);
      return;
    }
    if (!known.fileId().equals(now.fileId())) {
      throw file.conflict();
    }
    if (now.visible() == known.visible() && GrowthMark.isMark(now.lastWriteTime())) {
      file.adoptHeld(now); // a grow, ours or of a writer that died: no visible byte differs
      return;
    }
    if (!file.isMovable()) {
      throw file.conflict();
    }
    file.rebase(now.visible());
    file.adoptHeld(now);
  }

  private FsException gone(FsException cause) {
    return FsException.ofService(
        Errno.ESTALE,
        file.path()
            + ": deleted or replaced by somebody else; what was written here is kept in the"
            + " journal (batchmount recover)",
        cause.serviceCode(),
        cause.requestId(),
        cause);
  }
}
