package io.batchmount.launcher.stream;

import io.batchmount.core.Errno;
import io.batchmount.core.FileAttributes;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FileSystem;
import io.batchmount.core.FsException;
import io.batchmount.core.OpenOptions;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Follows one file from an offset to the end of its job, as {@code tail -f} does: bytes are passed
 * on as they are, nothing is decoded. The job's end is asked for before a read, so that the read
 * after it brings everything.
 */
public final class FileFollower {
  /**
   * Between two looks: with a writer that sends each 500 ms and attributes that are believed for
   * 200 ms a line is shown within a second.
   */
  private static final Duration LOOK_EVERY = Duration.ofMillis(150);

  private static final int BUFFER_BYTES = 256 << 10;

  private final FileSystem fileSystem;
  private final String path;
  private final OutputStream target;
  private final BooleanSupplier jobIsOver;
  private final Consumer<String> messages;
  private long offset;
  private long inode;
  private Optional<FileAttributes> seen = Optional.empty();

  /**
   * @param fileSystem where the file is, or will be
   * @param path in it
   * @param offset where to begin
   * @param target takes the bytes; flushed after each piece
   * @param jobIsOver whether the job has ended
   * @param messages takes what is to be told to a person
   */
  public FileFollower(
      FileSystem fileSystem,
      String path,
      long offset,
      OutputStream target,
      BooleanSupplier jobIsOver,
      Consumer<String> messages) {
    this.fileSystem = fileSystem;
    this.path = path;
    this.offset = offset;
    this.target = target;
    this.jobIsOver = jobIsOver;
    this.messages = messages;
  }

  /**
   * Follows to the end.
   *
   * @return true when the file was there
   */
  public boolean follow() throws IOException, InterruptedException {
    boolean told = false;
    boolean found = false;
    while (true) {
      boolean over = jobIsOver.getAsBoolean();
      Optional<FileAttributes> attributes = look();
      if (attributes.isPresent()) {
        if (!found) {
          found = true;
          messages.accept("found " + path);
        }
        take(attributes.get(), over);
      } else if (!over && !told && !found) {
        told = true;
        messages.accept(path + " is not there yet; waiting for it");
      }
      if (over) {
        if (!found) {
          messages.accept("the job is over and " + path + " never came");
        }
        return found;
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_EVERY.toMillis());
    }
  }

  /** Where the next byte comes from. */
  public long offset() {
    return offset;
  }

  private Optional<FileAttributes> look() throws FsException {
    try {
      return Optional.of(fileSystem.getAttributes(path)).filter(FileAttributes::isRegular);
    } catch (FsException e) {
      if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private void take(FileAttributes attributes, boolean last) throws IOException {
    if (inode != 0 && attributes.inode() != 0 && attributes.inode() != inode) {
      messages.accept(path + " was replaced; it is shown from its beginning");
      offset = 0;
    } else if (attributes.size() < offset) {
      messages.accept(path + " was truncated; it is shown from its beginning");
      offset = 0;
    }
    inode = attributes.inode();
    boolean changed =
        seen.map(s -> s.size() != attributes.size() || !s.mtime().equals(attributes.mtime()))
            .orElse(true);
    if (!changed && !last && offset >= attributes.size()) {
      return;
    }
    try (FileHandle handle = fileSystem.open(path, OpenOptions.READ)) {
      ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
      while (true) {
        buffer.clear();
        int read = handle.read(buffer, offset);
        if (read <= 0) {
          break;
        }
        target.write(buffer.array(), 0, read);
        target.flush();
        offset += read;
      }
      seen = Optional.of(attributes);
    } catch (FsException e) {
      if (e.errno() != Errno.ESTALE && e.errno() != Errno.ENOENT) {
        throw e;
      }
      // replaced or removed between the look and the read: the next look tells
      seen = Optional.empty();
    }
  }
}
