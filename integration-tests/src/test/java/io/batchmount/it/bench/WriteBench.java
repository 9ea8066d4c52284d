package io.batchmount.it.bench;

import com.azure.core.credential.AzureNamedKeyCredential;
import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobContainerClientBuilder;
import com.azure.storage.blob.BlobServiceVersion;
import com.azure.storage.blob.models.ParallelTransferOptions;
import com.azure.storage.blob.options.BlobUploadFromFileOptions;
import com.azure.storage.blob.sas.BlobContainerSasPermission;
import com.azure.storage.blob.sas.BlobServiceSasSignatureValues;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.batchmount.blob.BlobTestMount;
import io.batchmount.blob.store.BlobCredential;
import io.batchmount.blob.store.BlobHeaders;
import io.batchmount.blob.store.BlobLocation;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.BlobStore;
import io.batchmount.blob.store.CountingBlobStore;
import io.batchmount.blob.store.LatencyBlobStore;
import io.batchmount.blob.store.SdkBlobStore;
import io.batchmount.blob.store.WriteCondition;
import io.batchmount.core.fuse.FuseMount;
import io.batchmount.core.fuse.FuseMountOptions;
import io.batchmount.core.testkit.Azurite;
import io.batchmount.it.support.Batchmount;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * {@code bin/bench write}: writing to a mounted container in Azurite, to the end of close, beside
 * the same work done by a client without a mount and by {@code rclone mount} where it is installed.
 * "Shaped" is a {@link ShapedLink} of 20 ms and 60 MB/s a connection, the same for all. What the
 * mount and the client without a mount wrote is stored at the service when the clock stops; rclone
 * with its write-back has stored nothing by then.
 *
 * <p>Arguments: {@code --size MIB} of the large file (1024), {@code --rows A,B,...} of {@link Row}
 * (all), {@code --rounds N} of mount and client in turns, whose median counts (3), {@code --rclone
 * false} to leave it out.
 */
public final class WriteBench {
  private static final long LATENCY_MILLIS = 20;
  private static final long BYTES_PER_SECOND = 60_000_000;
  private static final int BLOCK = 8 << 20;
  private static final int CONNECTIONS = 16;
  private static final int WRITERS = 8;
  private static final int SMALL_FILES = 500;
  private static final int SMALL_BYTES = 4096;
  private static final int TREE_FILES = 2000;
  private static final int RENAMED = 1000;

  /** Bytes of one write() of the large file: what cp and dd use, and what JDK and stdio use. */
  private static final int LARGE_WRITES = 1 << 20;

  private static final int SMALL_WRITES = 8192;

  /** Enough for the compiler to have seen the path; not timed. */
  private static final long WARM_UP_BYTES = 96L << 20;

  private static final int WARM_UP_FILES = 1500;

  private static final long WAIT_FOR_MOUNT_NANOS = 60_000_000_000L;

  /** What can be measured alone. */
  private enum Row {
    PLAIN,
    SHAPED,
    CHUNKS,
    SMALL,
    TREE,
    REWRITE,
    RENAME
  }

  private final Path work;
  private final long large;
  private final int rounds;
  private final boolean rclone;

  private WriteBench(Path work, long large, int rounds, boolean rclone) {
    this.work = work;
    this.large = large;
    this.rounds = rounds;
    this.rclone = rclone;
  }

  /** Runs the rows asked for and prints a table. */
  public static void main(String[] arguments) throws Exception {
    long mebibytes = 1024;
    Set<Row> rows = EnumSet.allOf(Row.class);
    int rounds = 3;
    boolean rclone = hasRclone();
    for (int i = 0; i + 1 < arguments.length; i += 2) {
      switch (arguments[i]) {
        case "--size" -> mebibytes = Long.parseLong(arguments[i + 1]);
        case "--rounds" -> rounds = Integer.parseInt(arguments[i + 1]);
        case "--rclone" -> rclone &= Boolean.parseBoolean(arguments[i + 1]);
        case "--rows" ->
            rows =
                Arrays.stream(arguments[i + 1].toUpperCase(Locale.ROOT).split(","))
                    .map(Row::valueOf)
                    .collect(Collectors.toCollection(() -> EnumSet.noneOf(Row.class)));
        default -> throw new IllegalArgumentException("unknown option " + arguments[i]);
      }
    }
    Path work = Files.createTempDirectory("write-bench");
    Batchmount.script(); // it must be there before anything is measured
    System.out.println("| work | mount | client without mount | ratio | rclone | notes |");
    System.out.println("| --- | --- | --- | --- | --- | --- |");
    WriteBench bench = new WriteBench(work, mebibytes << 20, rounds, rclone);
    try {
      for (Row row : rows) {
        bench.measure(row);
      }
    } finally {
      BenchFiles.deleteTree(work);
    }
    System.exit(0); // the servers' threads are not all daemons
  }

