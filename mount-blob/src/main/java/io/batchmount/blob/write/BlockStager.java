package io.batchmount.blob.write;

import io.batchmount.blob.BlobContentReader;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.BlobStore;
import io.batchmount.blob.store.BlockRef;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Stages the pieces of a plan, in parallel. Thread-safe. */
final class BlockStager {
  private static final Logger LOG = LoggerFactory.getLogger(BlockStager.class);

  /**
   * Lengths to try when blocks of another writer wait under a new name: first those of common tools
   * (UUIDs as text, 48 and 64 characters, rclone's and plain binary ones), then all others.
   */
  static final List<Integer> ID_LENGTHS =
      Stream.concat(
              Stream.of(36, 48, 64, 16, 24, 32, 8, 12, 20), IntStream.rangeClosed(1, 64).boxed())
          .distinct()
          .filter(length -> length != BlockIds.DEFAULT_LENGTH)
          .toList();

  private final BlobStore store;
  private final BlobContentReader reader;
  private final TransferPool pool;
  private final BlockSchedule schedule;
  private final AtomicBoolean copies = new AtomicBoolean(true);

  BlockStager(
      BlobStore store, BlobContentReader reader, TransferPool pool, BlockSchedule schedule) {
    this.store = store;
    this.reader = reader;
    this.pool = pool;
    this.schedule = schedule;
  }

  /** A maker of ids that fit to the blocks that a blob has. */
  static BlockIds idsFor(List<BlockRef> layout) {
    return layout.isEmpty()
        ? new BlockIds(BlockIds.DEFAULT_LENGTH, Set.of())
        : new BlockIds(
            BlockIds.lengthOf(layout.get(0).id()),
            layout.stream().map(BlockRef::id).collect(Collectors.toSet()));
  }

  /**
   * Stages what a plan asks for.
   *
   * @param carefully stage the first block alone: it may be refused for the length of its id
   * @return the blocks to commit, in order
   */
  List<BlockRef> stage(
      String blob, FileImage image, List<CommitPlan.Piece> plan, BlockIds ids, boolean carefully)
      throws FsException {
    List<Callable<List<BlockRef>>> tasks = new ArrayList<>();
    for (CommitPlan.Piece piece : copies.get() ? plan : withoutCopies(plan)) {
      if (piece instanceof CommitPlan.Upload upload) {
        tasks.add(() -> List.of(upload(blob, image, upload.from(), upload.to(), ids.next())));
      } else if (piece instanceof CommitPlan.Copy copy) {
        tasks.add(() -> copy(blob, image, copy, ids));
      }
    }
    List<List<BlockRef>> made = new ArrayList<>();
    if (carefully && !tasks.isEmpty()) {
      made.addAll(pool.runAll(tasks.subList(0, 1), "uploading " + blob));
      tasks = tasks.subList(1, tasks.size());
    }
    made.addAll(pool.runAll(tasks, "uploading " + blob));
    List<BlockRef> blocks = new ArrayList<>();
    int next = 0;
    for (CommitPlan.Piece piece : plan) {
      if (piece instanceof CommitPlan.Reuse reuse) {
        blocks.add(BlockRef.committed(reuse.id(), reuse.length()));
      } else if (piece instanceof CommitPlan.Staged staged) {
        blocks.add(new BlockRef(staged.id(), staged.length()));
      } else {
        // a copy that became uploads has several results
        long missing = piece.length();
        while (missing > 0) {
          for (BlockRef block : made.get(next)) {
            blocks.add(block);
            missing -= block.size();
          }
          next++;
        }
      }
    }
    return blocks;
  }

  /** Stages one range as one block. */
  BlockRef upload(String blob, FileImage image, long from, long to, String id) throws FsException {
    int length = Math.toIntExact(to - from);
    ByteBuffer buffer = pool.borrow(length);
    try {
      ByteBuffer content = buffer.duplicate();
      image.read(reader, content, from);
      store.stageBlock(blob, id, content.flip());
      return new BlockRef(id, length);
    } finally {
      pool.giveBack(buffer);
    }
  }

  private List<BlockRef> copy(String blob, FileImage image, CommitPlan.Copy copy, BlockIds ids)
      throws FsException {
    if (copies.get()) {
      try {
        String id = ids.next();
        store.stageBlockFromUrl(
            blob, id, blob, copy.from(), copy.length(), image.base().map(BlobProperties::etag));
        return List.of(new BlockRef(id, copy.length()));
      } catch (FsException e) {
        if (e.errno() != Errno.ENOTSUP) {
          throw e;
        }
        if (copies.compareAndSet(true, false)) {
          LOG.warn(
              "{}: the service cannot copy ranges of a blob itself, so {} unchanged bytes are"
                  + " downloaded and uploaded again; said once ({})",
              blob,
              copy.length(),
              e.getMessage());
        }
      }
    }
    List<BlockRef> blocks = new ArrayList<>();
    for (CommitPlan.Piece part : withoutCopies(List.of(copy))) {
      blocks.add(upload(blob, image, part.from(), part.to(), ids.next()));
    }
    return blocks;
  }

  private List<CommitPlan.Piece> withoutCopies(List<CommitPlan.Piece> plan) {
    List<CommitPlan.Piece> pieces = new ArrayList<>();
    for (CommitPlan.Piece piece : plan) {
      if (piece instanceof CommitPlan.Copy) {
        for (long at = piece.from(); at < piece.to(); ) {
          long end = Math.min(piece.to(), at + schedule.sizeAt(at));
          pieces.add(new CommitPlan.Upload(at, end));
          at = end;
        }
      } else {
        pieces.add(piece);
      }
    }
    return pieces;
  }
}
