package io.batchmount.it.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** What the read benchmark does below a mount point. All return bytes, but where they say else. */
final class ReadWorks {
  private static final int SEQUENTIAL_STEP = 1 << 20;

  private ReadWorks() {}

  /** One of a number of tasks. */
  @FunctionalInterface
  interface Task {
    double run(int index) throws IOException;
  }

  /** Threads with a task of their own share the indices. Returns the sum. */
  static double parallel(int threads, int count, Callable<Task> perThread) throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    AtomicInteger next = new AtomicInteger();
    try {
      List<Future<Double>> all = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        all.add(
            executor.submit(
                () -> {
                  Task task = perThread.call();
                  double sum = 0;
                  int index;
                  while ((index = next.getAndIncrement()) < count) {
                    sum += task.run(index);
                  }
                  return sum;
                }));
      }
      double sum = 0;
      for (Future<Double> one : all) {
        sum += one.get();
      }
      return sum;
    } finally {
      executor.shutdownNow();
    }
  }

  /** Reads a range front to back through a handle of its own. */
  static double range(Path file, long from, long to, int step) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(step);
    long at = from;
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      while (at < to) {
        buffer.clear().limit((int) Math.min(step, to - at));
        int got = channel.read(buffer, at);
        if (got < 0) {
          break;
        }
        at += got;
      }
    }
    return at - from;
  }

  static double sequential(Path file) throws IOException {
    return range(file, 0, Files.size(file), SEQUENTIAL_STEP);
  }

  /** Equal parts of a file, each by a reader and a handle of its own. */
  static double parts(Path file, int readers) throws Exception {
    long part = Files.size(file) / readers;
    return parallel(
        readers,
        readers,
        () -> index -> range(file, index * part, (index + 1) * part, SEQUENTIAL_STEP));
  }

  /** Offsets in an order that is the same in each run, none of them twice. */
  static List<Long> randomOffsets(long size, int bytes, int count) {
    return new Random(7)
        .longs(0, size / bytes)
        .distinct()
        .limit(Math.min(count, size / bytes))
        .map(block -> block * bytes)
        .boxed()
        .toList();
  }

  /** Reads at offsets by readers with a handle each. */
  static double random(Path file, List<Long> offsets, int readers, int bytes) throws Exception {
    List<FileChannel> open = new ArrayList<>();
    try {
      return parallel(
          readers,
          offsets.size(),
          () -> {
            ByteBuffer buffer = ByteBuffer.allocateDirect(bytes);
            FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
            synchronized (open) {
              open.add(channel);
            }
            return index -> {
              buffer.clear();
              long offset = offsets.get(index);
              int got = 0;
              while (buffer.hasRemaining() && got >= 0) {
                got = channel.read(buffer, offset + buffer.position());
              }
              return buffer.position();
            };
          });
    } finally {
      for (FileChannel channel : open) {
        channel.close();
      }
    }
  }

  /** Whole small files. Returns their number. */
  static double files(Path root, List<String> names, int readers) throws Exception {
    return parallel(
        readers,
        names.size(),
        () ->
            index ->
                range(root.resolve(names.get(index)), 0, ReadData.FILE_BYTES, 128 << 10)
                        == ReadData.FILE_BYTES
                    ? 1
                    : 0);
  }

  /** {@code ls -lR}. Returns the number of entries. */
  static double list(Path root) throws IOException, InterruptedException {
    Process ls = new ProcessBuilder("ls", "-lR", root.toString()).start();
    double count = 0;
    try (Stream<String> lines = ls.inputReader().lines()) {
      count = lines.filter(line -> line.startsWith("-")).count();
    }
    if (ls.waitFor() != 0) {
      throw new IOException("ls failed");
    }
    return count;
  }

  /** All files of a directory, one after the other. */
  static double tree(Path root) throws IOException {
    double sum = 0;
    try (Stream<Path> all = Files.walk(root)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        sum += sequential(file);
      }
    }
    return sum;
  }
}