  private void measure(Row row) throws Exception {
    switch (row) {
      case PLAIN -> sequential(false, LARGE_WRITES);
      case SHAPED -> sequential(true, LARGE_WRITES);
      case CHUNKS -> sequential(false, SMALL_WRITES);
      case SMALL -> smallFiles();
      case TREE -> tree();
      case REWRITE -> rewrite();
      case RENAME -> renameDirectory();
    }
  }

  /**
   * A server with one container behind a link, and a client of it that counts. Azurite forces each
   * block to its disk; were that the disk of the mount's journal, ext4 would first have to write
   * what the journal has there, which no service in the cloud waits for. So it works in memory.
   */
  private static final class Service implements AutoCloseable {
    final Path disk = Files.createTempDirectory(BenchFiles.memory(), "write-bench-azurite");
    final Azurite server = Azurite.start(0, disk);
    final String name = "bench";
    final ShapedLink link;
    final CountingBlobStore store;
    final BlobContainerClient container;

    Service(boolean shaped) throws Exception {
      URI azurite = server.endpoint();
      link =
          shaped
              ? new ShapedLink(azurite, LATENCY_MILLIS, BYTES_PER_SECOND)
              : new ShapedLink(azurite, 0, 0);
      store = new CountingBlobStore(open(shaped ? link.endpoint() : azurite));
      container = client(azurite.toString());
      container.create();
    }

    BlobStore open(URI endpoint) {
      return SdkBlobStore.open(
          SdkBlobStore.Options.of(
              new BlobLocation(endpoint.toString(), Azurite.ACCOUNT, name),
              new BlobCredential.Key(new AzureNamedKeyCredential(Azurite.ACCOUNT, Azurite.KEY)),
              new SimpleMeterRegistry(),
              "bench"));
    }

    /** The SDK's own client. */
    BlobContainerClient client() {
      return client(store.location().endpoint());
    }

    private BlobContainerClient client(String endpoint) {
      return new BlobContainerClientBuilder()
          .endpoint(endpoint)
          .credential(new AzureNamedKeyCredential(Azurite.ACCOUNT, Azurite.KEY))
          .serviceVersion(BlobServiceVersion.V2025_11_05)
          .containerName(name)
          .buildClient();
    }

    @Override
    public void close() throws Exception {
      link.close();
      server.close();
      BenchFiles.deleteTree(disk);
    }
  }

  /** A mounted container. */
  private final class Mounted implements AutoCloseable {
    private final BlobTestMount mount;
    private final FuseMount fuse;
    private final Path at;
    private final Path state;

    Mounted(BlobStore store, String name) throws Exception {
      at = Files.createDirectories(work.resolve(name));
      state = work.resolve(name + ".state");
      mount = BlobTestMount.open(store, state, 256L << 20, 0, options -> options);
      fuse = FuseMount.mount(mount.fileSystem(), at, FuseMountOptions.defaults());
    }

    @Override
    public void close() throws Exception {
      fuse.unmount(Duration.ofMinutes(1), unused -> {});
      mount.close();
      BenchFiles.deleteTree(state);
      Files.delete(at);
    }
  }

  /** The same by the built program, as users run it. */
  private final class Program implements AutoCloseable {
    final Path at;
    private final Path home;
    private final Process process;

