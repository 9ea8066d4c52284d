package io.batchmount.core.journal;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A journal as {@code recover --list} and {@code status} show it, read without changing anything.
 *
 * @param directory where it lies
 * @param identity what its data belongs to
 * @param locked whether a living process works with it
 * @param entries unsaved files and unfinished steps
 */
public record JournalSummary(
    Path directory, JournalIdentity identity, boolean locked, List<Entry> entries) {
  public JournalSummary {
    entries = List.copyOf(entries);
  }

  /**
   * One unsaved file or unfinished step.
   *
   * @param id name of the entry within its journal
   * @param path path below the mount point
   * @param operation what is to be done
   * @param state {@link JournalEntry.State#FAILED} once it could not be done
   * @param failure why, when it failed
   * @param since when it began
   * @param dirtyBytes bytes that wait
   * @param size size that the file will have
   */
  public record Entry(
      String id,
      String path,
      String operation,
      JournalEntry.State state,
      Optional<String> failure,
      Instant since,
      long dirtyBytes,
      long size) {}
}
