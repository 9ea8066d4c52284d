package io.batchmount.files;

import io.batchmount.core.FileHandle;
import io.batchmount.core.OpenOptions;
import io.batchmount.emulator.files.FaultRule;
import io.batchmount.emulator.files.FaultScript;
import io.batchmount.files.store.ShareStore;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * Measures the lag contract: time from {@code write()} on one mount until the bytes are readable on
 * another and by a follower, over the emulator with 20 ms before each answer.
 */
public final class LagBench {
  /** What one run found; times in milliseconds. */
  record Result(
      int rate, double p50, double p99, double max, double requestsPerSecond, int lines) {}

  private LagBench() {}

  /** Prints a table; argument: seconds a run. */
  public static void main(String[] args) throws Exception {
    Duration time = Duration.ofSeconds(args.length > 0 ? Long.parseLong(args[0]) : 20);
    System.out.println("| lines/s | reader | p50 ms | p99 ms | max ms | writer requests/s |");
    System.out.println("| --- | --- | --- | --- | --- | --- |");
    try (ScratchDirectory scratch = ScratchDirectory.make("lag-bench")) {
      for (int rate : new int[] {1, 100, 10_000}) {
        for (boolean follower : new boolean[] {false, true}) {
          Result r = measure(EmulatedShare.fresh(), scratch.path(), rate, time, follower, 20);
          System.out.printf(
              Locale.ROOT,
              "| %d | %s | %.0f | %.0f | %.0f | %.1f |%n",
              rate,
              follower ? "follower" : "mount",
              r.p50,
              r.p99,
              r.max,
              r.requestsPerSecond);
        }
      }
    }
  }

  /** One run. */
  static Result measure(
      ShareStore store,
      Path directory,
      int rate,
      Duration time,
      boolean follower,
      long latencyMillis)
      throws Exception {
    EmulatedShare.emulator()
        .setFaults(FaultScript.of(FaultRule.on("*").latencyMillis(latencyMillis)));
    try (ShareFixture fixture =
        ShareFixture.over(store, Files.createTempDirectory(directory, "run"))) {
      ShareFixture.Node writer = fixture.node(ShareMountOptions.defaults());
      ShareFileSystem reader = fixture.mount();
      ConcurrentLinkedQueue<long[]> written = new ConcurrentLinkedQueue<>(); // end offset, nanos
      ConcurrentLinkedQueue<Long> lags = new ConcurrentLinkedQueue<>();
      AtomicBoolean done = new AtomicBoolean();
      Files4Test.put(writer.fileSystem(), "/log", "begin\n");
      Thread watcher =
          new Thread(
              () -> {
                try {
                  if (follower) {
                    ShareFollower tail = new ShareFollower(new ShareFiles(store), "log", 0);
                    tail.follow(
                        bytes -> note(written, lags, tail.offset() + bytes.remaining()),
                        ShareFollower.DEFAULT_INTERVAL,
                        () -> done.get() && written.isEmpty());
                  } else {
                    watch(reader, written, lags, done);
                  }
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              });
      writer.counter().reset();
      long begin = System.nanoTime();
      watcher.start();
      int lines = 0;
      long end = 6;
      try (FileHandle log = writer.fileSystem().open("/log", OpenOptions.APPEND)) {
        while (System.nanoTime() - begin < time.toNanos()) {
          long due = begin + (long) lines * 1_000_000_000L / rate;
          long wait = due - System.nanoTime();
          if (wait > 0) {
            LockSupport.parkNanos(wait);
            continue;
          }
          ByteBuffer line = Files4Test.bytes("line " + lines + "\n");
          end += line.remaining();
          written.add(new long[] {end, System.nanoTime()});
          log.write(line, 0);
          lines++;
        }
        log.fsync(false);
      }
      double seconds = (System.nanoTime() - begin) / 1e9;
      double requests = writer.counter().total() / seconds;
      done.set(true);
      watcher.join();
      long[] sorted = lags.stream().mapToLong(Long::longValue).sorted().toArray();
      return new Result(
          rate,
          millis(sorted, 0.5),
          millis(sorted, 0.99),
          millis(sorted, 1),
          requests,
          sorted.length);
    } finally {
      EmulatedShare.emulator().setFaults(FaultScript.NONE);
    }
  }

  private static void watch(
      ShareFileSystem reader,
      ConcurrentLinkedQueue<long[]> written,
      ConcurrentLinkedQueue<Long> lags,
      AtomicBoolean done)
      throws Exception {
    try (FileHandle handle = reader.open("/log", OpenOptions.READ)) {
      long offset = 0;
      ByteBuffer buffer = ByteBuffer.allocate(256 << 10);
      while (!done.get() || !written.isEmpty()) {
        buffer.clear();
        int count = handle.read(buffer, offset);
        offset += count;
        note(written, lags, offset);
        if (count == 0) {
          LockSupport.parkNanos(Duration.ofMillis(50).toNanos()); // as a program that polls
        }
      }
    }
  }

  private static void note(
      ConcurrentLinkedQueue<long[]> written, ConcurrentLinkedQueue<Long> lags, long readable) {
    long now = System.nanoTime();
    for (long[] line = written.peek(); line != null && line[0] <= readable; line = written.peek()) {
      written.poll();
      lags.add(now - line[1]);
    }
  }

  private static double millis(long[] sorted, double part) {
    return sorted.length == 0
        ? Double.NaN
        : sorted[Math.min(sorted.length - 1, (int) Math.ceil(part * sorted.length) - 1)] / 1e6;
  }

  /** For messages. */
  static String describe(Result[] results) {
    return Arrays.toString(results);
  }
}
