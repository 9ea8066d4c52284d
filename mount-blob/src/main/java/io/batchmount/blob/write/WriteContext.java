package io.batchmount.blob.write;

import io.batchmount.blob.BlobContentReader;
import io.batchmount.blob.BlobMountOptions;
import io.batchmount.blob.BlobNamespace;
import io.batchmount.blob.store.BlobStore;
import io.batchmount.core.FsException;
import io.batchmount.core.MemoryBudget;
import io.batchmount.core.OperationContext;
import io.batchmount.core.journal.MountJournal;
import java.time.Clock;

/** What the parts of the write engine share. Immutable; its members are thread-safe. */
record WriteContext(
    BlobStore store,
    BlobNamespace namespace,
    BlobContentReader reader,
    BlobMountOptions options,
    MountJournal journal,
    TransferPool pool,
    FileCommitter committer,
    AttributeCodec codec,
    BackgroundCommits background,
    OpenFiles files,
    PathLocks locks,
    Clock clock) {

  /** Buffers of one block may take this share of the memory budget, so that several fit. */
  private static final int BLOCK_SHARE = 4;

  static WriteContext of(
      BlobStore store,
      BlobNamespace namespace,
      BlobContentReader reader,
      BlobMountOptions options,
      MemoryBudget budget,
      MountJournal journal) {
    TransferPool pool = new TransferPool(budget, options.timeout());
    long blockSize = Math.min(options.blockSize(), Math.max(1, budget.capacity() / BLOCK_SHARE));
    FileCommitter committer =
        new FileCommitter(
            store,
            reader,
            pool,
            new BlockSchedule(blockSize),
            options.conflict(),
            options.timeout());
    return new WriteContext(
        store,
        namespace,
        reader,
        options,
        journal,
        pool,
        committer,
        new AttributeCodec(options),
        new BackgroundCommits(options.mountName()),
        new OpenFiles(),
        new PathLocks(),
        Clock.systemUTC());
  }

  /** A request with a full deadline of its own, ended by an interruption of the caller. */
  <T> T request(Request<T> request) throws FsException {
    OperationContext outer = OperationContext.current();
    try (OperationContext context =
        OperationContext.open(options.timeout(), outer::isInterrupted)) {
      return request.send();
    }
  }

  /** A request to the store. */
  @FunctionalInterface
  interface Request<T> {
    T send() throws FsException;
  }
}
