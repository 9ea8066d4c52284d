package io.batchmount.it.bench;

import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.models.ParallelTransferOptions;
import com.azure.storage.blob.options.BlobUploadFromFileOptions;
import io.batchmount.blob.AzuriteContainers;
import io.batchmount.blob.BlobTestMount;
import io.batchmount.blob.store.BlobHeaders;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.BlobStore;
import io.batchmount.blob.store.BlockRef;
import io.batchmount.blob.store.CountingBlobStore;
import io.batchmount.blob.store.LatencyBlobStore;
import io.batchmount.blob.store.WriteCondition;
import io.batchmount.core.fuse.FuseMount;
import io.batchmount.core.fuse.FuseMountOptions;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Writing to a mounted container in Azurite, to the end of close, beside the same work done by a
 * client without a mount. "Shaped" adds 20 ms to each request and lets a connection carry 60 MB/s.
 * Both sides are durable when the clock stops. The argument is the size of the large file in MiB
 * (1024).
 */
public final class WriteBench {
  private static final Duration LATENCY = Duration.ofMillis(20);
  private static final long BYTES_PER_SECOND = 60_000_000;
  private static final int BLOCK = 8 << 20;
  private static final int CONNECTIONS = 16;
  private static final int WRITERS = 8;
  private static final int SMALL_FILES = 500;
  private static final int SMALL_BYTES = 4096;
  private static final int TREE_FILES = 2000;
  private static final int RENAMED = 1000;

  private final Path work;
  private final long large;

  private WriteBench(Path work, long large) {
    this.work = work;
    this.large = large;
  }

  /** Runs all and prints a table. */
  public static void main(String[] arguments) throws Exception {
    long mebibytes = arguments.length > 0 ? Long.parseLong(arguments[0]) : 1024;
    Path work = Files.createTempDirectory("write-bench");
    System.out.println("| work | mount | client without mount | ratio |");
    System.out.println("| --- | --- | --- | --- |");
    WriteBench bench = new WriteBench(work, mebibytes << 20);
    bench.sequential(false);
    bench.sequential(true);
    bench.smallFiles();
    bench.tree();
    bench.rewrite();
    bench.renameDirectory();
  }

  /** A mounted container and what stands behind it. */
  private final class Mounted implements AutoCloseable {
    private final BlobContainerClient container = AzuriteContainers.create();
    private final CountingBlobStore store;
    private final BlobTestMount mount;
    private final FuseMount fuse;
    private final Path at;

    Mounted(boolean shaped) throws Exception {
      BlobStore inner = AzuriteContainers.open(container.getBlobContainerName());
      store =
          new CountingBlobStore(
              shaped ? new LatencyBlobStore(inner, LATENCY, BYTES_PER_SECOND) : inner);
      at = Files.createDirectories(work.resolve(container.getBlobContainerName()));
      mount =
          BlobTestMount.open(
              store,
              work.resolve(container.getBlobContainerName() + ".state"),
              256L << 20,
              0,
              options -> options);
      fuse = FuseMount.mount(mount.fileSystem(), at, FuseMountOptions.defaults());
    }

    @Override
    public void close() throws Exception {
      fuse.unmount(Duration.ofMinutes(1), unused -> {});
      mount.close();
      container.delete();
    }
  }

  private void sequential(boolean shaped) throws Exception {
    Path source = work.resolve("large");
    if (!Files.exists(source)) {
      fill(source);
    }
    double ours;
    double theirs;
    try (Mounted mounted = new Mounted(shaped)) {
      ours =
          seconds(
              () -> {
                try (OutputStream out = Files.newOutputStream(mounted.at.resolve("f"))) {
                  Files.copy(source, out);
                }
              });
      theirs =
          shaped
              ? seconds(() -> uploadByBlocks(mounted.store, source))
              : seconds(
                  () ->
                      mounted
                          .container
                          .getBlobClient("theirs")
                          .uploadFromFileWithResponse(
                              new BlobUploadFromFileOptions(source.toString())
                                  .setParallelTransferOptions(
                                      new ParallelTransferOptions()
                                          .setBlockSizeLong((long) BLOCK)
                                          .setMaxConcurrency(CONNECTIONS)),
                              Duration.ofMinutes(10),
                              null));
    }
    row(
        (large >> 20) + " MiB sequential to close, " + (shaped ? "shaped" : "plain"),
        rate(large, ours),
        rate(large, theirs),
        theirs / ours);
  }

  private void fill(Path source) throws IOException {
    byte[] chunk = new byte[1 << 20];
    Random random = new Random(1);
    try (OutputStream out = Files.newOutputStream(source)) {
      for (long at = 0; at < large; at += chunk.length) {
        random.nextBytes(chunk);
        out.write(chunk);
      }
    }
  }

  /** What the SDK's parallel upload does, through the shaped store. */
  private static void uploadByBlocks(BlobStore store, Path source) throws Exception {
    List<BlockRef> blocks = new ArrayList<>();
    List<Callable<Boolean>> tasks = new ArrayList<>();
    try (FileChannel channel = FileChannel.open(source)) {
      for (long at = 0; at < channel.size(); at += BLOCK) {
        int length = (int) Math.min(BLOCK, channel.size() - at);
        String id =
            Base64.getEncoder().encodeToString(ByteBuffer.allocate(Long.BYTES).putLong(at).array());
        blocks.add(new BlockRef(id, length));
        long offset = at;
        tasks.add(
            () -> {
              ByteBuffer content = ByteBuffer.allocate(length);
              channel.read(content, offset);
              store.stageBlock("theirs", id, content.flip());
              return true;
            });
      }
      parallel(CONNECTIONS, tasks);
    }
    store.commitBlockList("theirs", blocks, BlobHeaders.NONE, WriteCondition.ABSENT);
  }

