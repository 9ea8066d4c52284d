package io.batchmount.files;

import io.batchmount.core.fuse.FuseMount;
import io.batchmount.core.fuse.FuseMountOptions;
import io.batchmount.emulator.files.FaultRule;
import io.batchmount.emulator.files.FaultScript;
import io.batchmount.files.store.NewItem;
import io.batchmount.files.store.SdkShareStore;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Small files on a share: create, write and close of 1,000 files of 4 KiB by 8 writers through a
 * real mount, and {@code ls -lR} of them on another one; against 8 clients that send the two
 * requests that REST needs at least, which replace a file of the same name. Over the emulator with
 * a latency before each answer.
 */
public final class SharesBench {
  static final int WRITERS = 8;
  static final int FILE_BYTES = 4096;
  private static final Duration UNMOUNT = Duration.ofSeconds(60);

  private SharesBench() {}

  /** What one piece of work took: seconds, and requests by operation. */
  record Work(double seconds, Map<String, Long> requests) {
    long total() {
      return requests.values().stream().mapToLong(Long::longValue).sum();
    }
  }

  /** Work for one file of many. */
  interface Each {
    void make(int number) throws Exception;
  }

  /** Arguments: number of files (1,000), milliseconds before each answer (20). */
  public static void main(String[] args) throws Exception {
    int files = args.length > 0 ? Integer.parseInt(args[0]) : 1_000;
    long latency = args.length > 1 ? Long.parseLong(args[1]) : 20;
    SdkShareStore store = EmulatedShare.fresh();
    Map<String, Work> table = new java.util.LinkedHashMap<>();
    try (ScratchDirectory scratch = ScratchDirectory.make("shares-bench");
        ShareFixture fixture = ShareFixture.over(store, scratch.path())) {
      Path directory = scratch.path();
      ShareMountOptions options = ShareMountOptions.defaults();
      try (Mounted a = Mounted.at(fixture.node(options), directory.resolve("a"));
          Mounted b = Mounted.at(fixture.node(options), directory.resolve("b"))) {
        Files.writeString(a.path.resolve("first"), "makes the hidden directory");
        EmulatedShare.emulator()
            .setFaults(FaultScript.of(FaultRule.on("*").latencyMillis(latency)));
        Files.createDirectory(a.path.resolve("d"));
        Path target = a.path.resolve("d");
        table.put("mount: create, write, close", count(() -> writeSmallFiles(target, files)));
        table.put("mount: `ls -lR` on another node", count(() -> list(b.path)));
        store.createDirectory("bare", NewItem.PLAIN);
        table.put(
            "limit: Create File and Put Range", count(() -> each(files, i -> bare(store, i))));
      }
    } finally {
      EmulatedShare.emulator().setFaults(FaultScript.NONE);
    }
    System.out.println("| work | seconds | files/s | requests | by operation |");
    System.out.println("| --- | --- | --- | --- | --- |");
    table.forEach(
        (name, work) ->
            System.out.printf(
                Locale.ROOT,
                "| %s | %.2f | %.0f | %d | %s |%n",
                name,
                work.seconds,
                files / work.seconds,
                work.total(),
                work.requests));
  }

  /** A mount for the time of a measurement. */
  record Mounted(FuseMount mount, Path path) implements AutoCloseable {
    static Mounted at(ShareFixture.Node node, Path path) throws Exception {
      Files.createDirectory(path);
      FuseMountOptions options =
          FuseMountOptions.defaults()
              .withTimeouts(Duration.ZERO, Duration.ofSeconds(1), Duration.ZERO);
      return new Mounted(FuseMount.mount(node.fileSystem(), path, options), path);
    }

    @Override
    public void close() throws Exception {
      mount.unmount(UNMOUNT, pending -> {});
    }
  }

  /** Seconds and requests of a piece of work. */
  static Work count(Callable<?> work) throws Exception {
    Map<String, Long> before = EmulatedShare.emulator().requestCounts();
    long begin = System.nanoTime();
    work.call();
    double seconds = (System.nanoTime() - begin) / 1e9;
    Map<String, Long> made = new TreeMap<>();
    EmulatedShare.emulator()
        .requestCounts()
        .forEach(
            (operation, count) -> {
              long more = count - before.getOrDefault(operation, 0L);
              if (more > 0) {
                made.put(operation, more);
              }
            });
    return new Work(seconds, made);
  }

  /** Creates, writes and closes files in a directory, by all writers at once. */
  static Void writeSmallFiles(Path directory, int files) throws Exception {
    return each(files, i -> Files.write(directory.resolve("f" + i), content(i)));
  }

  static byte[] content(int number) {
    byte[] content = new byte[FILE_BYTES];
    new java.util.Random(number).nextBytes(content);
    return content;
  }

  private static void bare(SdkShareStore store, int number) throws Exception {
    String path = "bare/f" + number;
    store.createFile(path, FILE_BYTES, NewItem.PLAIN, Optional.empty());
    store.putRange(path, 0, ByteBuffer.wrap(content(number)), false, Optional.empty());
  }

  private static Void each(int files, Each each) throws Exception {
    ExecutorService writers = Executors.newFixedThreadPool(WRITERS);
    try {
      AtomicInteger next = new AtomicInteger();
      List<Future<?>> running = new ArrayList<>();
      for (int w = 0; w < WRITERS; w++) {
        running.add(
            writers.submit(
                () -> {
                  for (int i = next.getAndIncrement(); i < files; i = next.getAndIncrement()) {
                    each.make(i);
                  }
                  return null;
                }));
      }
      for (Future<?> writer : running) {
        writer.get();
      }
    } finally {
      writers.shutdownNow();
    }
    return null;
  }

  /** {@code ls -lR}: the lines it printed. */
  static long list(Path directory) throws Exception {
    Process ls =
        new ProcessBuilder("ls", "-lR", directory.toString()).redirectErrorStream(true).start();
    long lines;
    try (var out = ls.inputReader()) {
      lines = out.lines().count();
    }
    if (ls.waitFor() != 0) {
      throw new IllegalStateException("ls -lR failed");
    }
    return lines;
  }
}
