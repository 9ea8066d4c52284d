package io.batchmount.core;

/** Takes the entries of a directory as they arrive from the store. */
@FunctionalInterface
public interface DirectorySink {
  /**
   * Takes one entry.
   *
   * @return false when no more are wanted: the listing should end
   */
  boolean accept(DirectoryEntry entry) throws FsException;
}
