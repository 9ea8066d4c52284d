package io.batchmount.core.memory;

import io.batchmount.core.AttributeChange;
import io.batchmount.core.Caller;
import io.batchmount.core.DirectorySink;
import io.batchmount.core.FileAttributes;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FileSystem;
import io.batchmount.core.FileSystemUsage;
import io.batchmount.core.FsException;
import io.batchmount.core.OpenOptions;
import io.batchmount.core.PendingData;
import io.batchmount.core.RenameMode;
import io.batchmount.core.XattrMode;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** Any file system with an interceptor before each of its operations. */
public final class InterceptedFileSystem implements FileSystem {
  private final FileSystem inner;
  private final OperationInterceptor interceptor;

  public InterceptedFileSystem(FileSystem inner, OperationInterceptor interceptor) {
    this.inner = inner;
    this.interceptor = interceptor;
  }

  @Override
  public String name() {
    return inner.name();
  }

  @Override
  public FileAttributes getAttributes(String path) throws FsException {
    interceptor.before(Operation.GET_ATTRIBUTES, path);
    return inner.getAttributes(path);
  }

  @Override
  public void setAttributes(String path, AttributeChange change) throws FsException {
    interceptor.before(Operation.SET_ATTRIBUTES, path);
    inner.setAttributes(path, change);
  }

  @Override
  public void truncate(String path, long size) throws FsException {
    interceptor.before(Operation.TRUNCATE, path);
    inner.truncate(path, size);
  }

  @Override
  public void readDirectory(String path, DirectorySink sink) throws FsException {
    interceptor.before(Operation.READ_DIRECTORY, path);
    inner.readDirectory(path, sink);
  }

  @Override
  public void makeDirectory(String path, int permissions, Caller caller) throws FsException {
    interceptor.before(Operation.MAKE_DIRECTORY, path);
    inner.makeDirectory(path, permissions, caller);
  }

  @Override
  public void removeDirectory(String path) throws FsException {
    interceptor.before(Operation.REMOVE_DIRECTORY, path);
    inner.removeDirectory(path);
  }

  @Override
  public void unlink(String path) throws FsException {
    interceptor.before(Operation.UNLINK, path);
    inner.unlink(path);
  }

  @Override
  public void rename(String from, String to, RenameMode mode) throws FsException {
    interceptor.before(Operation.RENAME, from);
    inner.rename(from, to, mode);
  }

  @Override
  public void makeSymlink(String path, String target, Caller caller) throws FsException {
    interceptor.before(Operation.MAKE_SYMLINK, path);
    inner.makeSymlink(path, target, caller);
  }

  @Override
  public String readSymlink(String path) throws FsException {
    interceptor.before(Operation.READ_SYMLINK, path);
    return inner.readSymlink(path);
  }

  @Override
  public void makeHardLink(String existing, String path) throws FsException {
    interceptor.before(Operation.MAKE_HARD_LINK, path);
    inner.makeHardLink(existing, path);
  }

  @Override
  public FileHandle open(String path, OpenOptions options) throws FsException {
    interceptor.before(Operation.OPEN, path);
    return new Handle(path, inner.open(path, options));
  }

  @Override
  public FileHandle create(String path, int permissions, Caller caller, OpenOptions options)
      throws FsException {
    interceptor.before(Operation.CREATE, path);
    return new Handle(path, inner.create(path, permissions, caller, options));
  }

  @Override
  public byte[] getXattr(String path, String name) throws FsException {
    interceptor.before(Operation.GET_XATTR, path);
    return inner.getXattr(path, name);
  }

  @Override
  public void setXattr(String path, String name, byte[] value, XattrMode mode) throws FsException {
    interceptor.before(Operation.SET_XATTR, path);
    inner.setXattr(path, name, value, mode);
  }

  @Override
  public List<String> listXattrs(String path) throws FsException {
    interceptor.before(Operation.LIST_XATTRS, path);
    return inner.listXattrs(path);
  }

  @Override
  public void removeXattr(String path, String name) throws FsException {
    interceptor.before(Operation.REMOVE_XATTR, path);
    inner.removeXattr(path, name);
  }

  @Override
  public FileSystemUsage usage() throws FsException {
    interceptor.before(Operation.USAGE, "/");
    return inner.usage();
  }

  @Override
  public PendingData pending() {
    return inner.pending();
  }

  @Override
  public PendingData drain(Duration timeout, Consumer<PendingData> progress) throws FsException {
    return inner.drain(timeout, progress);
  }

  @Override
  public void close() throws FsException {
    inner.close();
  }

  private final class Handle implements FileHandle {
    private final String path;
    private final FileHandle handle;

    Handle(String path, FileHandle handle) {
      this.path = path;
      this.handle = handle;
    }

    @Override
    public FileAttributes attributes() throws FsException {
      interceptor.before(Operation.GET_ATTRIBUTES, path);
      return handle.attributes();
    }

    @Override
    public int read(ByteBuffer target, long offset) throws FsException {
      interceptor.before(Operation.READ, path);
      return handle.read(target, offset);
    }

    @Override
    public int write(ByteBuffer source, long offset) throws FsException {
      interceptor.before(Operation.WRITE, path);
      return handle.write(source, offset);
    }

    @Override
    public void truncate(long size) throws FsException {
      interceptor.before(Operation.TRUNCATE, path);
      handle.truncate(size);
    }

    @Override
    public void setAttributes(AttributeChange change) throws FsException {
      interceptor.before(Operation.SET_ATTRIBUTES, path);
      handle.setAttributes(change);
    }

    @Override
    public void flush() throws FsException {
      interceptor.before(Operation.FLUSH, path);
      handle.flush();
    }

    @Override
    public void fsync(boolean dataOnly) throws FsException {
      interceptor.before(Operation.FSYNC, path);
      handle.fsync(dataOnly);
    }

    @Override
    public boolean keepsPageCache() {
      return handle.keepsPageCache();
    }

    @Override
    public boolean wantsDirectIo() {
      return handle.wantsDirectIo();
    }

    @Override
    public boolean writesPastPageCache() {
      return handle.writesPastPageCache();
    }

    @Override
    public void close() throws FsException {
      try {
        interceptor.before(Operation.CLOSE, path);
      } finally {
        handle.close();
      }
    }
  }
}
