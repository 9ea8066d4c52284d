package io.batchmount.blob.write;

import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.BlobStore;
import io.batchmount.blob.store.BlobType;
import io.batchmount.blob.store.BlockRef;
import io.batchmount.core.FsException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Commits of one file whose answer is not known: the connection broke, or a repetition of the
 * request met the version that its first try had made. A later look at the blob tells whether its
 * present version is ours; the journal keeps them, so that recovery can look, too. Thread-safe.
 */
final class Attempts {
  /** Older ones cannot be the present version: each newer one was conditional on it. */
  private static final int KEPT = 4;

  private static final int COMPARE_BUFFER = 1 << 20;
  private static final String FACT = "attempt.";
  private static final long EARLIER_PROCESS = -1;

  /**
   * What a commit would have made, and of which state of the file.
   *
   * @param blocks whether it was a block list, whose ids are the content that is compared
   * @param content hash of the content, or of the ids
   * @param metadata hash of the metadata
   */
  private record Attempt(boolean blocks, String content, String metadata, long size, long epoch) {}

  private final Deque<Attempt> attempts = new ArrayDeque<>();

  void rememberWhole(ByteBuffer content, Map<String, String> metadata, long epoch) {
    add(new Attempt(false, md5(content.duplicate()), md5(metadata), content.remaining(), epoch));
  }

  void rememberBlocks(List<BlockRef> blocks, Map<String, String> metadata, long size, long epoch) {
    add(new Attempt(true, md5(blocks), md5(metadata), size, epoch));
  }

  synchronized void clear() {
    attempts.clear();
  }

  synchronized boolean isEmpty() {
    return attempts.isEmpty();
  }

  /** The state of the file that a version holds; empty when it is not one of ours. */
  Optional<Long> epochOf(BlobStore store, BlobProperties version) throws FsException {
    String metadata = md5(version.metadata());
    Optional<String> ids = Optional.empty();
    Optional<String> content = version.contentMd5();
    for (Attempt attempt : copy()) {
      if (attempt.size() != version.size() || !attempt.metadata().equals(metadata)) {
        continue;
      }
      if (attempt.blocks()) {
        if (ids.isEmpty()) {
          ids = Optional.of(idsOf(store, version));
        }
        if (ids.get().equals(attempt.content())) {
          return Optional.of(attempt.epoch());
        }
      } else {
        if (content.isEmpty()) {
          content = Optional.of(contentMd5(store, version));
        }
        if (content.get().equals(attempt.content())) {
          return Optional.of(attempt.epoch());
        }
      }
    }
    return Optional.empty();
  }

  /** What the journal keeps. */
  synchronized Map<String, String> facts() {
    Map<String, String> facts = new LinkedHashMap<>();
    int number = 0;
    for (Attempt attempt : attempts) {
      facts.put(
          FACT + number++,
          (attempt.blocks() ? "blocks " : "whole ")
              + attempt.content()
              + " "
              + attempt.metadata()
              + " "
              + attempt.size());
    }
    return facts;
  }

  /** What another process noted with {@link #facts}. */
  static Attempts ofFacts(Map<String, String> facts) {
    Attempts attempts = new Attempts();
    for (int number = KEPT - 1; number >= 0; number--) {
      String[] parts = facts.getOrDefault(FACT + number, "").split(" ", -1);
      if (parts.length == 4) {
        attempts.add(
            new Attempt(
                parts[0].equals("blocks"),
                parts[1],
                parts[2],
                Long.parseLong(parts[3]),
                EARLIER_PROCESS));
      }
    }
    return attempts;
  }

  private synchronized List<Attempt> copy() {
    return List.copyOf(attempts);
  }

  private synchronized void add(Attempt attempt) {
    attempts.addFirst(attempt);
    if (attempts.size() > KEPT) {
      attempts.removeLast();
    }
  }

  private static String idsOf(BlobStore store, BlobProperties version) throws FsException {
    return version.type() == BlobType.BLOCK ? md5(store.getBlockList(version.name()).blocks()) : "";
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

  private static String md5(ByteBuffer content) {
    MessageDigest digest = newMd5();
    digest.update(content);
    return Base64.getEncoder().encodeToString(digest.digest());
  }

  private static String md5(List<BlockRef> blocks) {
    return md5(
        StandardCharsets.UTF_8.encode(
            blocks.stream().map(BlockRef::id).collect(Collectors.joining(" "))));
  }

  private static String md5(Map<String, String> metadata) {
    Map<String, String> folded = new TreeMap<>();
    metadata.forEach((name, value) -> folded.put(name.toLowerCase(Locale.ROOT), value.strip()));
    return md5(StandardCharsets.UTF_8.encode(folded.toString()));
  }

  private static MessageDigest newMd5() {
    try {
      return MessageDigest.getInstance("MD5"); // what the service stores; no secret depends on it
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JRE has MD5", e);
    }
  }
}
