package io.batchmount.blob.store;

import io.batchmount.core.FsException;
import java.util.Map;
import java.util.Optional;

/**
 * What accounts with a hierarchical namespace do in one step, where flat ones need many: their
 * directories are objects of their own, which exist without anything in them. Paths are blob names.
 * Same rules for retries and errors as {@link BlobStore}; thread-safe.
 */
public interface HierarchicalOperations {
  /**
   * Makes a directory and those above it that are missing.
   *
   * @param metadata of the directory; {@code hdi_isfolder} goes without saying
   * @throws FsException EEXIST
   */
  BlobProperties createDirectory(String directory, Map<String, String> metadata) throws FsException;

  /**
   * Deletes a directory that is empty.
   *
   * @throws FsException ENOTEMPTY, ENOENT
   */
  void deleteDirectory(String directory) throws FsException;

  /**
   * Renames a file, or a directory with all that is in it. Nobody ever sees both names or none.
   *
   * @param sourceIfMatch version of the source that is meant; files only
   * @param target condition on the target; with {@link WriteCondition#ANY} a file is replaced
   * @return properties under the new name
   * @throws FsException ENOENT: no source, or no parent of the target; EEXIST; ESTALE: the source
   *     has another version by now
   */
  BlobProperties rename(
      String source, Optional<String> sourceIfMatch, String target, WriteCondition targetCondition)
      throws FsException;
}
