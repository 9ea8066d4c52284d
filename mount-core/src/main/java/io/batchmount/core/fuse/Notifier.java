package io.batchmount.core.fuse;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the kernel what it could not know (linux/fuse.h, {@code FUSE_NOTIFY_*}). Thread-safe. */
final class Notifier {
  private static final Logger LOG = LoggerFactory.getLogger(Notifier.class);
  private static final int INVAL_INODE = 2;
  private static final int BYTES = FuseProtocol.OUT_HEADER_BYTES + 24;

  private final int device;
  private final ThreadLocal<ByteBuffer> messages =
      ThreadLocal.withInitial(
          () -> ByteBuffer.allocateDirect(BYTES).order(ByteOrder.nativeOrder()));

  /**
   * @param device descriptor of {@code /dev/fuse}
   */
  Notifier(int device) {
    this.device = device;
  }

  /**
   * Drops the pages of a part of a file. Returns when they are gone; waits for those that are being
   * read, so no lock may be held that a read needs.
   */
  void dropPages(long nodeId, long offset, long length) {
    ByteBuffer message = messages.get().clear();
    message.putInt(BYTES).putInt(INVAL_INODE).putLong(0); // a notification answers no request
    message.putLong(nodeId).putLong(offset).putLong(length);
    if (Native.libc().write(device, Native.address(message), BYTES) < 0) {
      int error = Native.errno();
      // ENOENT: the kernel has forgotten the file; ENODEV: unmounted meanwhile
      if (error != Native.ENOENT && error != Native.ENODEV) {
        LOG.warn("pages of a file were not dropped: {}", Native.describe(error));
      }
    }
  }
}
