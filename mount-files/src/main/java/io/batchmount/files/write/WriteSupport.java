package io.batchmount.files.write;

import io.batchmount.core.FsException;
import io.batchmount.core.MemoryBudget;
import io.batchmount.core.journal.MountJournal;
import io.batchmount.files.ShareMountOptions;
import io.batchmount.files.attributes.Catalog;
import io.batchmount.files.attributes.Entry;
import io.batchmount.files.attributes.Inodes;
import io.batchmount.files.names.ShareNames;
import io.batchmount.files.store.ShareStore;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;

/**
 * What the open files of one mount share.
 *
 * @param store the service
 * @param names where paths lie in the share
 * @param catalog what is known of names
 * @param hidden the hidden directory
 * @param journal where unsaved bytes are kept
 * @param budget bound on buffers
 * @param options how the share is mounted
 * @param defaults owner and permissions of unmarked entries
 * @param space what is left of the quota
 * @param inodes inode numbers
 * @param flusher starts flushes in the background
 * @param ranges sends ranges of large flushes in parallel
 * @param reads fetches ahead of readers
 * @param failures told of files whose bytes could not be saved
 * @param closer told of files whose bytes were saved in the background: nobody may have them open
 */
public record WriteSupport(
    ShareStore store,
    ShareNames names,
    Catalog catalog,
    HiddenFiles hidden,
    MountJournal journal,
    MemoryBudget budget,
    ShareMountOptions options,
    Entry.Defaults defaults,
    SpaceGuard space,
    Inodes inodes,
    Flusher flusher,
    ExecutorService ranges,
    ExecutorService reads,
    FailureSink failures,
    Consumer<OpenFile> closer) {

  /** Told once of each file whose bytes will not be saved by this mount. */
  @FunctionalInterface
  public interface FailureSink {
    void failed(OpenFile file, String path, long bytes, FsException reason);
  }
}
