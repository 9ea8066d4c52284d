package io.batchmount.launcher.outputs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.TimeUnit;

/**
 * What tells one state of a file from another without reading it.
 *
 * @param size bytes
 * @param modifiedNanos time of the last change since 1970, in nanoseconds
 * @param key device and inode as the platform writes them
 */
record FileVersion(long size, long modifiedNanos, String key) {
  static FileVersion of(Path file) throws IOException {
    BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
    return new FileVersion(
        attributes.size(),
        attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS),
        String.valueOf(attributes.fileKey()));
  }

  /** The part of the key that all files of one file system share. */
  String device() {
    int inode = key.indexOf(",ino=");
    return inode < 0 ? key : key.substring(0, inode);
  }
}
