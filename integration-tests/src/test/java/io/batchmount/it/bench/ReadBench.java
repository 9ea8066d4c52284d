package io.batchmount.it.bench;

import io.batchmount.it.bench.ReadResult.Target;
import io.batchmount.it.bench.ReadRow.Measured;
import io.batchmount.it.bench.ReadRow.Sample;
import io.batchmount.it.bench.ReadRow.Work;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * {@code bin/bench read}: a gigabyte file and 5,000 files of 100 KiB read through the built
 * program, through {@code rclone mount} where it is installed, and by a program that downloads the
 * same ranges with the same SDK and no mount. Every cold figure is taken on a fresh mount with an
 * empty cache and, as root, a dropped page cache.
 *
 * <p>Arguments: {@code --size MIB} (1024), {@code --files N} (5000), {@code --rows ID,...} (all),
 * {@code --runs N} (1; medians are told), {@code --peer no} leaves rclone out, {@code --data DIR}
 * keeps the data set for the next run, {@code --results FILE} merges the rows into those of earlier
 * runs, {@code --svg FILE} draws them, {@code --profile DIR} records each mount with JFR, {@code
 * --java OPTIONS} are options of the mount's JVM.
 */
public final class ReadBench {
  private static final long LATENCY_MILLIS = 20;
  private static final long RATE = 60_000_000;
  private static final int READ = 128 << 10;
  private static final int PAGE = 4 << 10;
  private static final int READERS = 8;
  private static final int SHUFFLED_FILES = 2000;
  private static final int ORDERED_FILES = 300;
  private static final int RANDOM_READS = 150; // of each reader
  private static final int MAX_RESIDENT = 512; // MiB
  private static final long QUIET_MILLIS = 700;
  private static final String BIG = "big";
  private static final String MACHINE = "2 cores, 24 GiB, Debian 12 VM";

  private record Options(
      long size,
      int files,
      List<String> rows,
      int runs,
      boolean peer,
      Optional<Path> data,
      Optional<Path> results,
      Optional<Path> svg,
      Optional<Path> profile,
      String java) {

    static Options parse(String[] arguments) {
      Map<String, String> given = new LinkedHashMap<>();
      List<String> known =
          List.of(
              "size", "files", "rows", "runs", "peer", "data", "results", "svg", "profile", "java");
      for (int i = 0; i < arguments.length; i += 2) {
        String name = arguments[i].replaceFirst("^--", "");
        if (!known.contains(name) || i + 1 == arguments.length) {
          throw new IllegalArgumentException(arguments[i] + " is none of --" + known + " VALUE");
        }
        given.put(name, arguments[i + 1]);
      }
      return new Options(
          Long.parseLong(given.getOrDefault("size", "1024")) << 20,
          Integer.parseInt(given.getOrDefault("files", "5000")),
          given.containsKey("rows") ? Arrays.asList(given.get("rows").split(",")) : List.of(),
          Integer.parseInt(given.getOrDefault("runs", "1")),
          !given.getOrDefault("peer", "yes").equals("no"),
          Optional.ofNullable(given.get("data")).map(Path::of),
          Optional.ofNullable(given.get("results")).map(Path::of),
          Optional.ofNullable(given.get("svg")).map(Path::of),
          Optional.ofNullable(given.get("profile")).map(Path::of),
          given.getOrDefault("java", ""));
    }
  }

  private final Options options;
  private final Path work;
  private final ReadData data;
  private final RangeServer server;
  private final SdkReads sdk;
  private final boolean peer;

  private ReadBench(Options options, Path work) throws IOException {
    this.options = options;
    this.work = work;
    Path place = options.data().orElse(work);
    Files.createDirectories(place);
    this.data = new ReadData(place.resolve("data"), options.size(), options.files());
    this.server = new RangeServer(data.root());
    this.sdk = new SdkReads(server.endpoint());
    this.peer = options.peer() && ReadPeer.Rclone.isInstalled();
  }

  public static void main(String[] arguments) throws Exception {
    Options options = Options.parse(arguments);
    Path work = Files.createTempDirectory("read-bench");
    try {
      ReadBench bench = new ReadBench(options, work);
      bench.run();
      bench.server.close();
      bench.data.close();
    } finally {
      BenchFiles.deleteTree(work);
    }
    System.exit(0);
  }

