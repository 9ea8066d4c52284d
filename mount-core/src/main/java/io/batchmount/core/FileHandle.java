package io.batchmount.core;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * An open file. All methods may be called by several threads at once.
 *
 * <p>Errors of writing are latched: once data of a handle could not be saved, every later write,
 * flush and fsync reports it.
 */
public interface FileHandle extends AutoCloseable {
  /** Attributes as this handle sees them, its own unsaved writes included ({@code fstat(2)}). */
  FileAttributes attributes() throws FsException;

  /**
   * Reads at an offset until the buffer is full or the file ends.
   *
   * @return bytes put into {@code target}; fewer than its room only at the end of the file
   */
  int read(ByteBuffer target, long offset) throws FsException;

  /**
   * Reads as {@link #read} does, without a copy, where the bytes lie in memory that can be held.
   *
   * @param most how many bytes are wanted
   * @return empty when {@link #read} has to be used; no bytes at the end of the file
   */
  default Optional<HeldBytes> readHeld(long offset, int most) throws FsException {
    return Optional.empty();
  }

  /**
   * Writes all of the buffer at an offset; with {@code O_APPEND} the offset is not regarded and the
   * bytes go to the end of the file.
   *
   * @return the number of bytes taken, always all
   */
  int write(ByteBuffer source, long offset) throws FsException;

  /** {@code ftruncate(2)}. */
  void truncate(long size) throws FsException;

  /** {@code fchmod}, {@code fchown}, {@code futimens}; works after the name was unlinked. */
  void setAttributes(AttributeChange change) throws FsException;

  /**
   * Called at each {@code close(2)} of a descriptor of this handle: returns when what was written
   * is durable, or throws.
   */
  void flush() throws FsException;

  /**
   * Returns when what was written is durable, or throws.
   *
   * @param dataOnly {@code fdatasync(2)}
   */
  void fsync(boolean dataOnly) throws FsException;

  /**
   * Whether pages that the kernel kept from earlier opens are still right (FUSE keep_cache). Not
   * asked where there is a {@link #version}.
   */
  default boolean keepsPageCache() {
    return false;
  }

  /**
   * The version (an ETag) that this handle reads; empty when it follows the file, as handles that
   * write do. Handles of two versions, or of one version and a writer, never share a node of the
   * kernel, so that neither sees pages or the size of the other; pages are kept from one open to
   * the next while the version is the same. While it is present, {@link #attributes} tells of that
   * version and is as cheap as this: both are called for each look-up of an open file, and must
   * neither make a request nor wait for a lock that is held during one.
   */
  default Optional<String> version() {
    return Optional.empty();
  }

  /** Whether the kernel must not cache pages of this handle at all (FUSE direct_io). */
  default boolean wantsDirectIo() {
    return false;
  }

  /**
   * Whether what is written through this handle should go past the kernel's page cache, where the
   * kernel can do so without harm. For handles that only write, of files whose pages are dropped
   * after a write in any case: to make these pages costs more than to pass the bytes on.
   */
  default boolean writesPastPageCache() {
    return false;
  }

  /**
   * The last descriptor is gone (FUSE RELEASE). Nobody reads an error of this call: what matters
   * has been told by {@link #flush}.
   */
  @Override
  void close() throws FsException;
}
