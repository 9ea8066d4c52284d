package io.batchmount.blob.write;

import io.batchmount.blob.store.BlobHeaders;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.WriteCondition;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;

/** Requests that are safe to repeat although their answer may have been lost. */
final class Deletions {
  /** Tries of a request whose answer may have been lost. */
  private static final int TRIES = 3;

  private Deletions() {}

  /**
   * Deletes a blob; one that is gone is as good as deleted. Repeated when the answer is lost.
   *
   * @throws FsException ESTALE when the condition does not hold
   */
  static void delete(WriteContext context, String blob, WriteCondition condition)
      throws FsException {
    goneOnce(context, () -> context.store().delete(blob, condition));
  }

  /** A request that takes something away. */
  @FunctionalInterface
  interface Removal {
    void send() throws FsException;
  }

  /** As {@link #delete}, for whatever takes an object away. */
  static void goneOnce(WriteContext context, Removal removal) throws FsException {
    FsException last = null;
    for (int i = 0; i < TRIES; i++) {
      try {
        context.request(
            () -> {
              removal.send();
              return true;
            });
        return;
      } catch (FsException e) {
        boolean gone =
            e.errno() == Errno.ENOENT
                && e.serviceCode().filter("ContainerNotFound"::equals).isEmpty();
        if (gone) {
          return;
        }
        if (!mayBeRepeated(e)) {
          throw e;
        }
        last = e;
      }
    }
    throw last;
  }

  /**
   * Puts a small blob that must not be there; when it is, compares it with what was sent: the
   * answer of an earlier try may have been lost.
   *
   * @throws FsException EEXIST
   */
  static BlobProperties putOnce(
      WriteContext context, String blob, ByteBuffer content, BlobHeaders headers)
      throws FsException {
    return makeOnce(
        context,
        blob,
        content.remaining(),
        headers.metadata(),
        () -> context.store().putBlob(blob, content.duplicate(), headers, WriteCondition.ABSENT));
  }

  /** As {@link #putOnce}, for whatever makes an object of this size and metadata. */
  static BlobProperties makeOnce(
      WriteContext context,
      String blob,
      long size,
      Map<String, String> metadata,
      WriteContext.Request<BlobProperties> making)
      throws FsException {
    FsException last = null;
    for (int i = 0; i < TRIES; i++) {
      try {
        return context.request(making);
      } catch (FsException e) {
        if (e.errno() == Errno.EEXIST) {
          Optional<BlobProperties> now = find(context, blob);
          if (now.isPresent()
              && now.get().size() == size
              && AttributeCodec.same(now.get().metadata(), metadata)) {
            return now.get();
          }
          throw e;
        }
        if (!mayBeRepeated(e)) {
          throw e;
        }
        last = e;
      }
    }
    throw last;
  }

  /** HEAD of a blob. */
  static Optional<BlobProperties> find(WriteContext context, String blob) throws FsException {
    try {
      return Optional.of(context.request(() -> context.store().getProperties(blob)));
    } catch (FsException e) {
      if (e.errno() == Errno.ENOENT
          && e.serviceCode().filter("ContainerNotFound"::equals).isEmpty()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Whether a failure may have been one of the moment. */
  static boolean mayBeRepeated(FsException e) {
    return e.errno() == Errno.EIO;
  }
}
