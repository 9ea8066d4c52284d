package io.batchmount.core.memory;

import io.batchmount.core.FsException;
import java.util.Objects;

/** Is asked before each operation of an {@link InterceptedFileSystem}. Must be thread-safe. */
@FunctionalInterface
public interface OperationInterceptor {
  /**
   * Waits, counts, or fails the operation before anything was done.
   *
   * @param operation what is about to be done
   * @param path of the file; for handles the path that was opened
   */
  void before(Operation operation, String path) throws FsException;

  /** This one first, then another. */
  default OperationInterceptor then(OperationInterceptor next) {
    Objects.requireNonNull(next);
    return (operation, path) -> {
      before(operation, path);
      next.before(operation, path);
    };
  }
}
