package io.batchmount.core;

import java.util.List;

/**
 * What has been written through a file system and is not yet in the service.
 *
 * @param files files with data or changes on their way
 * @param bytes bytes that wait
 * @param failed files whose upload failed and whose data is kept in the journal, with the reason
 */
public record PendingData(int files, long bytes, List<FailedFile> failed) {

  /** Nothing waits and nothing failed. */
  public static final PendingData NONE = new PendingData(0, 0, List.of());

  public PendingData {
    failed = List.copyOf(failed);
  }

  /** True when all that was written is in the service. */
  public boolean isClean() {
    return files == 0 && failed.isEmpty();
  }

  /**
   * A file whose data could not be saved.
   *
   * @param path path below the mount point, beginning with {@code /}
   * @param bytes bytes kept in the journal
   * @param reason one sentence
   */
  public record FailedFile(String path, long bytes, String reason) {}
}
