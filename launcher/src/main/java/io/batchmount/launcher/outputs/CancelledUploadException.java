package io.batchmount.launcher.outputs;

/** An upload was given up: time ran out, or a second request to end came. */
final class CancelledUploadException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CancelledUploadException(InterruptedException cause) {
    super("the upload was given up", cause);
  }
}