    Program(Service service) throws Exception {
      at = Files.createDirectories(work.resolve(service.name + ".program"));
      home = Files.createTempDirectory(work, "program");
      process =
          Batchmount.in(home)
              .with("AZURE_STORAGE_ACCESS_KEY", Azurite.KEY)
              .start(
                  "mount",
                  "blob",
                  service.name,
                  at.toString(),
                  "--foreground",
                  "--account",
                  Azurite.ACCOUNT,
                  "--blob-endpoint",
                  service.store.location().endpoint(),
                  "--memory",
                  "256MiB")
              .process();
      long end = System.nanoTime() + WAIT_FOR_MOUNT_NANOS;
      while (new ProcessBuilder("mountpoint", "-q", at.toString()).start().waitFor() != 0) {
        if (!process.isAlive() || System.nanoTime() > end) {
          throw new IOException("batchmount did not mount; its output is in " + home);
        }
        Thread.sleep(20);
      }
    }

    /** Sent so far. */
    long requests() throws IOException {
      String text = Batchmount.in(home).run("status", "--json").expect(0).stdout();
      return new ObjectMapper().readTree(text).at("/mounts/0/requests/total").asLong();
    }

    @Override
    public void close() throws Exception {
      process.destroy();
      process.waitFor();
      BenchFiles.deleteTree(home);
      Files.delete(at);
    }
  }

  /** {@code rclone mount} of a container, its cache on disk. */
  private final class Rclone implements AutoCloseable {
    private final Path at;
    private final Path state;
    private final Process process;

    Rclone(Service service) throws Exception {
      at = Files.createTempDirectory(work, "rclone");
      state = Files.createTempDirectory(work, "rclone-state");
      Path config = state.resolve("rclone.conf");
      String sas =
          service.container.generateSas(
              new BlobServiceSasSignatureValues(
                  OffsetDateTime.now().plusHours(1), BlobContainerSasPermission.parse("racwdl")));
      Files.writeString(
          config,
          "[b]\ntype = azureblob\nsas_url = "
              + service.store.location().endpoint()
              + "/"
              + service.name
              + "?"
              + sas
              + "\n");
      process =
          new ProcessBuilder(
                  "rclone",
                  "mount",
                  "b:" + service.name,
                  at.toString(),
                  "--config",
                  config.toString(),
                  "--vfs-cache-mode",
                  "writes",
                  "--vfs-write-back",
                  "0s",
                  "--azureblob-chunk-size",
                  "8M",
                  "--azureblob-upload-concurrency",
                  Integer.toString(CONNECTIONS),
                  "--transfers",
                  Integer.toString(CONNECTIONS),
                  "--cache-dir",
                  state.resolve("vfs").toString())
              .redirectErrorStream(true)
              .redirectOutput(work.resolve("rclone.log").toFile())
              .start();
      long end = System.nanoTime() + WAIT_FOR_MOUNT_NANOS;
      while (new ProcessBuilder("mountpoint", "-q", at.toString()).start().waitFor() != 0) {
        if (!process.isAlive() || System.nanoTime() > end) {
          close();
          throw new IOException(
              "rclone did not mount: " + Files.readString(work.resolve("rclone.log")));
        }
        Thread.sleep(20);
      }
    }

    @Override
    public void close() throws Exception {
      new ProcessBuilder("fusermount3", "-u", "-z", at.toString()).start().waitFor();
      process.destroy();
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
      BenchFiles.deleteTree(state);
      Files.delete(at);
    }
  }

