package io.batchmount.core.fuse;

import io.batchmount.core.Caller;
import io.batchmount.core.FileHandle;
import io.batchmount.core.OpenOptions;
import io.batchmount.core.contract.KernelPosix;
import io.batchmount.core.memory.MemoryFileSystem;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * How much the bridge between kernel and file system carries, with a file system that answers from
 * memory: run by hand, one argument: seconds for each figure.
 */
final class BridgeBenchmark {
  private static final int FILE_BYTES = 256 << 20;
  private static final int SMALL = 4096;
  private static final int LARGE = 1 << 20;

  private final FuseMount mount;
  private final Path file;
  private final long nanos;

  private BridgeBenchmark(FuseMount mount, long nanos) {
    this.mount = mount;
    this.file = mount.mountPoint().resolve("file");
    this.nanos = nanos;
  }

  public static void main(String[] args) throws Exception {
    long nanos = Duration.ofSeconds(args.length > 0 ? Long.parseLong(args[0]) : 3).toNanos();
    MemoryFileSystem fileSystem = new MemoryFileSystem("bench", 2L << 30, InstantSource.system());
    try (FileHandle handle = fileSystem.create("/file", 0644, Caller.ROOT, OpenOptions.WRITE)) {
      ByteBuffer block = ByteBuffer.allocate(LARGE);
      for (long at = 0; at < FILE_BYTES; at += LARGE) {
        handle.write(block.clear(), at);
      }
    }
    Path directory = Files.createTempDirectory("bench");
    long start = System.nanoTime();
    FuseMount mount = FuseMount.mount(fileSystem, directory, FuseMountOptions.defaults());
    System.out.printf("mount: %.1f ms%n", (System.nanoTime() - start) / 1e6);
    try {
      BridgeBenchmark benchmark = new BridgeBenchmark(mount, nanos);
      for (int round = 0; round < 2; round++) {
        benchmark.sequential();
        benchmark.write();
        benchmark.random(1);
        benchmark.random(32);
        benchmark.stat();
      }
    } finally {
      mount.unmount(Duration.ofSeconds(30), pending -> {});
      Files.delete(directory);
    }
  }

  private interface Work {
    void run(int number) throws Exception;
  }

  /** Calls per second. */
  private double rate(int threads, Work work) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    long end = System.nanoTime() + nanos;
    List<Future<Long>> results = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      int number = t;
      results.add(
          pool.submit(
              () -> {
                long count = 0;
                while (System.nanoTime() < end) {
                  work.run(number);
                  count++;
                }
                return count;
              }));
    }
    long sum = 0;
    for (Future<Long> result : results) {
      sum += result.get();
    }
    pool.shutdown();
    return sum / (nanos / 1e9);
  }

  private void sequential() throws Exception {
    KernelPosix posix = new KernelPosix(mount.mountPoint(), () -> {});
    byte[] buffer = new byte[LARGE];
    double rate =
        rate(
            1,
            number -> {
              dropPages();
              int fd = posix.open("/file", 0, 0);
              for (long at = 0; at < FILE_BYTES; at += LARGE) {
                KernelPosix.libc().pread(fd, buffer, LARGE, at);
              }
              posix.close(fd);
            });
    System.out.printf("sequential read: %.0f MB/s%n", rate * FILE_BYTES / 1e6);
  }

  /** A file opened for writing elsewhere changes its version, so pages are dropped at open. */
  private void dropPages() throws Exception {
    try (FileHandle handle = mount.fileSystem().open("/file", OpenOptions.WRITE)) {
      handle.write(ByteBuffer.wrap(new byte[] {1}), 0);
    }
  }

  private void write() throws Exception {
    KernelPosix posix = new KernelPosix(mount.mountPoint(), () -> {});
    int fd = posix.open("/written", 2 | 0100, 0644);
    byte[] block = new byte[LARGE];
    long[] at = {0};
    double rate =
        rate(
            1,
            number -> {
              posix.pwrite(fd, block, at[0]);
              at[0] = (at[0] + LARGE) % FILE_BYTES;
            });
    posix.close(fd);
    posix.unlink("/written");
    System.out.printf("sequential write: %.0f MB/s%n", rate * LARGE / 1e6);
  }

  private void random(int threads) throws Exception {
    KernelPosix posix = new KernelPosix(mount.mountPoint(), () -> {});
    int fd = posix.open("/file", Native.O_DIRECT, 0);
    Random[] randoms = new Random[threads];
    for (int t = 0; t < threads; t++) {
      randoms[t] = new Random(t);
    }
    double rate =
        rate(
            threads,
            number -> {
              byte[] buffer = BUFFER.get();
              long at = (long) randoms[number].nextInt(FILE_BYTES / SMALL) * SMALL;
              KernelPosix.libc().pread(fd, buffer, SMALL, at);
            });
    posix.close(fd);
    System.out.printf("random 4 KiB reads, %d threads: %.0f/s%n", threads, rate);
  }

  private static final ThreadLocal<byte[]> BUFFER = ThreadLocal.withInitial(() -> new byte[SMALL]);

  private void stat() throws Exception {
    Path absent = file.resolveSibling("absent");
    double rate = rate(2, number -> Files.exists(absent));
    System.out.printf("look-ups of an absent name, 2 threads: %.0f/s%n", rate);
  }
}
