package io.batchmount.core.testkit;

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
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** Passes everything on to another file system; tests override what they want otherwise. */
public class ForwardingFileSystem implements FileSystem {
  private final FileSystem inner;

  /** In front of that one, which is closed with this. */
  public ForwardingFileSystem(FileSystem inner) {
    this.inner = inner;
  }

  @Override
  public String name() {
    return inner.name();
  }

  @Override
  public FileAttributes getAttributes(String path) throws FsException {
    return inner.getAttributes(path);
  }

  @Override
  public void setAttributes(String path, AttributeChange change) throws FsException {
    inner.setAttributes(path, change);
  }

  @Override
  public void truncate(String path, long size) throws FsException {
    inner.truncate(path, size);
  }

  @Override
  public void readDirectory(String path, DirectorySink sink) throws FsException {
    inner.readDirectory(path, sink);
  }

  @Override
  public void makeDirectory(String path, int permissions, Caller caller) throws FsException {
    inner.makeDirectory(path, permissions, caller);
  }

  @Override
  public void removeDirectory(String path) throws FsException {
    inner.removeDirectory(path);
  }

  @Override
  public void unlink(String path) throws FsException {
    inner.unlink(path);
  }

  @Override
  public void rename(String from, String to, RenameMode mode) throws FsException {
    inner.rename(from, to, mode);
  }

  @Override
  public void makeSymlink(String path, String target, Caller caller) throws FsException {
    inner.makeSymlink(path, target, caller);
  }

  @Override
  public String readSymlink(String path) throws FsException {
    return inner.readSymlink(path);
  }

  @Override
  public void makeHardLink(String existing, String path) throws FsException {
    inner.makeHardLink(existing, path);
  }

  @Override
  public FileHandle open(String path, OpenOptions options) throws FsException {
    return inner.open(path, options);
  }

  @Override
  public FileHandle create(String path, int permissions, Caller caller, OpenOptions options)
      throws FsException {
    return inner.create(path, permissions, caller, options);
  }

  @Override
  public byte[] getXattr(String path, String name) throws FsException {
    return inner.getXattr(path, name);
  }

  @Override
  public void setXattr(String path, String name, byte[] value, XattrMode mode) throws FsException {
    inner.setXattr(path, name, value, mode);
  }

  @Override
  public List<String> listXattrs(String path) throws FsException {
    return inner.listXattrs(path);
  }

  @Override
  public void removeXattr(String path, String name) throws FsException {
    inner.removeXattr(path, name);
  }

  @Override
  public FileSystemUsage usage() throws FsException {
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
}
