package io.batchmount.blob.read;

import io.batchmount.core.FsException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The content of a blob that this mount deletes while it is open: a local file without a name, gone
 * with the last handle that reads it. Thread-safe.
 */
final class Spill {
  /** How much is copied at once. */
  private static final int STEP = 1 << 20;

  /** Reads a part of the blob. */
  @FunctionalInterface
  interface Source {
    int read(ByteBuffer target, long offset) throws FsException;
  }

  private final FileChannel channel;
  private final AtomicInteger users = new AtomicInteger();

  private Spill(FileChannel channel) {
    this.channel = channel;
  }

  /** Copies all of a blob. */
  static Spill of(Source source, long size) throws IOException {
    Path file = Files.createTempFile("batchmount-open-", ".blob");
    FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE);
    boolean good = false;
    try {
      Files.deleteIfExists(file); // nobody else needs to find it
      ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(STEP, Math.max(1, size)));
      long at = 0;
      while (at < size) {
        buffer.clear();
        source.read(buffer, at);
        buffer.flip();
        if (!buffer.hasRemaining()) {
          throw new IOException("the blob ended early");
        }
        while (buffer.hasRemaining()) {
          at += channel.write(buffer, at);
        }
      }
      good = true;
      return new Spill(channel);
    } finally {
      if (!good) {
        channel.close();
      }
    }
  }

  void retain() {
    users.incrementAndGet();
  }

  void release() {
    if (users.decrementAndGet() == 0) {
      try {
        channel.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  int read(ByteBuffer target, long offset) throws IOException {
    int done = 0;
    while (target.hasRemaining()) {
      int got = channel.read(target, offset + done);
      if (got < 0) {
        break;
      }
      done += got;
    }
    return done;
  }
}
