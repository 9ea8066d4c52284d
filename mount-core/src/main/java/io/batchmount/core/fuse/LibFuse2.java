package io.batchmount.core.fuse;

import jnr.ffi.Pointer;
import jnr.ffi.annotations.Out;
import jnr.ffi.types.size_t;

/** What of libfuse 2's high-level interface (fuse.h, version 26) jnr-fuse does not offer. */
public interface LibFuse2 {
  /**
   * Mounts. Of the ways in, this one has no older version of its name in the library that a look-up
   * by name alone would find.
   *
   * @param mountPoint receives a copy of the mount point, for {@link #fuse_teardown}
   * @param multithreaded receives whether {@code -s} was absent
   * @return the address of a {@code struct fuse}, null on failure
   */
  Pointer fuse_setup(
      int argumentCount,
      Pointer arguments,
      Pointer operations,
      @size_t long size,
      @Out Pointer[] mountPoint,
      @Out int[] multithreaded,
      Pointer data);

  /** Answers requests in the calling thread until the mount ends; several threads may call it. */
  int fuse_loop(Pointer fuse);

  /** Unmounts what is still mounted and frees everything. */
  void fuse_teardown(Pointer fuse, Pointer mountPoint);

  /** Whether the request of the calling thread was interrupted. */
  int fuse_interrupted();
}