  private void run() throws Exception {
    List<ReadRow> rows = rows();
    List<String> ids = rows.stream().map(row -> row.id).toList();
    for (String id : options.rows()) {
      if (!ids.contains(id)) {
        throw new IllegalArgumentException("no row " + id + "; there are " + ids);
      }
    }
    // the first run of anything warms the compiler of the limit's program up
    server.shape(0, 0);
    sdk.sequential(BIG, options.size());
    List<ReadResult> fresh = new ArrayList<>();
    List<ReadResult> all = List.of();
    for (String id : options.rows().isEmpty() ? ids : options.rows()) {
      ReadResult result = measure(rows.get(ids.indexOf(id)));
      System.out.print(ReadResult.line(result));
      fresh.add(result);
      all = ReadResult.merge(options.results(), fresh, ids); // a run that is ended keeps these
    }
    System.out.println();
    System.out.print(ReadResult.table(all));
    long peak = all.stream().mapToLong(ReadResult::peakMiB).max().orElse(0);
    System.out.println();
    System.out.println(Target.atMost("peak resident memory of all rows, MiB,", peak, MAX_RESIDENT));
    if (options.svg().isPresent()) {
      Files.writeString(options.svg().get(), ReadResult.chart(all, MACHINE));
    }
  }

  // ---- the rows ---------------------------------------------------------------------------------

  private List<ReadRow> rows() {
    List<ReadRow> rows = new ArrayList<>();
    long size = options.size();
    Work sequential = root -> ReadWorks.sequential(root.resolve(BIG));
    Work whole = unused -> sdk.sequential(BIG, size);
    rows.add(
        new ReadRow("seq-shaped", "cold sequential, shaped", true, sequential)
            .limit(whole)
            .ofLimit(0.85)
            .timesRclone(8));
    rows.add(
        new ReadRow("seq-plain", "cold sequential, plain", false, sequential)
            .limit(whole)
            .ofLimit(0.5)
            .timesRclone(3));
    rows.add(
        new ReadRow(
                "quarters",
                "4 readers of a quarter each, shaped",
                true,
                root -> ReadWorks.parts(root.resolve(BIG), 4))
            .limit(whole)
            .ofLimit(0.85));
    randomRows(rows, size);
    smallFileRows(rows);
    rows.add(
        new ReadRow("disk-cache", "sequential again from the disk cache", true, sequential)
            .before(sequential)
            .timesRcloneOrRaw(1.5, 0.7));
    rows.add(
        new ReadRow("page-cache", "sequential again from the page cache", true, sequential)
            .before(sequential)
            .keepsPages()
            .silent());
    long place = size / 10 * 7;
    rows.add(
        new ReadRow(
                "first-byte",
                "4 KiB at 70 % of the file; listed, one read before; shaped",
                true,
                root -> ReadWorks.range(root.resolve(BIG), place, place + PAGE, PAGE) / PAGE)
            .before(
                root -> {
                  ReadWorks.list(root);
                  return ReadWorks.range(root.resolve(BIG), PAGE, 2 * PAGE, PAGE);
                })
            .keepsPages()
            .milliseconds(PAGE)
            .limit(unused -> sdk.random(BIG, List.of(place), 1, PAGE) / PAGE)
            .timesLimit(1.3));
    rows.add(
        new ReadRow("ls", "ls -lR, shaped", true, ReadWorks::list)
            .counts("entries/s", 0)
            .withRclone()
            .listings(14));
    return rows;
  }

