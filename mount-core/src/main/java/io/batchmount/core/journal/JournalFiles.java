package io.batchmount.core.journal;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.Set;

/** Private files: made readable for their owner alone, errors told with errno and directory. */
final class JournalFiles {
  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_FILE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_DIRECTORY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private JournalFiles() {}

  static void makeDirectories(Path directory) throws IOException {
    Files.createDirectories(directory, PRIVATE_DIRECTORY);
  }

  static void makeDirectory(Path directory) throws IOException {
    Files.createDirectory(directory, PRIVATE_DIRECTORY);
  }

  static FileChannel open(Path file, OpenOption... options) throws IOException {
    return FileChannel.open(file, Set.of(options), PRIVATE_FILE);
  }

  /** Puts a file in place as a whole, so that no reader ever sees half of it. */
  static void replace(Path file, byte[] content, boolean durable) throws IOException {
    Path temporary = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(temporary);
    writeNew(temporary, content, durable);
    try {
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      throw new IOException("the journal needs a file system with atomic rename", e);
    }
  }

  /** Adds to a file; a process killed meanwhile leaves a part of it at the end. */
  static void append(Path file, byte[] content) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
      ByteBuffer source = ByteBuffer.wrap(content);
      while (source.hasRemaining()) {
        channel.write(source);
      }
    }
  }

  /** Makes a new file with its whole content. */
  static void writeNew(Path file, byte[] content, boolean durable) throws IOException {
    try (FileChannel channel =
        open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      writeFully(channel, ByteBuffer.wrap(content), 0);
      if (durable) {
        channel.force(true);
      }
    } catch (FileAlreadyExistsException e) {
      throw e;
    } catch (IOException e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }

  static void writeFully(FileChannel channel, ByteBuffer source, long offset) throws IOException {
    long at = offset;
    while (source.hasRemaining()) {
      at += channel.write(source, at);
    }
  }

  /** Makes the names in a directory durable. */
  static void forceDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** The errno that stands behind an {@link IOException} of the JDK, with the directory named. */
  static FsException failure(Path directory, String doing, IOException cause) {
    if (cause instanceof FsException fs) {
      return fs;
    }
    String text = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
    if (text.contains("no space left")) {
      return new FsException(
          Errno.ENOSPC,
          "the journal directory " + directory + " is full while " + doing + "; free space there",
          cause);
    }
    if (text.contains("quota exceeded")) {
      return new FsException(
          Errno.ENOSPC,
          "the quota of the journal directory " + directory + " is used up while " + doing,
          cause);
    }
    return new FsException(
        Errno.EIO,
        "the journal directory " + directory + " failed while " + doing + ": " + cause,
        cause);
  }
}
