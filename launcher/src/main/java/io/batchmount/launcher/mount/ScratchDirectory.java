package io.batchmount.launcher.mount;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A private directory for temporary files that does not outlive its use: it goes when it is closed,
 * else when the process ends, also by a signal; and those of a process that was killed go when the
 * same user makes the next one. Whether a process lives is told by a lock on a file, which holds
 * also between containers that share {@code /tmp} and have process numbers of their own.
 */
public final class ScratchDirectory implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ScratchDirectory.class);

  private static final String PREFIX = "batchmount-scratch-";
  private static final String LOCK = "lock";
  private static final String FILES = "files";

  /** Those of this process. POSIX locks do not stop the process that holds them. */
  private static final Set<Path> LIVING = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> LIVING.forEach(ScratchDirectory::removeQuietly), "scratch-removal"));
  }

  private final Path root;
  private final FileChannel lock;

  private ScratchDirectory(Path root, FileChannel lock) {
    this.root = root;
    this.lock = lock;
  }

  /** Makes one among the machine's temporary files. */
  public static ScratchDirectory create() throws IOException {
    return create(Path.of(System.getProperty("java.io.tmpdir")));
  }

  static ScratchDirectory create(Path parent) throws IOException {
    removeAbandoned(parent);
    // it gets its name when it is locked, else others would take it for abandoned
    Path unnamed = Files.createTempDirectory(parent, "." + PREFIX);
    FileChannel lock =
        FileChannel.open(
            unnamed.resolve(LOCK), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try {
      lock.lock();
      Files.createDirectory(unnamed.resolve(FILES));
      Path root = parent.resolve(unnamed.getFileName().toString().substring(1));
      LIVING.add(root);
      Files.move(unnamed, root, StandardCopyOption.ATOMIC_MOVE);
      return new ScratchDirectory(root, lock);
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /** Where files may be put; empty at first. */
  public Path path() {
    return root.resolve(FILES);
  }

  private static void removeAbandoned(Path parent) throws IOException {
    try (DirectoryStream<Path> found = Files.newDirectoryStream(parent, PREFIX + "*")) {
      for (Path directory : found) {
        if (!LIVING.contains(directory) && isMine(directory) && isAbandoned(directory)) {
          removeQuietly(directory);
        }
      }
    }
  }

  /** Another user's cannot be removed, and a link of another user's must not be followed. */
  private static boolean isMine(Path directory) {
    try {
      return Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
          && Files.getAttribute(directory, "unix:uid", LinkOption.NOFOLLOW_LINKS)
              .equals(Owner.current().uid());
    } catch (IOException e) {
      return false; // it has just gone
    }
  }

  private static boolean isAbandoned(Path directory) {
    try (FileChannel channel =
        FileChannel.open(
            directory.resolve(LOCK), StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
      return channel.tryLock() != null;
    } catch (NoSuchFileException e) {
      return true; // whoever removed it did not come to the end
    } catch (IOException e) {
      LOG.debug("{} is left: {}", directory, e.getMessage());
      return false;
    }
  }

  private static void removeQuietly(Path directory) {
    try {
      SafeDelete.tree(directory);
    } catch (IOException e) {
      LOG.debug("{} is left for the next start: {}", directory, e.getMessage());
    }
  }

  @Override
  public void close() throws IOException {
    try (lock) {
      SafeDelete.tree(root);
    } finally {
      LIVING.remove(root);
    }
  }
}