  private void smallFiles() throws Exception {
    byte[] content = new byte[SMALL_BYTES];
    double ours;
    double theirs;
    double requests;
    try (Mounted mounted = new Mounted(true)) {
      Files.createDirectory(mounted.at.resolve("d"));
      mounted.store.reset();
      List<Callable<Boolean>> writes = new ArrayList<>();
      List<Callable<Boolean>> puts = new ArrayList<>();
      for (int i = 0; i < SMALL_FILES; i++) {
        Path file = mounted.at.resolve("d/f" + i);
        String blob = "p/f" + i;
        writes.add(
            () -> {
              Files.write(file, content);
              return true;
            });
        puts.add(
            () -> {
              mounted.store.putBlob(
                  blob, ByteBuffer.wrap(content), BlobHeaders.NONE, WriteCondition.ABSENT);
              return true;
            });
      }
      ours = seconds(() -> parallel(WRITERS, writes));
      requests = mounted.store.total() / (double) SMALL_FILES;
      theirs = seconds(() -> parallel(WRITERS, puts));
    }
    row(
        SMALL_FILES
            + " files of 4 KiB by "
            + WRITERS
            + " writers, shaped ("
            + number(requests)
            + " requests a file)",
        number(SMALL_FILES / ours) + " files/s",
        number(SMALL_FILES / theirs) + " files/s",
        theirs / ours);
  }

  private void tree() throws Exception {
    Path source = work.resolve("tree");
    for (int i = 0; i < TREE_FILES; i++) {
      Path file = source.resolve("d" + i % 20 + "/f" + i);
      Files.createDirectories(file.getParent());
      Files.writeString(file, "content of " + i);
    }
    Path archive = work.resolve("tree.tar");
    run("tar", "-C", work.toString(), "-cf", archive.toString(), "tree");
    try (Mounted mounted = new Mounted(false)) {
      mounted.store.reset();
      double ours =
          seconds(() -> run("tar", "-C", mounted.at.toString(), "-xf", archive.toString()));
      row(
          "tar -x of " + TREE_FILES + " files, plain: requests a file",
          number(mounted.store.total() / (double) TREE_FILES) + " (" + number(ours) + " s)",
          "1",
          Double.NaN);
    }
  }

  private void rewrite() throws Exception {
    try (Mounted mounted = new Mounted(false)) {
      Path file = mounted.at.resolve("f");
      try (OutputStream out = Files.newOutputStream(file)) {
        Files.copy(work.resolve("large"), out);
      }
      mounted.store.reset();
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.write(ByteBuffer.allocate(4096), large / 2 + 12345);
      }
      row(
          "rewrite 4 KiB in the middle of " + (large >> 20) + " MiB: bytes moved",
          number((mounted.store.bytesUp() + mounted.store.bytesDown()) / 1048576.0) + " MiB",
          "two blocks: 16 MiB",
          Double.NaN);
      mounted.store.reset();
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.write(ByteBuffer.allocate(1024), large);
      }
      row(
          "append 1 KiB to " + (large >> 20) + " MiB: bytes moved",
          number((mounted.store.bytesUp() + mounted.store.bytesDown()) / 1024.0) + " KiB",
          "1 KiB",
          Double.NaN);
    }
  }

  private void renameDirectory() throws Exception {
    try (Mounted mounted = new Mounted(true)) {
      List<Callable<Boolean>> puts = new ArrayList<>();
      for (int i = 0; i < RENAMED; i++) {
        String blob = "old/f" + i;
        puts.add(
            () -> {
              mounted.store.putBlob(
                  blob, ByteBuffer.allocate(10), BlobHeaders.NONE, WriteCondition.ANY);
              return true;
            });
      }
      parallel(CONNECTIONS, puts);
      double ours = seconds(() -> Files.move(mounted.at.resolve("old"), mounted.at.resolve("new")));
      // one after the other: measured on a tenth of them
      double tenth =
          seconds(
              () -> {
                for (BlobProperties blob :
                    mounted
                        .store
                        .listBlobs("new/", false, Optional.empty(), RENAMED / 10)
                        .blobs()) {
                  mounted.store.copy(
                      blob.name(), Optional.empty(), "x" + blob.name(), WriteCondition.ANY);
                  mounted.store.delete(blob.name(), WriteCondition.ANY);
                }
              });
      row(
          "rename of a directory with " + RENAMED + " blobs, shaped, beside one after the other",
          number(ours) + " s",
          number(tenth * 10) + " s",
          tenth * 10 / ours);
    }
  }

  private static void parallel(int threads, List<Callable<Boolean>> tasks) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      for (Future<Boolean> future : pool.invokeAll(tasks)) {
        future.get();
      }
    } finally {
      pool.shutdown();
    }
  }

  private static void run(String... command) throws IOException, InterruptedException {
    int code = new ProcessBuilder(command).inheritIO().start().waitFor();
    if (code != 0) {
      throw new IOException(String.join(" ", command) + " ended with " + code);
    }
  }

  /** Work that is timed. */
  @FunctionalInterface
  private interface Work {
    void run() throws Exception;
  }

  private static double seconds(Work timed) throws Exception {
    long start = System.nanoTime();
    timed.run();
    return (System.nanoTime() - start) / 1e9;
  }

  private static String rate(long bytes, double seconds) {
    return number(bytes / seconds / 1e6) + " MB/s";
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value < 10 ? "%.2f" : "%.0f", value);
  }

  private static void row(String label, String ours, String theirs, double ratio) {
    System.out.printf(
        Locale.ROOT,
        "| %s | %s | %s | %s |%n",
        label,
        ours,
        theirs,
        Double.isNaN(ratio) ? "" : number(ratio));
  }
}
