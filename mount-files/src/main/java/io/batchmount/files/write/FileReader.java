package io.batchmount.files.write;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.OperationContext;
import io.batchmount.core.journal.Extent;
import io.batchmount.files.attributes.GrowthMark;
import io.batchmount.files.store.RangeRead;
import io.batchmount.files.store.ServiceCode;
import io.batchmount.files.store.ShareStore;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Reads an open file: what waits here from the journal, the rest from the service, each read from
 * one version of it.
 */
public final class FileReader {
  private static final int MAX_ATTEMPTS = 20; // versions that may pass while one read is answered

  private final ShareStore store;

  public FileReader(ShareStore store) {
    this.store = store;
  }

  /**
   * Reads until the buffer is full or the file ends.
   *
   * @return bytes read
   */
  public int read(OpenFile file, ByteBuffer target, long offset) throws FsException {
    for (int attempt = 0; ; attempt++) {
      OperationContext.current().check("reading " + file.path());
      LocalRead local = file.readLocal(target, offset);
      if (!local.local()) {
        var ahead =
            file.readAhead().read(local.stored(), local.version(), file.isFresh(), target, offset);
        if (ahead.isPresent()) {
          target.position(target.position() + ahead.getAsInt());
          return ahead.getAsInt();
        }
      }
      int count =
          local.local() ? fill(file, local, target, offset) : ask(file, local, target, offset);
      if (count >= 0) {
        target.position(target.position() + count);
        return count;
      }
      if (attempt >= MAX_ATTEMPTS) {
        throw new FsException(
            Errno.EIO, file.path() + ": changed " + attempt + " times while it was read");
      }
    }
  }

  /** Fetches the parts that are not here; -1 to begin anew. */
  private int fill(OpenFile file, LocalRead local, ByteBuffer target, long offset)
      throws FsException {
    String etag = "";
    for (Extent part : local.missing()) {
      Optional<RangeRead> asked =
          get(file, local, LocalRead.slice(target, offset, part), part.from());
      if (asked.isEmpty() || asked.get().bytes() < part.length()) {
        return -1; // moved or cut meanwhile
      }
      RangeRead answer = asked.get();
      if (!etag.isEmpty() && !etag.equals(answer.etag()) && !file.leaseId().isPresent()) {
        return -1;
      }
      etag = answer.etag();
    }
    return local.length();
  }

  /** A file that only others write: all comes from one answer; -1 to begin anew. */
  private int ask(OpenFile file, LocalRead local, ByteBuffer target, long offset)
      throws FsException {
    if (!target.hasRemaining()) {
      return 0;
    }
    int filled = 0;
    String etag = "";
    while (true) {
      ByteBuffer window = target.slice(target.position() + filled, target.remaining() - filled);
      if (window.remaining() > ShareStore.MAX_RANGE_BYTES) {
        window.limit(ShareStore.MAX_RANGE_BYTES);
      }
      int wanted = window.remaining();
      Optional<RangeRead> asked = get(file, local, window, offset + filled);
      if (asked.isEmpty()) {
        return -1;
      }
      RangeRead answer = asked.get();
      if (answer.behindEnd()) {
        return filled;
      }
      if (!etag.isEmpty() && !etag.equals(answer.etag())) {
        return -1;
      }
      etag = answer.etag();
      file.learned(answer);
      long visible = GrowthMark.visibleSize(answer.size(), answer.lastWriteTime());
      int usable = (int) Math.max(0, Math.min(answer.bytes(), visible - offset - filled));
      filled += usable;
      if (usable < wanted || filled == target.remaining()) {
        return filled;
      }
    }
  }

  /** Asks for a range; empty when the file moved or was reopened meanwhile. */
  private Optional<RangeRead> get(OpenFile file, LocalRead local, ByteBuffer window, long offset)
      throws FsException {
    try {
      RangeRead answer = store.getFile(local.stored(), offset, window);
      if (!answer.behindEnd() && !answer.fileId().equals(local.version().fileId())) {
        if (!file.version().fileId().equals(local.version().fileId())
            || !file.stored().equals(local.stored())
            || file.takeIdentity(answer)) {
          return Optional.empty();
        }
        throw new FsException(
            Errno.ESTALE, file.path() + ": replaced by somebody else; open it again");
      }
      return Optional.of(answer);
    } catch (FsException e) {
      if (!ServiceCode.isAbsent(e)) {
        throw e;
      }
      if (!file.stored().equals(local.stored())) {
        return Optional.empty(); // renamed by this mount meanwhile
      }
      throw FsException.ofService(
          Errno.ESTALE,
          file.path() + ": deleted by somebody else",
          e.serviceCode(),
          e.requestId(),
          e);
    }
  }
}
