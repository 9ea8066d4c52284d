package io.batchmount.files;

import io.batchmount.core.Caller;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FileSystem;
import io.batchmount.core.FsException;
import io.batchmount.core.OpenOptions;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Short ways to use a file system in tests. */
final class Files4Test {
  private Files4Test() {}

  static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  static FileHandle create(FileSystem fs, String path, OpenOptions how) throws FsException {
    return fs.create(path, 0644, Caller.ROOT, how);
  }

  static void put(FileSystem fs, String path, String content) throws FsException {
    try (FileHandle handle = create(fs, path, OpenOptions.WRITE.withTruncate())) {
      handle.write(bytes(content), 0);
      handle.flush();
    }
  }

  static void append(FileSystem fs, String path, String content) throws FsException {
    try (FileHandle handle = create(fs, path, OpenOptions.APPEND)) {
      handle.write(bytes(content), 0);
      handle.flush();
    }
  }

  static String get(FileSystem fs, String path) throws FsException {
    try (FileHandle handle = fs.open(path, OpenOptions.READ)) {
      return read(handle, 8 << 20);
    }
  }

  static String read(FileHandle handle, int limit) throws FsException {
    ByteBuffer target = ByteBuffer.allocate(limit);
    handle.read(target, 0);
    return new String(target.array(), 0, target.position(), StandardCharsets.UTF_8);
  }
}
