package io.batchmount.it.bench;

import com.azure.core.credential.AzureSasCredential;
import io.batchmount.blob.store.BlobCredential;
import io.batchmount.blob.store.BlobLocation;
import io.batchmount.blob.store.SdkBlobStore;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * {@code bin/bench read}: a gigabyte file and 5,000 files of 100 KiB read through our mount,
 * through {@code rclone mount} where it is installed, and by a program that downloads the same
 * ranges with the same SDK and no mount. Every cold figure is taken on a fresh mount with an empty
 * cache and, as root, a dropped page cache.
 *
 * <p>Arguments: {@code --size MIB} (1024), {@code --files N} (5000), {@code --svg FILE}.
 */
public final class ReadBench {
  private static final long LATENCY_MILLIS = 20;
  private static final long RATE = 60_000_000;
  private static final int LIMIT_CONNECTIONS = 16;
  private static final int LIMIT_BLOCK = 8 << 20;
  private static final int READ = 128 << 10;
  private static final int FILE_BYTES = 100 << 10;
  private static final int DIRECTORIES = 10;

  private final Path work;
  private final long size;
  private final int files;
  private final RangeServer server;
  private final List<Row> rows = new ArrayList<>();

  /** A line of the table; rates in MB/s or reads/s, 0 where there is none. */
  private record Row(
      String work,
      String unit,
      double ours,
      double limit,
      double rclone,
      long requests,
      double wire,
      double cpu,
      long rssMib) {}

  /** What is measured: reads below a mount point and returns bytes or reads. */
  @FunctionalInterface
  private interface Work {
    double run(Path root) throws Exception;
  }

  private ReadBench(Path work, long size, int files) throws Exception {
    this.work = work;
    this.size = size;
    this.files = files;
    Path data = work.resolve("data");
    makeData(data);
    this.server = new RangeServer(data);
  }

  public static void main(String[] arguments) throws Exception {
    long size = 1024L << 20;
    int files = 5000;
    Optional<Path> svg = Optional.empty();
    for (int i = 0; i + 1 < arguments.length; i += 2) {
      switch (arguments[i]) {
        case "--size" -> size = Long.parseLong(arguments[i + 1]) << 20;
        case "--files" -> files = Integer.parseInt(arguments[i + 1]);
        case "--svg" -> svg = Optional.of(Path.of(arguments[i + 1]));
        default -> throw new IllegalArgumentException("unknown option " + arguments[i]);
      }
    }
    Path work = Files.createTempDirectory("read-bench");
    ReadBench bench = new ReadBench(work, size, files);
    try {
      bench.all();
      bench.print();
      if (svg.isPresent()) {
        bench.draw(svg.get());
      }
    } finally {
      bench.server.close();
      deleteTree(work);
    }
    System.exit(0);
  }

  private void makeData(Path data) throws IOException {
    Files.createDirectories(data);
    Random random = new Random(1);
    byte[] block = new byte[1 << 20];
    try (OutputStream out = Files.newOutputStream(data.resolve("big"))) {
      for (long at = 0; at < size; at += block.length) {
        random.nextBytes(block);
        out.write(block);
      }
    }
    byte[] small = new byte[FILE_BYTES];
    for (int i = 0; i < files; i++) {
      Path directory = data.resolve("d" + i % DIRECTORIES);
      if (i < DIRECTORIES) {
        Files.createDirectories(directory);
      }
      random.nextBytes(small);
      Files.write(directory.resolve(String.format(Locale.ROOT, "f%05d", i)), small);
    }
  }

  // ---- mounts -----------------------------------------------------------------------------------

  private interface Peer {
    String name();

    ProcessBuilder command(Path point, Path cache) throws IOException;
  }

  private record Ours(String prefetch, String endpoint) implements Peer {
    @Override
    public String name() {
      return "batchmount";
    }

    @Override
    public ProcessBuilder command(Path point, Path cache) {
      return new ProcessBuilder(
          Path.of(System.getProperty("java.home"), "bin", "java").toString(),
          "-XX:+UseSerialGC",
          "-Xmx384m",
          "-Xss512k",
          "-XX:MaxDirectMemorySize=64g",
          "--add-opens=java.base/java.nio=ALL-UNNAMED",
          "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
          "-cp",
          System.getProperty("java.class.path"),
          BenchMount.class.getName(),
          endpoint,
          point.toString(),
          cache.toString(),
          prefetch);
    }
  }

  private record Rclone(String endpoint) implements Peer {
    @Override
    public String name() {
      return "rclone";
    }

