package io.batchmount.launcher.outputs;

/**
 * Told of the progress of uploads, from several threads. Everything is optional to override;
 * methods must return soon.
 */
public interface UploadListener {
  /** Hears nothing. */
  UploadListener NONE = new UploadListener() {};

  /**
   * A set of files is fixed and their upload begins.
   *
   * @param files how many
   * @param bytes of all of them, as far as is known now
   */
  default void started(int files, long bytes) {}

  /** Bytes were sent and confirmed. */
  default void sent(long bytes) {}

  /** A file is stored. */
  default void stored(UploadedFile file) {}

  /** A file or an entry failed. */
  default void failed(UploadError error) {}
}
