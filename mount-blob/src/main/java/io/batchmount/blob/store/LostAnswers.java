package io.batchmount.blob.store;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Decides, after a repeated write failed on its condition, whether its first attempt had been
 * carried out and only the answer was lost. It compares what is stored with what was sent; when
 * they are the same, the write has happened, whoever did it. Thread-safe.
 */
final class LostAnswers {
  /** A write that tells how many attempts it took. */
  @FunctionalInterface
  interface Write<T> {
    T run(Attempts attempts) throws FsException;
  }

  /** Finds the stored state if it is what was sent, else throws the failure it is given. */
  @FunctionalInterface
  interface Check<T> {
    Optional<T> stored() throws FsException;
  }

  /** Counts attempts of one write. */
  static final class Attempts {
    private int last;

    void attempt(int number) {
      last = number;
    }
  }

  private final SdkBlobStore store;

  LostAnswers(SdkBlobStore store) {
    this.store = store;
  }

  <T> T guard(WriteCondition condition, Write<T> write, Check<? extends T> check)
      throws FsException {
    Attempts attempts = new Attempts();
    try {
      return write.run(attempts);
    } catch (FsException e) {
      boolean byCondition =
          e.errno() == Errno.ESTALE || e.errno() == Errno.EEXIST || e.errno() == Errno.ENOENT;
      if (attempts.last == 0 || !byCondition) {
        throw e;
      }
      Optional<? extends T> stored;
      try {
        stored = check.stored();
      } catch (FsException second) {
        e.addSuppressed(second);
        throw e;
      }
      if (stored.isPresent()) {
        return stored.get();
      }
      throw e;
    }
  }

  Optional<BlobProperties> isStored(String blob, ByteBuffer content, BlobHeaders headers)
      throws FsException {
    BlobProperties now = store.getProperties(blob);
    return now.size() == content.remaining()
            && same(now.metadata(), headers.metadata())
            && now.contentMd5().filter(ContentMd5.of(content)::equals).isPresent()
        ? Optional.of(now)
        : Optional.empty();
  }

  Optional<BlobProperties> isCommitted(String blob, List<BlockRef> blocks, BlobHeaders headers)
      throws FsException {
    BlockList now = store.getBlockList(blob);
    BlobProperties properties = store.getProperties(blob);
    return ids(now.blocks()).equals(ids(blocks))
            && now.etag().equals(properties.etag())
            && same(properties.metadata(), headers.metadata())
        ? Optional.of(properties)
        : Optional.empty();
  }

  private static List<String> ids(List<BlockRef> blocks) {
    return blocks.stream().map(BlockRef::id).toList();
  }

  Optional<BlobProperties> isEmptyAppendBlob(String blob, BlobHeaders headers) throws FsException {
    BlobProperties now = store.getProperties(blob);
    return now.size() == 0
            && now.type() == BlobType.APPEND
            && same(now.metadata(), headers.metadata())
        ? Optional.of(now)
        : Optional.empty();
  }

  Optional<Boolean> isAppended(String blob, ByteBuffer content, long expectedOffset)
      throws FsException {
    ByteBuffer stored = ByteBuffer.allocate(content.remaining());
    BlobProperties now = store.download(blob, expectedOffset, stored, Optional.empty());
    return now.size() == expectedOffset + content.remaining()
            && stored.flip().equals(content.duplicate())
        ? Optional.of(true)
        : Optional.empty();
  }

  Optional<Boolean> hasMetadata(String blob, Map<String, String> metadata) throws FsException {
    BlobProperties now = store.getProperties(blob);
    return same(now.metadata(), metadata) ? Optional.of(true) : Optional.empty();
  }

  Optional<Boolean> isGone(String blob) throws FsException {
    try {
      store.getProperties(blob);
      return Optional.empty();
    } catch (FsException e) {
      if (e.errno() == Errno.ENOENT) {
        return Optional.of(true);
      }
      throw e;
    }
  }

  /** Whether a blob has this metadata. */
  boolean same(BlobProperties blob, Map<String, String> metadata) {
    return same(blob.metadata(), metadata);
  }

  /** Metadata names have no case. */
  private static boolean same(Map<String, String> one, Map<String, String> other) {
    return folded(one).equals(folded(other));
  }

  private static Map<String, String> folded(Map<String, String> metadata) {
    Map<String, String> folded = new TreeMap<>();
    metadata.forEach((name, value) -> folded.put(name.toLowerCase(Locale.ROOT), value.strip()));
    return folded;
  }
}