    @Override
    public ProcessBuilder command(Path point, Path cache) throws IOException {
      Path config = cache.resolve("rclone.conf");
      Files.createDirectories(cache);
      Files.writeString(
          config,
          "[b]\ntype = azureblob\nsas_url = "
              + endpoint
              + "/"
              + RangeServer.CONTAINER
              + "?sv=2025-11-05&sig=none\n");
      return new ProcessBuilder(
          "rclone",
          "mount",
          "b:" + RangeServer.CONTAINER,
          point.toString(),
          "--config",
          config.toString(),
          "--vfs-cache-mode",
          "full",
          "--cache-dir",
          cache.resolve("vfs").toString(),
          "--read-only",
          "--dir-cache-time",
          "5m");
    }
  }

  /** A mounted peer. */
  private final class Mounted implements AutoCloseable {
    private final Process process;
    private final Path point;
    private long rss;
    private double cpu;

    Mounted(Peer peer, Path cache) throws Exception {
      point = Files.createTempDirectory(work, "mnt");
      Files.createDirectories(cache);
      process =
          peer.command(point, cache)
              .redirectError(work.resolve(peer.name() + ".log").toFile())
              .redirectOutput(work.resolve(peer.name() + ".figures").toFile())
              .start();
      long end = System.nanoTime() + 60_000_000_000L;
      while (!Files.exists(point.resolve("big"))) {
        if (!process.isAlive() || System.nanoTime() > end) {
          detach();
          process.destroyForcibly();
          throw new IOException(
              peer.name()
                  + " did not mount: "
                  + Files.readString(work.resolve(peer.name() + ".log")));
        }
        Thread.sleep(20);
      }
    }

    Path point() {
      return point;
    }