  /** Copies in write() calls of a size, to the end of close. */
  private static void copy(Path source, Path target, int writes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(writes);
    try (FileChannel in = FileChannel.open(source);
        FileChannel out =
            FileChannel.open(target, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      while (in.read(buffer.clear()) >= 0) {
        buffer.flip();
        while (buffer.hasRemaining()) {
          out.write(buffer);
        }
      }
    }
  }

  private Path source(String name, long bytes) throws IOException {
    Path source = work.resolve(name);
    if (!Files.exists(source)) {
      byte[] chunk = new byte[1 << 20];
      Random random = new Random(1);
      try (OutputStream out = Files.newOutputStream(source)) {
        for (long at = 0; at < bytes; at += chunk.length) {
          random.nextBytes(chunk);
          out.write(chunk);
        }
      }
    }
    return source;
  }

  private void sequential(boolean shaped, int writes) throws Exception {
    Path warmUp = source("warm-up", WARM_UP_BYTES);
    Path source = source("large", large);
    List<Timed> ours = new ArrayList<>();
    List<Timed> theirs = new ArrayList<>();
    Optional<Timed> peer;
    try (Service service = new Service(shaped)) {
      try (Program mounted = new Program(service)) {
        copy(warmUp, mounted.at.resolve("w"), writes);
        upload(service, "v", warmUp);
        for (int i = 0; i < rounds; i++) {
          Path file = mounted.at.resolve("f" + i);
          String blob = "theirs" + i;
          inTurns(
              i,
              () -> ours.add(time(mounted.process, () -> copy(source, file, writes))),
              () -> theirs.add(time(() -> upload(service, blob, source))));
        }
      }
      peer = besideRclone(service, mount -> copy(source, mount.resolve("r"), writes));
    }
    Timed our = median(ours);
    Timed their = median(theirs);
    row(
        (large >> 20)
            + " MiB sequential to close, write() of "
            + (writes >> 10)
            + " KiB, "
            + (shaped ? "shaped" : "plain"),
        rate(large, our.seconds()),
        rate(large, their.seconds()),
        their.seconds() / our.seconds(),
        peer.map(timed -> rate(large, timed.seconds()) + " (not stored yet)"),
        medianOf()
            + "; CPU s: "
            + our.cpu()
            + " against "
            + their.cpu()
            + "; seconds "
            + seconds(ours)
            + " against "
            + seconds(theirs));
  }

  private static void upload(Service service, String blob, Path source) {
    service
        .client()
        .getBlobClient(blob)
        .uploadFromFileWithResponse(
            new BlobUploadFromFileOptions(source.toString())
                .setParallelTransferOptions(
                    new ParallelTransferOptions()
                        .setBlockSizeLong((long) BLOCK)
                        .setMaxConcurrency(CONNECTIONS)),
            Duration.ofMinutes(10),
            null);
  }

  /** The pages that earlier work left dirty are no cost of the next. */
  /** Who is the first changes: the second finds memory that the first has just given back. */
  private static void inTurns(int round, Work ours, Work theirs) throws Exception {
    for (Work each : round % 2 == 0 ? List.of(ours, theirs) : List.of(theirs, ours)) {
      settle();
      each.run();
    }
  }

  private static void settle() throws Exception {
    new ProcessBuilder("sync").start().waitFor();
  }

  private Optional<Timed> besideRclone(Service service, PeerWork peerWork) throws Exception {
    if (!rclone) {
      return Optional.empty();
    }
    try (Rclone mounted = new Rclone(service)) {
      settle();
      return Optional.of(time(() -> peerWork.run(mounted.at)));
    }
  }

  private static void writeFiles(Path directory, int count) throws Exception {
    byte[] content = new byte[SMALL_BYTES];
    List<Callable<Boolean>> writes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Path file = directory.resolve("f" + i);
      writes.add(
          () -> {
            Files.write(file, content);
            return true;
          });
    }
    parallel(WRITERS, writes);
  }

