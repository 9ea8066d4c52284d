package io.batchmount.core.fuse;

import io.batchmount.core.FileSystem;
import io.batchmount.core.PendingData;
import io.batchmount.core.testkit.ForwardingFileSystem;
import java.time.Duration;
import java.util.function.Consumer;

/** A file system that cannot save everything, and one to override parts of. */
class Draining extends ForwardingFileSystem {
  private final PendingData left;

  Draining(FileSystem inner, PendingData left) {
    super(inner);
    this.left = left;
  }

  @Override
  public PendingData pending() {
    return left;
  }

  @Override
  public PendingData drain(Duration timeout, Consumer<PendingData> progress) {
    progress.accept(left);
    return left;
  }
}
