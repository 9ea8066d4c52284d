package io.batchmount.blob.write;

import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.BlobStore;
import io.batchmount.blob.store.BlockRef;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Commits of one file whose answer is not known: the connection broke, or a repetition of the
 * request met the version that its first try had made. A later look at the blob tells whether its
 * present version is ours. Thread-safe.
 */
final class Attempts {
  /** Older ones cannot be the present version: each newer one was conditional on it. */
  private static final int KEPT = 4;

  private static final int COMPARE_BUFFER = 1 << 20;

  /** What a commit would have made, and of which state of the file. */
  private sealed interface Attempt {
    long epoch();

    long size();
  }

  private record Whole(String md5, long size, Map<String, String> metadata, long epoch)
      implements Attempt {}

  private record Blocks(List<String> ids, long size, long epoch) implements Attempt {}

  private final Deque<Attempt> attempts = new ArrayDeque<>();

  synchronized void rememberWhole(ByteBuffer content, Map<String, String> metadata, long epoch) {
    add(new Whole(md5(content.duplicate()), content.remaining(), metadata, epoch));
  }

  synchronized void rememberBlocks(List<BlockRef> blocks, long size, long epoch) {
    add(new Blocks(blocks.stream().map(BlockRef::id).toList(), size, epoch));
  }

  synchronized void clear() {
    attempts.clear();
  }

  /** The state of the file that a version holds; empty when it is not one of ours. */
  synchronized Optional<Long> epochOf(BlobStore store, BlobProperties version) throws FsException {
    for (Attempt attempt : attempts) {
      if (attempt.size() == version.size() && isResult(attempt, store, version)) {
        return Optional.of(attempt.epoch());
      }
    }
    return Optional.empty();
  }

  private static boolean isResult(Attempt attempt, BlobStore store, BlobProperties version)
      throws FsException {
    if (attempt instanceof Blocks blocks) {
      try {
        return !blocks.ids().isEmpty()
            && store.getBlockList(version.name()).blocks().stream()
                .map(BlockRef::id)
                .toList()
                .equals(blocks.ids());
      } catch (FsException e) {
        if (e.errno() == Errno.EIO && e.serviceCode().isPresent()) {
          return false; // another type of blob has no block list
        }
        throw e;
      }
    }
    Whole whole = (Whole) attempt;
    if (!AttributeCodec.same(whole.metadata(), version.metadata())) {
      return false;
    }
    String stored =
        version.contentMd5().isPresent() ? version.contentMd5().get() : contentMd5(store, version);
    return stored.equals(whole.md5());
  }

  private void add(Attempt attempt) {
    attempts.addFirst(attempt);
    if (attempts.size() > KEPT) {
      attempts.removeLast();
    }
  }

  private static String contentMd5(BlobStore store, BlobProperties version) throws FsException {
    MessageDigest digest = newMd5();
    ByteBuffer buffer = ByteBuffer.allocate(COMPARE_BUFFER);
    for (long at = 0; at < version.size(); ) {
      buffer.clear();
      store.download(version.name(), at, buffer, Optional.of(version.etag()));
      at += buffer.flip().remaining();
      if (!buffer.hasRemaining()) {
        break;
      }
      digest.update(buffer);
    }
    return Base64.getEncoder().encodeToString(digest.digest());
  }

  static String md5(ByteBuffer content) {
    MessageDigest digest = newMd5();
    digest.update(content);
    return Base64.getEncoder().encodeToString(digest.digest());
  }

  private static MessageDigest newMd5() {
    try {
      return MessageDigest.getInstance("MD5"); // what the service stores; no secret depends on it
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JRE has MD5", e);
    }
  }
}