  private static void putBlobs(BlobStore store, String prefix, int count, int clients)
      throws Exception {
    byte[] content = new byte[SMALL_BYTES];
    List<Callable<Boolean>> puts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String blob = prefix + "/f" + i;
      puts.add(
          () -> {
            store.putBlob(blob, ByteBuffer.wrap(content), BlobHeaders.NONE, WriteCondition.ABSENT);
            return true;
          });
    }
    parallel(clients, puts);
  }

  /**
   * Before the first turn both sides do as much without the link, for the compiler of the JVM: it
   * is no part of what a mount that has run for a while costs.
   */
  private void smallFiles() throws Exception {
    List<Timed> ours = new ArrayList<>();
    List<Timed> theirs = new ArrayList<>();
    Optional<Timed> peer;
    double requests;
    try (Service service = new Service(true)) {
      try (Program mounted = new Program(service)) {
        writeFiles(Files.createDirectory(mounted.at.resolve("w")), WARM_UP_FILES);
        putBlobs(service.store, "v", WARM_UP_FILES, WRITERS);
        long before = mounted.requests();
        for (int i = 0; i < rounds; i++) {
          String blobs = "p" + i;
          Path directory = Files.createDirectory(mounted.at.resolve("d" + i));
          inTurns(
              i,
              () -> ours.add(time(mounted.process, () -> writeFiles(directory, SMALL_FILES))),
              () -> theirs.add(time(() -> putBlobs(service.store, blobs, SMALL_FILES, WRITERS))));
        }
        requests = (mounted.requests() - before) / (double) (rounds * SMALL_FILES);
      }
      peer =
          besideRclone(
              service, mount -> writeFiles(Files.createDirectory(mount.resolve("r")), SMALL_FILES));
    }
    Timed our = median(ours);
    Timed their = median(theirs);
    row(
        SMALL_FILES + " files of 4 KiB by " + WRITERS + " writers, shaped",
        number(SMALL_FILES / our.seconds()) + " files/s",
        number(SMALL_FILES / their.seconds()) + " files/s",
        their.seconds() / our.seconds(),
        peer.map(timed -> number(SMALL_FILES / timed.seconds()) + " files/s (not stored yet)"),
        medianOf()
            + "; "
            + number(requests)
            + " requests a file; CPU s: "
            + our.cpu()
            + " against "
            + their.cpu()
            + "; seconds "
            + seconds(ours)
            + " against "
            + seconds(theirs));
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
    Timed ours;
    Optional<Timed> peer;
    double requests;
    try (Service service = new Service(false)) {
      try (Mounted mounted = new Mounted(service.store, service.name)) {
        service.store.reset();
        ours = time(() -> run("tar", "-C", mounted.at.toString(), "-xf", archive.toString()));
        requests = service.store.total() / (double) TREE_FILES;
      }
      peer =
          besideRclone(
              service,
              mount ->
                  run(
                      "tar",
                      "-C",
                      Files.createDirectory(mount.resolve("r")).toString(),
                      "-xf",
                      archive.toString()));
    }
    row(
        "tar -x of " + TREE_FILES + " files, plain",
        number(ours.seconds()) + " s",
        "",
        Double.NaN,
        peer.map(timed -> number(timed.seconds()) + " s (not stored yet)"),
        number(requests) + " requests a file");
  }

  private void rewrite() throws Exception {
    Path source = source("large", large);
    try (Service service = new Service(false)) {
      long written;
      try (Mounted mounted =
          new Mounted(
              service.open(service.link.endpoint()), service.name)) { // all through the link
        Path file = mounted.at.resolve("f");
        copy(source, file, LARGE_WRITES);
        written = service.link.bytes();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          channel.write(ByteBuffer.allocate(4096), large / 2 + 12345);
        }
        long rewritten = service.link.bytes();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          channel.write(ByteBuffer.allocate(1024), large);
        }
        long appended = service.link.bytes();
        row(
            "rewrite 4 KiB in the middle of " + (large >> 20) + " MiB",
            String.format(Locale.ROOT, "%.2f", (rewritten - written) / 1048576.0)
                + " MiB on the wire",
            "",
            Double.NaN,
            Optional.empty(),
            "two blocks are 16 MiB");
        row(
            "append 1 KiB to " + (large >> 20) + " MiB",
            number((appended - rewritten) / 1024.0) + " KiB on the wire",
            "",
            Double.NaN,
            Optional.empty(),
            "");
      }
      upload(service, "other", source);
      try (Mounted mounted = new Mounted(service.open(service.link.endpoint()), service.name)) {
        long before = service.link.bytes();
        try (FileChannel channel =
            FileChannel.open(mounted.at.resolve("other"), StandardOpenOption.WRITE)) {
          channel.write(ByteBuffer.allocate(1024), large);
        }
        row(
            "append 1 KiB to " + (large >> 20) + " MiB that the SDK wrote",
            number((service.link.bytes() - before) / 1024.0) + " KiB on the wire",
            "",
            Double.NaN,
            Optional.empty(),
            "");
      }
    }
  }

  private void renameDirectory() throws Exception {
    try (Service service = new Service(false)) {
      // copies name their source: through a link Azurite would take it for another account
      BlobStore store =
          new LatencyBlobStore(service.store, Duration.ofMillis(LATENCY_MILLIS), BYTES_PER_SECOND);
      putBlobs(service.store, "old", RENAMED, CONNECTIONS);
      Timed ours;
      Timed tenth;
      try (Mounted mounted = new Mounted(store, service.name)) {
        ours = time(() -> Files.move(mounted.at.resolve("old"), mounted.at.resolve("new")));
        // one after the other: measured on a tenth of them
        tenth =
            time(
                () -> {
                  for (BlobProperties blob :
                      store.listBlobs("new/", false, Optional.empty(), RENAMED / 10).blobs()) {
                    store.copy(
                        blob.name(), Optional.empty(), "x" + blob.name(), WriteCondition.ANY);
                    store.delete(blob.name(), WriteCondition.ANY);
                  }
                });
      }
      row(
          "rename of a directory with "
              + RENAMED
              + " blobs, shaped, beside one after the other (a tenth of them, times ten)",
          number(ours.seconds()) + " s",
          number(tenth.seconds() * 10) + " s",
          tenth.seconds() * 10 / ours.seconds(),
          Optional.empty(),
          "");
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

  /** Work below a mount point. */
  @FunctionalInterface
  private interface PeerWork {
    void run(Path mount) throws Exception;
  }

  /**
   * What some work took.
   *
   * @param cpu seconds of the processes that are no server, and of Azurite
   */
  private record Timed(double seconds, String cpu) {}

  private static Timed time(Work timed) throws Exception {
    return time(List.of(ProcessHandle.current()), timed);
  }

  /** Of a mount in a process of its own. */
  private static Timed time(Process mount, Work timed) throws Exception {
    return time(List.of(ProcessHandle.current(), mount.toHandle()), timed);
  }

  private static Timed time(List<ProcessHandle> processes, Work timed) throws Exception {
    double own = cpu(processes);
    double server = servers();
    long start = System.nanoTime();
    timed.run();
    double seconds = (System.nanoTime() - start) / 1e9;
    return new Timed(
        seconds,
        String.format(
            Locale.ROOT, "%.1f + %.1f Azurite", cpu(processes) - own, servers() - server));
  }

  private String medianOf() {
    return rounds == 1 ? "one run" : "median of " + rounds + " in turns";
  }

  private static String seconds(List<Timed> timed) {
    return timed.stream()
        .map(each -> String.format(Locale.ROOT, "%.1f", each.seconds()))
        .collect(Collectors.joining(" "));
  }

  private static Timed median(List<Timed> rounds) {
    return rounds.stream()
        .sorted(Comparator.comparingDouble(Timed::seconds))
        .toList()
        .get(rounds.size() / 2);
  }

  private static double servers() {
    return ProcessHandle.current()
        .children()
        .filter(child -> child.info().command().filter(c -> c.endsWith("node")).isPresent())
        .mapToDouble(WriteBench::cpu)
        .sum();
  }

  private static double cpu(List<ProcessHandle> processes) {
    return processes.stream().mapToDouble(WriteBench::cpu).sum();
  }

  private static double cpu(ProcessHandle process) {
    return process.info().totalCpuDuration().map(Duration::toMillis).orElse(0L) / 1e3;
  }

  private static boolean hasRclone() {
    try {
      return new ProcessBuilder("rclone", "version")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false; // not installed
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static String rate(long bytes, double seconds) {
    return number(bytes / seconds / 1e6) + " MB/s";
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value < 10 ? "%.2f" : "%.0f", value);
  }

  private static void row(
      String label,
      String ours,
      String theirs,
      double ratio,
      Optional<String> rclone,
      String notes) {
    System.out.printf(
        Locale.ROOT,
        "| %s | %s | %s | %s | %s | %s |%n",
        label,
        ours,
        theirs,
        Double.isNaN(ratio) ? "" : number(ratio),
        rclone.orElse(""),
        notes);
  }
}
