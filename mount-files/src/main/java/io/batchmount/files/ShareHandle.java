package io.batchmount.files;

import io.batchmount.core.AttributeChange;
import io.batchmount.core.Errno;
import io.batchmount.core.FileAttributes;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FsException;
import io.batchmount.core.OpenOptions;
import io.batchmount.files.write.FileReader;
import io.batchmount.files.write.OpenFile;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** One descriptor of an open file. Thread-safe. */
final class ShareHandle implements FileHandle {
  private final ShareFileSystem fileSystem;
  private final OpenFile file;
  private final OpenOptions options;
  private final FileReader reader;
  private final boolean keepPages;
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile Optional<FsException> latched = Optional.empty();

  ShareHandle(
      ShareFileSystem fileSystem,
      OpenFile file,
      OpenOptions options,
      FileReader reader,
      boolean keepPages) {
    this.fileSystem = fileSystem;
    this.file = file;
    this.options = options;
    this.reader = reader;
    this.keepPages = keepPages;
  }

  @Override
  public FileAttributes attributes() throws FsException {
    return fileSystem.attributes(file);
  }

  @Override
  public int read(ByteBuffer target, long offset) throws FsException {
    if (!options.read()) {
      throw new FsException(Errno.EBADF, file.path() + ": not open for reading");
    }
    if (offset < 0) {
      throw new FsException(Errno.EINVAL, file.path() + ": negative offset");
    }
    return reader.read(file, target, offset);
  }

  @Override
  public int write(ByteBuffer source, long offset) throws FsException {
    checkWritable(Errno.EBADF);
    if (offset < 0) {
      throw new FsException(Errno.EINVAL, file.path() + ": negative offset");
    }
    return latching(
        () -> {
          int count = file.write(source, offset, options.append());
          if (options.sync()) {
            file.flush();
          }
          return count;
        });
  }

  @Override
  public void truncate(long size) throws FsException {
    checkWritable(Errno.EINVAL);
    ShareFileSystem.checkSize(file.path(), size);
    latching(
        () -> {
          file.truncate(size);
          return 0;
        });
  }

  @Override
  public void setAttributes(AttributeChange change) throws FsException {
    fileSystem.checkNotReadOnly(file.path());
    file.setAttributes(change);
  }

  @Override
  public void flush() throws FsException {
    if (options.write() || file.isPending()) { // O_CREAT makes a file for a reader too
      latching(
          () -> {
            if (file.isUnsaved() || file.failure().isPresent()) {
              file.flush();
            }
            return 0;
          });
    }
  }

  @Override
  public void fsync(boolean dataOnly) throws FsException {
    flush();
  }

  @Override
  public boolean keepsPageCache() {
    return keepPages;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      fileSystem.release(file);
    }
  }

  private void checkWritable(Errno errno) throws FsException {
    if (!options.write()) {
      throw new FsException(errno, file.path() + ": not open for writing");
    }
  }

  private interface Step {
    int run() throws FsException;
  }

  /** Runs a step of writing; once one failed, every later one on this handle reports it. */
  private int latching(Step step) throws FsException {
    Optional<FsException> earlier = latched;
    if (earlier.isPresent()) {
      FsException first = earlier.get();
      throw FsException.ofService(
          first.errno(), first.getMessage(), first.serviceCode(), first.requestId(), first);
    }
    try {
      return step.run();
    } catch (FsException e) {
      if (e.errno() != Errno.EINTR && e.errno() != Errno.EFBIG) {
        latched = Optional.of(e);
      }
      throw e;
    }
  }
}
