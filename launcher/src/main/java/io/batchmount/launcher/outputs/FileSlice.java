package io.batchmount.launcher.outputs;

import com.azure.core.util.BinaryData;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * A part of a file on its way. Without bytes of its own it is sent from the file directly, so that
 * data need not pass through this program's memory; with them (a checksum was taken of them) just
 * these are sent. Thread-safe.
 */
final class FileSlice {
  private final Path file;
  private final long offset;
  private final int length;
  private final Optional<byte[]> bytes;

  private FileSlice(Path file, long offset, int length, Optional<byte[]> bytes) {
    this.file = file;
    this.offset = offset;
    this.length = length;
    this.bytes = bytes;
  }

  static FileSlice ofFile(Path file, long offset, int length) {
    return new FileSlice(file, offset, length, Optional.empty());
  }

  static FileSlice ofBytes(Path file, long offset, byte[] bytes) {
    return new FileSlice(file, offset, bytes.length, Optional.of(bytes));
  }

  long offset() {
    return offset;
  }

  int length() {
    return length;
  }

  /** For clients that can send from a file; can be sent several times. */
  BinaryData data() {
    if (length == 0) {
      return BinaryData.fromBytes(new byte[0]);
    }
    return bytes
        .map(BinaryData::fromBytes)
        .orElseGet(() -> BinaryData.fromFile(file, offset, (long) length));
  }

  /** For clients that cannot. */
  byte[] bytes() {
    return bytes.orElseGet(
        () -> {
          try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return read(channel, offset, length);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  /**
   * Reads a part.
   *
   * @throws FileChangedException if the file ends before it
   */
  static byte[] read(FileChannel channel, long offset, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, offset + buffer.position()) < 0) {
        throw FileChangedException.shorter();
      }
    }
    return buffer.array();
  }
}
