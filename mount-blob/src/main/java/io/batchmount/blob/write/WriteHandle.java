package io.batchmount.blob.write;

import io.batchmount.core.AttributeChange;
import io.batchmount.core.Errno;
import io.batchmount.core.FileAttributes;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FsException;
import io.batchmount.core.OpenOptions;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * One open of a file whose state is shared. Once an upload failed while it was open, every later
 * write, flush and fsync says so. Thread-safe.
 */
final class WriteHandle implements FileHandle {
  private final WriteContext context;
  private final OpenFile file;
  private final OpenOptions options;
  private volatile Optional<FsException> latched = Optional.empty();

  WriteHandle(WriteContext context, OpenFile file, OpenOptions options) {
    this.context = context;
    this.file = file;
    this.options = options;
    file.add(this);
  }

  boolean isWriter() {
    return options.write();
  }

  void latch(FsException failure) {
    if (options.write() && latched.isEmpty()) {
      latched = Optional.of(failure);
    }
  }

  @Override
  public FileAttributes attributes() {
    return file.attributes();
  }

  @Override
  public int read(ByteBuffer target, long offset) throws FsException {
    return file.read(target, offset);
  }

  @Override
  public int write(ByteBuffer source, long offset) throws FsException {
    checkWritable();
    int length = file.write(source, offset, options.append());
    if (options.sync()) {
      file.commit();
    }
    return length;
  }

  /** After a write the next open drops all pages: they would be of another version. */
  @Override
  public boolean writesPastPageCache() {
    // for such a file the kernel forces what it wrote by way of its pages
    return options.write() && !options.read() && !options.sync();
  }

  @Override
  public void truncate(long size) throws FsException {
    if (size < 0) {
      throw new FsException(Errno.EINVAL, file.path() + ": the size is negative");
    }
    checkWritable();
    file.truncate(size);
  }

  @Override
  public void setAttributes(AttributeChange change) throws FsException {
    file.changeMetadata((metadata, type) -> AttributeCodec.changed(metadata, type, change));
  }

  @Override
  public void flush() throws FsException {
    throwLatched();
    if (!options.write() && !file.isNew()) {
      return; // a reader saves nothing for the writers
    }
    if (!file.waitsForCommit()) {
      return;
    }
    if (context.options().writeBack()) {
      file.force();
      context.background().soon(file);
    } else {
      file.commit();
    }
  }

  @Override
  public void fsync(boolean dataOnly) throws FsException {
    throwLatched();
    file.commit();
  }

  @Override
  public void close() throws FsException {
    try (PathLocks.Held held = context.locks().lock(file.path())) {
      if (!file.remove(this)) {
        return;
      }
      if (file.isNameless()) {
        file.discard();
      } else if (file.waitsForCommit()) {
        context.background().soon(file);
      } else {
        context.files().remove(file.path(), file);
      }
    }
  }

  private void checkWritable() throws FsException {
    if (!options.write()) {
      throw new FsException(Errno.EBADF, file.path() + ": not open for writing");
    }
    throwLatched();
  }

  private void throwLatched() throws FsException {
    if (latched.isPresent()) {
      FsException first = latched.get();
      throw FsException.ofService(
          first.errno(), first.getMessage(), first.serviceCode(), first.requestId(), first);
    }
  }
}
