package io.batchmount.core.memory;

import io.batchmount.core.AttributeChange;
import io.batchmount.core.Errno;
import io.batchmount.core.FileAttributes;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FsException;
import io.batchmount.core.OpenOptions;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicBoolean;

/** An open file of the in-memory file system: holds the node, so it outlives the name. */
final class MemoryFileHandle implements FileHandle {
  private final MemoryNode node;
  private final OpenOptions options;
  private final InstantSource clock;
  private final boolean keepsPageCache;
  private final AtomicBoolean closed = new AtomicBoolean();

  MemoryFileHandle(MemoryNode node, OpenOptions options, InstantSource clock) {
    this.node = node;
    this.options = options;
    this.clock = clock;
    this.keepsPageCache = node.opened();
  }

  @Override
  public FileAttributes attributes() {
    return node.attributes();
  }

  @Override
  public int read(ByteBuffer target, long offset) throws FsException {
    checkOpen();
    if (offset < 0) {
      throw new FsException(Errno.EINVAL, "negative offset");
    }
    return node.content.read(target, offset);
  }

  @Override
  public int write(ByteBuffer source, long offset) throws FsException {
    checkWritable();
    if (offset < 0) {
      throw new FsException(Errno.EINVAL, "negative offset");
    }
    int count = node.content.write(source, offset, options.append());
    node.modified(clock.instant());
    return count;
  }

  @Override
  public void truncate(long size) throws FsException {
    checkWritable();
    node.content.truncate(size);
    node.modified(clock.instant());
  }

  @Override
  public void setAttributes(AttributeChange change) {
    node.change(change, clock.instant());
  }

  @Override
  public void flush() throws FsException {
    checkOpen();
  }

  @Override
  public void fsync(boolean dataOnly) throws FsException {
    checkOpen();
  }

  @Override
  public boolean keepsPageCache() {
    return keepsPageCache;
  }

  @Override
  public boolean wantsDirectIo() {
    return options.direct();
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      node.closed();
    }
  }

  private void checkOpen() throws FsException {
    if (closed.get()) {
      throw new FsException(Errno.EBADF, "the file handle is closed");
    }
  }

  private void checkWritable() throws FsException {
    checkOpen();
    if (!options.write()) {
      throw new FsException(Errno.EBADF, "the file was not opened for writing");
    }
  }
}
