package io.batchmount.launcher.mount;

import io.batchmount.core.Caller;
import io.batchmount.core.FileHandle;
import io.batchmount.core.FileSystem;
import io.batchmount.core.OpenOptions;
import io.batchmount.core.OperationContext;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Files that this process writes on volumes that it serves itself, written without the kernel
 * between.
 *
 * <p>A process with an open file on its own mount cannot be killed cleanly: at its end the kernel
 * closes the file and waits for the answer of the very process that ends. So logs that stay open
 * for the length of a job go to the file system directly; readers see them through the mount as
 * they see another node's. What is mounted is a fact of the process, hence one table for it.
 * Thread-safe.
 */
public final class OwnVolumes {
  private static final int LOG_MODE = 0644;

  private static final Map<Path, Served> SERVED = new ConcurrentHashMap<>();

  private record Served(FileSystem fileSystem, Duration timeout) {}

  private OwnVolumes() {}

  static void add(Path mountPoint, FileSystem fileSystem, Duration timeout) {
    SERVED.put(mountPoint, new Served(fileSystem, timeout));
  }

  static void remove(Path mountPoint) {
    SERVED.remove(mountPoint);
  }

  /**
   * Opens a file for appending and makes it where it is absent; on a volume of this process by its
   * file system, elsewhere as any file. Closing it saves what was written.
   */
  public static OutputStream append(Path file) throws IOException {
    Path place =
        file.toAbsolutePath().getParent().toRealPath().resolve(file.getFileName().toString());
    Optional<Path> volume =
        SERVED.keySet().stream()
            .filter(place::startsWith)
            .reduce((a, b) -> a.getNameCount() > b.getNameCount() ? a : b);
    Served served = volume.map(SERVED::get).orElse(null);
    if (served == null) {
      return Files.newOutputStream(
          file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    }
    Owner owner = Owner.current();
    try (OperationContext context = OperationContext.open(served.timeout(), () -> false)) {
      return new Appender(
          served,
          served
              .fileSystem()
              .create(
                  "/" + volume.orElseThrow().relativize(place),
                  LOG_MODE,
                  new Caller(owner.uid(), owner.gid()),
                  OpenOptions.APPEND));
    }
  }

  private static final class Appender extends OutputStream {
    private final Served served;
    private final FileHandle handle;
    private boolean closed;

    Appender(Served served, FileHandle handle) {
      this.served = served;
      this.handle = handle;
    }

    @Override
    public void write(int single) throws IOException {
      write(new byte[] {(byte) single}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      try (OperationContext context = OperationContext.open(served.timeout(), () -> false)) {
        handle.write(ByteBuffer.wrap(bytes, offset, length), 0);
      }
    }

    @Override
    public synchronized void close() throws IOException {
      if (closed) {
        return;
      }
      closed = true;
      try (OperationContext context = OperationContext.open(served.timeout(), () -> false)) {
        try {
          handle.flush();
        } finally {
          handle.close();
        }
      }
    }
  }
}
