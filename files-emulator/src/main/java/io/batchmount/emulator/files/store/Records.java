package io.batchmount.emulator.files.store;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * A file of records, each with its length and checksum in front. Appending is one write; a record
 * that is not complete ends the file for readers.
 */
final class Records implements AutoCloseable {
  private static final int HEAD = 8;

  /** No record is longer, in bytes: a larger length is damage. */
  private static final int MAX = 256 * 1024 * 1024;

  /** Takes the records of a file. */
  @FunctionalInterface
  interface Sink {
    void record(byte[] payload) throws IOException;
  }

  private final FileChannel channel;
  private long end;

  private Records(FileChannel channel, long end) {
    this.channel = channel;
    this.end = end;
  }

  /** Opens for appending at this length; what lies behind is cut off. */
  static Records append(Path file, long length) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (channel.size() > length) {
      channel.truncate(length);
    }
    return new Records(channel, length);
  }

  void add(byte[] payload) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(HEAD + payload.length);
    bytes.putInt(payload.length).putInt(checksum(payload)).put(payload).flip();
    long at = end;
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
    end = at;
  }

  long length() {
    return end;
  }

  void force() throws IOException {
    channel.force(false);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  private static int checksum(byte[] payload) {
    CRC32C crc = new CRC32C();
    crc.update(payload);
    return (int) crc.getValue();
  }

  /** Reads all complete records and returns how many bytes they take. */
  static long read(Path file, Sink sink) throws IOException {
    long good = 0;
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16))) {
      while (true) {
        byte[] payload;
        try {
          int length = in.readInt();
          int checksum = in.readInt();
          if (length < 0 || length > MAX) {
            return good;
          }
          payload = in.readNBytes(length);
          if (payload.length < length || checksum(payload) != checksum) {
            return good;
          }
        } catch (EOFException e) {
          return good;
        }
        sink.record(payload);
        good += HEAD + payload.length;
      }
    }
  }
}
