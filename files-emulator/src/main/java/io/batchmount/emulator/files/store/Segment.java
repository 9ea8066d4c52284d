package io.batchmount.emulator.files.store;

import java.io.EOFException;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file of pages. It may be deleted while answers still read from it: the channel is closed once
 * nothing refers to the segment any more. Thread-safe.
 */
final class Segment {
  private static final Logger LOG = LoggerFactory.getLogger(Segment.class);

  /**
   * Bytes written by one call: the JDK keeps a buffer outside the heap as large as the largest
   * write for every thread.
   */
  private static final int PIECE = 256 * 1024;

  private static final Cleaner CLEANER = Cleaner.create();

  private final int id;
  private final Path file;
  private final FileChannel channel;
  private final Cleaner.Cleanable closing;

  private Segment(int id, Path file, FileChannel channel) {
    this.id = id;
    this.file = file;
    this.channel = channel;
    this.closing = CLEANER.register(this, () -> close(channel));
  }

  static Segment open(int id, Path file) throws IOException {
    return new Segment(
        id,
        file,
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE));
  }

  private static void close(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      LOG.warn("cannot close a segment", e);
    }
  }

  int id() {
    return id;
  }

  Path file() {
    return file;
  }

  long size() throws IOException {
    return channel.size();
  }

  void write(long position, ByteBuffer bytes) throws IOException {
    long at = position;
    int end = bytes.limit();
    while (bytes.position() < end) {
      bytes.limit(Math.min(end, bytes.position() + PIECE));
      at += channel.write(bytes, at);
    }
  }

  void read(long position, byte[] dst, int offset, int length) throws IOException {
    ByteBuffer into = ByteBuffer.wrap(dst, offset, length);
    long at = position;
    while (into.hasRemaining()) {
      int n = channel.read(into, at);
      if (n < 0) {
        throw new EOFException("segment " + file + " ends before " + (position + length));
      }
      at += n;
    }
  }

  /** Closes the file now: nothing may be read any more. */
  void close() {
    closing.clean();
  }
}