  private void randomRows(List<ReadRow> rows, long size) {
    for (boolean shaped : new boolean[] {true, false}) {
      for (int readers : new int[] {1, READERS}) {
        List<Long> offsets = ReadWorks.randomOffsets(size, READ, readers * RANDOM_READS);
        ReadRow row =
            new ReadRow(
                    "random-" + readers + (shaped ? "" : "-plain"),
                    String.format(
                        "random 128 KiB, %d reader%s, %s",
                        readers, readers == 1 ? "" : "s", shaped ? "shaped" : "plain"),
                    shaped,
                    root -> ReadWorks.random(root.resolve(BIG), offsets, readers, READ))
                .limit(unused -> sdk.random(BIG, offsets, readers, READ))
                .requestEach(offsets.size())
                .wireRatio(1.3);
        if (shaped) {
          row.ofLimit(0.9);
        }
        if (shaped && readers == 1) {
          row.withRclone();
        } else {
          row.timesRclone(shaped ? 2 : 3);
        }
        rows.add(row);
      }
    }
    List<Long> epoch = ReadWorks.randomOffsets(size, READ, Integer.MAX_VALUE);
    rows.add(
        new ReadRow(
                "random-dataset",
                "every 128 KiB once in random order, 8 readers, shaped, prefetch dataset"
                    + " (limit: download, then read locally)",
                true,
                root -> ReadWorks.random(root.resolve(BIG), epoch, READERS, READ))
            .prefetch("dataset")
            .limit(
                unused -> {
                  Path local = work.resolve("local");
                  sdk.toFile(BIG, size, local);
                  return ReadWorks.random(local, epoch, READERS, READ);
                })
            .ofLimit(1));
    List<Long> small = ReadWorks.randomOffsets(size, PAGE, 3200);
    rows.add(
        new ReadRow(
                "random-4k",
                "random 4 KiB, 16 readers, shaped",
                true,
                root -> ReadWorks.random(root.resolve(BIG), small, 16, PAGE) / PAGE)
            .counts("reads/s", PAGE)
            .atLeast(600)
            .wireRatio(32));
  }

  private void smallFileRows(List<ReadRow> rows) {
    int bytes = ReadData.FILE_BYTES;
    List<String> shuffled = data.shuffledFiles().stream().limit(SHUFFLED_FILES).toList();
    Work read = root -> ReadWorks.files(root, shuffled, READERS);
    Work gets = unused -> sdk.whole(shuffled, READERS, bytes);
    String what = String.format("%d shuffled small files, 8 readers, shaped", shuffled.size());
    rows.add(
        new ReadRow("shuffled-listed", what + ", listed, prefetch off", true, read)
            .before(ReadWorks::list)
            .prefetch("off")
            .counts("files/s", bytes)
            .limit(gets)
            .ofLimit(0.95));
    rows.add(
        new ReadRow("shuffled", what + ", not listed", true, read)
            .counts("files/s", bytes)
            .limit(gets)
            .timesRclone(0.95));
    rows.add(
        new ReadRow("shuffled-dataset", what + ", not listed, prefetch dataset", true, read)
            .prefetch("dataset")
            .counts("files/s", bytes)
            .limit(gets)
            .timesRclone(3));
    List<String> ordered = data.smallFiles().stream().limit(ORDERED_FILES).toList();
    for (boolean shaped : new boolean[] {true, false}) {
      rows.add(
          new ReadRow(
                  shaped ? "ordered" : "ordered-plain",
                  String.format(
                      "%d small files in order, 1 reader, %s",
                      ordered.size(), shaped ? "shaped" : "plain"),
                  shaped,
                  root -> ReadWorks.files(root, ordered, 1))
              .counts("files/s", bytes)
              .limit(unused -> sdk.whole(ordered, 1, bytes))
              .timesRclone(shaped ? 6 : 1.5));
    }
  }

  // ---- measuring --------------------------------------------------------------------------------