    void sample() throws IOException {
      Path proc = Path.of("/proc", Long.toString(process.pid()));
      for (String line : Files.readAllLines(proc.resolve("status"))) {
        if (line.startsWith("VmHWM:")) {
          rss = Long.parseLong(line.replaceAll("\\D", "")) >> 10;
        }
      }
      String stat = Files.readString(proc.resolve("stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      cpu = (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / 100.0;
    }

    private void detach() throws Exception {
      new ProcessBuilder("fusermount3", "-u", "-z", point.toString()).start().waitFor();
    }

    @Override
    public void close() throws Exception {
      process.getOutputStream().close();
      if (!process.waitFor(3, java.util.concurrent.TimeUnit.SECONDS)) {
        detach();
        process.destroy();
        if (!process.waitFor(10, java.util.concurrent.TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      }
    }
  }

  private static void dropPageCache() throws Exception {
    new ProcessBuilder("sh", "-c", "sync; echo 3 > /proc/sys/vm/drop_caches 2>/dev/null")
        .start()
        .waitFor();
  }

  private record Result(
      double rate, long requests, long wireBytes, double cpu, long rss, double amount) {}

  /** Measures on a fresh mount with empty caches; {@code before} is not timed. */
  private Result cold(Peer peer, Work before, Work measured) throws Exception {
    Path cache = Files.createTempDirectory(work, "cache");
    try (Mounted mount = new Mounted(peer, cache)) {
      before.run(mount.point());
      dropPageCache();
      server.reset();
      mount.sample();
      double cpuBefore = mount.cpu;
      long begun = System.nanoTime();
      double amount = measured.run(mount.point());
      double seconds = (System.nanoTime() - begun) / 1e9;
      mount.sample();
      return new Result(
          amount / seconds,
          server.gets() + server.heads() + server.lists(),
          server.bytes(),
          mount.cpu - cpuBefore,
          mount.rss,
          amount);
    } finally {
      deleteTree(cache);
    }
  }

  private static boolean hasRclone() {
    try {
      return new ProcessBuilder("rclone", "version")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException | InterruptedException e) {
      return false;
    }
  }

  private void measure(
      String name, String unit, double scale, String prefetch, Work before, Work work, double limit)
      throws Exception {
    Result ours = cold(new Ours(prefetch, server.endpoint()), before, work);
    System.out.printf(
        Locale.ROOT,
        "%s: %.1f %s, %d requests, %d MB%n",
        name,
        ours.rate() / scale,
        unit,
        ours.requests(),
        ours.wireBytes() / 1_000_000);
    double rclone =
        hasRclone() ? cold(new Rclone(server.endpoint()), before, work).rate() / scale : 0;
    double wire = unit.equals("MB/s") ? ours.wireBytes() / ours.amount() : 0;
    Row row =
        new Row(
            name,
            unit,
            ours.rate() / scale,
            limit,
            rclone,
            ours.requests(),
            wire,
            ours.cpu(),
            ours.rss());
    rows.add(row);
    System.out.println(text(row));
  }

  // ---- works ------------------------------------------------------------------------------------

  private static final Work NOTHING = root -> 0;

  private static double readRange(Path file, long from, long to, int step) throws IOException {
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

  private static double parallel(int threads, Callable<Double> each) throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      List<Future<Double>> all = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        all.add(executor.submit(each));
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

  private Work randomReads(int readers, int reads, int bytes) {
    return root -> {
      AtomicLong seed = new AtomicLong(7);
      return parallel(
          readers,
          () -> {
            Random random = new Random(seed.incrementAndGet());
            ByteBuffer buffer = ByteBuffer.allocateDirect(bytes);
            double sum = 0;
            try (FileChannel channel =
                FileChannel.open(root.resolve("big"), StandardOpenOption.READ)) {
              for (int i = 0; i < reads / readers; i++) {
                buffer.clear();
                sum += channel.read(buffer, (long) random.nextInt((int) (size / bytes)) * bytes);
              }
            }
            return sum;
          });
    };
  }

  private Work smallFiles(int readers, int count, boolean shuffled) {
    return root -> {
      List<Path> paths = new ArrayList<>();
      for (int i = 0; i < files; i++) {
        paths.add(
            root.resolve("d" + i % DIRECTORIES).resolve(String.format(Locale.ROOT, "f%05d", i)));
      }
      if (shuffled) {
        Collections.shuffle(paths, new Random(3));
      } else {
        Collections.sort(paths);
      }
      AtomicLong next = new AtomicLong();
      return parallel(
          readers,
          () -> {
            double read = 0;
            long index;
            while ((index = next.getAndIncrement()) < Math.min(count, paths.size())) {
              readRange(paths.get((int) index), 0, FILE_BYTES, READ);
              read++;
            }
            return read;
          });
    };
  }

  private static double list(Path root) throws IOException {
    try (Stream<Path> walk = Files.walk(root)) {
      return walk.filter(path -> path.toFile().length() >= 0).count();
    }
  }

  private double limit(int connections, int block, int requests, long bytes, boolean random)
      throws Exception {
    SdkBlobStore store =
        SdkBlobStore.open(
            SdkBlobStore.Options.of(
                new BlobLocation(server.endpoint(), RangeServer.ACCOUNT, RangeServer.CONTAINER),
                new BlobCredential.Sas(new AzureSasCredential("sv=2025-11-05&sig=none")),
                new SimpleMeterRegistry(),
                "limit"));
    AtomicLong next = new AtomicLong();
    long begun = System.nanoTime();
    double sum =
        parallel(
            connections,
            () -> {
              ByteBuffer buffer = ByteBuffer.allocateDirect(block);
              Random places = new Random(next.get());
              double got = 0;
              long number;
              while ((number = next.getAndIncrement()) < requests) {
                long offset =
                    random ? (long) places.nextInt((int) (bytes / block)) * block : number * block;
                buffer.clear();
                store.download("big", offset, buffer, Optional.empty());
                got += buffer.position();
              }
              return got;
            });
    return sum / ((System.nanoTime() - begun) / 1e9);
  }

  private void shaped() {
    server.shape(LATENCY_MILLIS, RATE);
  }

  private void plain() {
    server.shape(0, 0);
  }

  private void all() throws Exception {
    int blocks = (int) (size / LIMIT_BLOCK);
    Work listed = root -> list(root);
    Work sequential = root -> readRange(root.resolve("big"), 0, size, 1 << 20);
    Work quarters =
        root -> {
          AtomicLong part = new AtomicLong();
          return parallel(
              4,
              () -> {
                long from = part.getAndIncrement() * (size / 4);
                return readRange(root.resolve("big"), from, from + size / 4, 1 << 20);
              });
        };
    // the first run of anything warms the compiler of the limit's program up
    plain();
    limit(LIMIT_CONNECTIONS, LIMIT_BLOCK, blocks, size, false);
    shaped();
    double limitShaped = limit(LIMIT_CONNECTIONS, LIMIT_BLOCK, blocks, size, false) / 1e6;
    measure("cold sequential, shaped", "MB/s", 1e6, "siblings", NOTHING, sequential, limitShaped);
    measure("cold, 4 readers, shaped", "MB/s", 1e6, "siblings", NOTHING, quarters, limitShaped);
    plain();
    double limitPlain = limit(LIMIT_CONNECTIONS, LIMIT_BLOCK, blocks, size, false) / 1e6;
    measure("cold sequential, plain", "MB/s", 1e6, "siblings", NOTHING, sequential, limitPlain);
    shaped();
    for (int readers : new int[] {1, 8}) {
      int reads = readers * 100;
      double random = limit(readers, READ, reads, size, true) / 1e6;
      measure(
          "random 128 KiB, " + readers + " readers, shaped",
          "MB/s",
          1e6,
          "siblings",
          NOTHING,
          randomReads(readers, reads, READ),
          random);
    }
    measure(
        "random 128 KiB, 8 readers, shaped, dataset",
        "MB/s",
        1e6,
        "dataset",
        NOTHING,
        randomReads(8, 4000, READ),
        limitShaped);
    measure(
        "random 4 KiB, 16 readers, shaped",
        "MB/s",
        1e6,
        "siblings",
        NOTHING,
        randomReads(16, 3200, 4096),
        0);
    plain();
    measure(
        "random 128 KiB, 8 readers, plain",
        "MB/s",
        1e6,
        "siblings",
        NOTHING,
        randomReads(8, 2000, READ),
        0);
    shaped();
    int shuffled = Math.min(2000, files);
    double eight = 8 / ((LATENCY_MILLIS + FILE_BYTES * 1e3 / RATE) / 1e3);
    measure(
        "shuffled small files, 8 readers, listed, off",
        "files/s",
        1,
        "off",
        listed,
        smallFiles(8, shuffled, true),
        eight);
    measure(
        "shuffled small files, 8 readers, not listed",
        "files/s",
        1,
        "siblings",
        NOTHING,
        smallFiles(8, shuffled, true),
        eight);
    measure(
        "shuffled small files, 8 readers, dataset",
        "files/s",
        1,
        "dataset",
        NOTHING,
        smallFiles(8, shuffled, true),
        eight);
    measure(
        "300 small files in order, shaped",
        "files/s",
        1,
        "siblings",
        listed,
        smallFiles(1, 300, false),
        0);
    plain();
    measure(
        "300 small files in order, plain",
        "files/s",
        1,
        "siblings",
        listed,
        smallFiles(1, 300, false),
        0);
    shaped();
    measure("again from the disk cache", "MB/s", 1e6, "siblings", sequential, sequential, 0);
    measure("ls -lR", "entries/s", 1, "siblings", NOTHING, listed, 0);
    Work seek =
        root -> {
          readRange(root.resolve("big"), size / 10 * 7, size / 10 * 7 + 4096, 4096);
          return 1;
        };
    measure(
        "first byte at 70 % of the file, shaped",
        "reads/s",
        1,
        "siblings",
        root -> {
          list(root);
          return readRange(root.resolve("big"), 4096, 8192, 4096);
        },
        seek,
        1e3 / (LATENCY_MILLIS + READ * 1e3 / RATE));
  }

  // ---- results ----------------------------------------------------------------------------------

  private static String text(Row row) {
    return String.format(
        Locale.ROOT,
        "| %s | %.1f %s | %s | %s | %d | %s | %.2f | %d |",
        row.work(),
        row.ours(),
        row.unit(),
        ratio(row.ours(), row.limit()),
        ratio(row.ours(), row.rclone()),
        row.requests(),
        row.wire() > 0 ? String.format(Locale.ROOT, "%.2f", row.wire()) : "",
        row.cpu(),
        row.rssMib());
  }

  private static String ratio(double ours, double other) {
    return other == 0 ? "-" : String.format(Locale.ROOT, "%.2f (%.1f)", ours / other, other);
  }

  private void print() {
    System.out.println();
    System.out.println(
        "| work | batchmount | to the limit | to rclone | requests | wire ratio | CPU s | peak MiB"
            + " |");
    System.out.println("| --- | --- | --- | --- | --- | --- | --- | --- |");
    rows.forEach(row -> System.out.println(text(row)));
  }

  /** Bars of each work relative to rclone, on a logarithmic scale. */
  private void draw(Path file) throws IOException {
    int height = 40 + rows.size() * 24;
    StringBuilder svg = new StringBuilder();
    svg.append(
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"860\" height=\"%d\""
                + " font-family=\"sans-serif\" font-size=\"12\">%n"
                + "<text x=\"10\" y=\"20\" font-weight=\"bold\">Reading: times rclone mount"
                + " (logarithmic; the line is 1)</text>%n",
            height));
    int y = 36;
    for (Row row : rows) {
      double times = row.rclone() == 0 ? 1 : row.ours() / row.rclone();
      double length = Math.log(Math.max(times, 0.1) / 0.1) / Math.log(10) * 140;
      svg.append(
          String.format(
              Locale.ROOT,
              "<text x=\"10\" y=\"%d\">%s</text><rect x=\"330\" y=\"%d\" width=\"%.0f\""
                  + " height=\"16\" fill=\"#2b6cb0\"/><text x=\"%.0f\" y=\"%d\">%.1f</text>%n",
              y + 13,
              row.work(),
              y,
              length,
              336 + length,
              y + 13,
              times));
      y += 24;
    }
    svg.append(
        String.format(
            Locale.ROOT,
            "<line x1=\"470\" y1=\"30\" x2=\"470\" y2=\"%d\" stroke=\"#888\"/>%n</svg>%n",
            height));
    Files.writeString(file, svg.toString());
  }

  private static void deleteTree(Path root) {
    try (Stream<Path> tree = Files.walk(root)) {
      for (Path path : tree.sorted(Collections.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException | UncheckedIOException e) {
      System.err.println(root + " could not be deleted: " + e);
    }
  }
}
