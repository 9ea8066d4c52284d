package io.batchmount.launcher.outputs;

/** A file became another one while it was uploaded. */
final class FileChangedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean replaced;

  private FileChangedException(String message, boolean replaced) {
    super(message);
    this.replaced = replaced;
  }

  static FileChangedException shorter() {
    return new FileChangedException("the file became shorter while it was uploaded", false);
  }

  static FileChangedException replaced() {
    return new FileChangedException("the file was replaced while it was uploaded", true);
  }

  /** Whether another file stands in its place, which can be uploaded from its beginning. */
  boolean isReplaced() {
    return replaced;
  }
}
