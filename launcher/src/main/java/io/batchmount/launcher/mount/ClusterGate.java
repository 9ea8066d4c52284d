package io.batchmount.launcher.mount;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLockInterruptionException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/**
 * Orders the runs of one machine that mount and unmount the volumes of one cluster: who holds it
 * sees who uses what, and nobody mounts, unmounts or begins to use meanwhile. A lock on a file in
 * the state directory, which the kernel takes back from a process that dies; a semaphore beside it,
 * because such locks do not stop threads of the same process.
 */
public final class ClusterGate implements AutoCloseable {
  private static final ConcurrentHashMap<Path, Semaphore> IN_PROCESS = new ConcurrentHashMap<>();

  private final Semaphore inProcess;
  private final FileChannel channel;
  private boolean letGo; // guarded by this

  private ClusterGate(Semaphore inProcess, FileChannel channel) {
    this.inProcess = inProcess;
    this.channel = channel;
  }

  /**
   * Waits until nobody else holds the gate.
   *
   * @param mountRoot root of the cluster's volumes
   * @throws InterruptedException when the thread was interrupted while it waited
   */
  public static ClusterGate take(Path stateDirectory, Path mountRoot)
      throws IOException, InterruptedException {
    Path directory = stateDirectory.resolve("mounts");
    MountRegistry.makePrivate(directory);
    Path file =
        directory.resolve(
            UUID.nameUUIDFromBytes(mountRoot.toString().getBytes(StandardCharsets.UTF_8))
                + ".gate");
    Semaphore inProcess = IN_PROCESS.computeIfAbsent(file, unused -> new Semaphore(1, true));
    inProcess.acquire();
    try {
      return new ClusterGate(inProcess, lock(file));
    } catch (FileLockInterruptionException e) {
      inProcess.release();
      Thread.interrupted(); // the exception says it from here on
      throw new InterruptedException("interrupted while waiting for " + file);
    } catch (IOException | RuntimeException e) {
      inProcess.release();
      throw e;
    }
  }

  private static FileChannel lock(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      channel.lock();
      return channel;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** Lets the next one in; closing the file ends its lock. */
  @Override
  public synchronized void close() throws IOException {
    if (letGo) {
      return;
    }
    letGo = true;
    try {
      channel.close();
    } finally {
      inProcess.release();
    }
  }
}