  private ReadResult measure(ReadRow row) throws Exception {
    server.shape(row.shaped ? LATENCY_MILLIS : 0, row.shaped ? RATE : 0);
    List<Double> limits = new ArrayList<>();
    List<Sample> ours = new ArrayList<>();
    List<Double> peers = new ArrayList<>();
    for (int i = 0; i < options.runs(); i++) {
      if (row.limit.isPresent()) {
        long begun = System.nanoTime();
        double amount = row.limit.get().run(work);
        limits.add(row.figure(amount, (System.nanoTime() - begun) / 1e9));
      }
      ours.add(sample(row, new ReadPeer.Ours(server.endpoint(), row.prefetch, javaOptions(row))));
      if (peer && row.withPeer) {
        Sample sample = sample(row, new ReadPeer.Rclone(server.endpoint()));
        peers.add(row.figure(sample.amount(), sample.seconds()));
      }
    }
    ours.sort(Comparator.comparingDouble(s -> row.figure(s.amount(), s.seconds())));
    Sample sample = ours.get(ours.size() / 2);
    double bytes = sample.amount() * row.unitBytes;
    Measured measured =
        new Measured(
            sample,
            row.figure(sample.amount(), sample.seconds()),
            row.readsDiskRaw ? sample.rawRate() / 1e6 : median(limits),
            median(peers),
            bytes == 0 ? 0 : sample.wireBytes() / bytes);
    return new ReadResult(
        row.id,
        LocalDate.now(ZoneOffset.UTC).toString(),
        row.text,
        row.unit,
        measured.ours(),
        measured.limit(),
        measured.rclone(),
        sample.gets(),
        sample.lists(),
        sample.heads(),
        measured.wireRatio(),
        sample.cpuSeconds(),
        sample.peakMiB(),
        row.targets(measured));
  }

  private String javaOptions(ReadRow row) {
    String recording =
        options
            .profile()
            .map(dir -> dir.resolve(row.id + ".jfr").toAbsolutePath())
            .map(
                file ->
                    "-XX:StartFlightRecording=settings=profile,dumponexit=true,filename=" + file)
            .orElse("");
    return (options.java() + " " + recording).strip();
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    return sorted.isEmpty() ? 0 : sorted.get(sorted.size() / 2);
  }

  /** Measures on a fresh mount with an empty cache. */
  private Sample sample(ReadRow row, ReadPeer who) throws Exception {
    Path cache = Files.createTempDirectory(work, "cache");
    Path output = Files.createTempDirectory(work, "output");
    Path point = Files.createTempDirectory(work, "mount");
    try (ReadPeer.Mount mount = new ReadPeer.Mount(who, point, cache, output)) {
      row.before.run(point);
      if (row.awaitsDiskCache) {
        awaitQuiet(cache);
      }
      if (row.dropsPages) {
        dropPages();
      }
      long pages = pagesRead(row, who, output);
      server.reset();
      double cpu = mount.cpu();
      long begun = System.nanoTime();
      double amount = row.measured.run(point);
      double seconds = (System.nanoTime() - begun) / 1e9;
      if (who instanceof ReadPeer.Ours) {
        System.out.println(row.id + ", seconds of threads since the start: " + mount.threads());
      }
      return new Sample(
          amount,
          seconds,
          server.gets(),
          server.lists(),
          server.heads(),
          server.bytes(),
          mount.cpu() - cpu,
          mount.peakMiB(),
          row.readsDiskRaw ? rawRate(cache) : 0,
          pagesRead(row, who, output) - pages);
    } finally {
      BenchFiles.deleteTree(cache);
    }
  }

  private static long pagesRead(ReadRow row, ReadPeer who, Path output) throws IOException {
    return row.countsPages && who instanceof ReadPeer.Ours ours ? ours.pagesRead(output) : 0;
  }

  /** Reads the files of a disk cache, without page cache, as one would copy them. */
  private double rawRate(Path cache) throws Exception {
    dropPages();
    long begun = System.nanoTime();
    double bytes = ReadWorks.tree(cache);
    return bytes / ((System.nanoTime() - begun) / 1e9);
  }

  private static void dropPages() throws Exception {
    new ProcessBuilder("sh", "-c", "sync; echo 1 > /proc/sys/vm/drop_caches 2>/dev/null")
        .start()
        .waitFor();
  }

  /** Waits until a disk cache has grown no more for a while. */
  private static void awaitQuiet(Path cache) throws IOException, InterruptedException {
    long before = -1;
    long now = bytesBelow(cache);
    while (now != before) {
      TimeUnit.MILLISECONDS.sleep(QUIET_MILLIS);
      before = now;
      now = bytesBelow(cache);
    }
  }

  private static long bytesBelow(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(Files::isRegularFile)
          .mapToLong(
              file -> {
                try {
                  return Files.size(file);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              })
          .sum();
    }
  }
}
