package io.batchmount.it.bench;

import com.azure.core.http.HttpClient;
import com.azure.core.util.Context;
import com.azure.core.util.HttpClientOptions;
import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobContainerClientBuilder;
import com.azure.storage.blob.BlobServiceClient;
import com.azure.storage.blob.BlobServiceClientBuilder;
import com.azure.storage.blob.BlobServiceVersion;
import com.azure.storage.blob.models.ParallelTransferOptions;
import com.azure.storage.blob.options.BlobUploadFromFileOptions;
import com.azure.storage.blob.sas.BlobContainerSasPermission;
import com.azure.storage.blob.sas.BlobServiceSasSignatureValues;
import io.batchmount.core.testkit.Azurite;
import io.batchmount.it.support.Storage;
import io.batchmount.launcher.outputs.DestinationAccess;
import io.batchmount.launcher.outputs.JobContext;
import io.batchmount.launcher.outputs.OutputDestination;
import io.batchmount.launcher.outputs.OutputFile;
import io.batchmount.launcher.outputs.OutputFilesPhase;
import io.batchmount.launcher.outputs.PhaseResult;
import io.batchmount.launcher.outputs.UploadCondition;
import io.batchmount.launcher.outputs.UploadListener;
import io.batchmount.launcher.outputs.UploadOptions;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/**
 * Upload of output files: 1,000 files of 100 KiB and one of 1 GiB, by the OutputFiles phase, by the
 * SDK's own parallel upload, and by {@code rclone copy} where it is installed; in turns against one
 * local Blob service that keeps its data in memory, each with the same parallelism. Then the peak
 * resident memory of {@code batchmount outputs upload} with the large file.
 *
 * <p>Arguments: rounds (default 3), MiB of the large file (default 1024).
 */
public final class OutputsBench {
  private static final int WARM_UP_ROUNDS = 2;
  private static final int SMALL_FILES = 1000;
  private static final int SMALL_BYTES = 100 << 10;
  private static final int FILES_AT_ONCE = 16;
  private static final long BLOCK = 8L << 20;
  private static final int BLOCKS_AT_ONCE = 16;

  /** The kernel's unit of time in /proc, on every machine since long. */
  private static final int TICKS_PER_SECOND = 100;

  private static final BlobServiceVersion VERSION = BlobServiceVersion.V2025_05_05;

  private static BlobServiceClient service;

  private OutputsBench() {}

  private interface Way {
    void upload(Path directory) throws Exception;
  }

  /** Runs the comparison. */
  public static void main(String[] arguments) throws Exception {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 3;
    int mebibytes = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1024;
    Path work = Files.createTempDirectory("outputs-bench");
    Path small = Files.createDirectories(work.resolve("small"));
    Path large = Files.createDirectories(work.resolve("large"));
    for (int i = 0; i < SMALL_FILES; i++) {
      fill(small.resolve(String.format(Locale.ROOT, "f%04d", i)), SMALL_BYTES, i);
    }
    fill(large.resolve("large.bin"), (long) mebibytes << 20, -1);
    Map<String, Way> ways = new LinkedHashMap<>();
    ways.put("batchmount", directory -> phase(work, directory));
    ways.put("SDK uploadFromFile", OutputsBench::sdk);
    if (isInstalled("rclone")) {
      ways.put("rclone copy", directory -> rclone(work, directory));
    } else {
      System.out.println("left out: rclone, which is not installed");
    }
    for (Path set : List.of(small, large)) {
      compare(set, ways, rounds);
    }
    System.out.printf(
        Locale.ROOT,
        "%-34s %9d MiB%n",
        "peak resident, large file, command",
        withServer(() -> peakMemory(work, large)));
    BenchFiles.deleteTree(work);
    System.exit(0); // the servers' threads are not all daemons
  }

  private static void compare(Path set, Map<String, Way> ways, int rounds) throws Exception {
    long bytes;
    try (Stream<Path> files = Files.list(set)) {
      bytes = files.mapToLong(file -> file.toFile().length()).sum();
    }
    Map<String, List<Double>> seconds = new LinkedHashMap<>();
    Map<String, Double> processor = new LinkedHashMap<>();
    List<Map.Entry<String, Way>> order = new ArrayList<>(ways.entrySet());
    for (int round = -WARM_UP_ROUNDS; round < rounds; round++) {
      // each way in each place, and after each of the others: who was before leaves its traces
      Collections.rotate(order, 1);
      if (round % 2 == 0) {
        Collections.reverse(order);
      }
      int current = round;
      withServer(
          () -> {
            sdk(set); // a new server compiles its code at its first requests
            for (Map.Entry<String, Way> way : order) {
              new ProcessBuilder("sync").start().waitFor();
              long start = System.nanoTime();
              double before = processorSeconds();
              way.getValue().upload(set);
              double used = processorSeconds() - before;
              double taken = (System.nanoTime() - start) / 1e9;
              if (current >= 0) {
                seconds.computeIfAbsent(way.getKey(), any -> new ArrayList<>()).add(taken);
                processor.merge(way.getKey(), used / rounds, Double::sum);
              }
            }
            return current;
          });
    }
    System.out.printf(
        Locale.ROOT,
        "%-34s %9s %9s %9s %9s%n",
        set.getFileName() + ", seconds",
        "min",
        "median",
        "MiB/s",
        "client CPU");
    ways.keySet()
        .forEach(
            name -> {
              List<Double> sorted = seconds.get(name).stream().sorted().toList();
              double median = sorted.get(sorted.size() / 2);
              System.out.printf(
                  Locale.ROOT,
                  "  %-32s %9.2f %9.2f %9.1f %9.2f%n",
                  name,
                  sorted.get(0),
                  median,
                  bytes / median / (1 << 20),
                  processor.get(name));
            });
  }

  /** Of this process and of the programs that it has waited for. */
  private static double processorSeconds() throws IOException {
    String[] fields =
        Files.readString(Path.of("/proc/self/stat")).replaceFirst("^.*\\) ", "").split(" ");
    long ticks = 0;
    for (int i = 11; i <= 14; i++) { // utime, stime, cutime, cstime
      ticks += Long.parseLong(fields[i]);
    }
    return (double) ticks / TICKS_PER_SECOND;
  }

  /** With a server of its own: the local one keeps what was deleted until minutes later. */
  private static <T> T withServer(Callable<T> body) throws Exception {
    Path disk = Files.createTempDirectory(BenchFiles.memory(), "outputs-bench-azurite");
    try (Azurite server = Azurite.start(0, disk)) {
      service =
          new BlobServiceClientBuilder()
              .connectionString(server.connectionString())
              .serviceVersion(VERSION)
              .buildClient();
      return body.call();
    } finally {
      BenchFiles.deleteTree(disk);
    }
  }

  private static BlobContainerClient newContainer() {
    return service.createBlobContainer(Storage.newName());
  }

  private static String addressOf(BlobContainerClient container, String permissions) {
    return container.getBlobContainerUrl()
        + "?"
        + container.generateSas(
            new BlobServiceSasSignatureValues(
                OffsetDateTime.now().plusHours(4), BlobContainerSasPermission.parse(permissions)));
  }

  private static void phase(Path work, Path directory) {
    BlobContainerClient container = newContainer();
    OutputFile all =
        new OutputFile(
            "*",
            OutputDestination.Container.of(addressOf(container, "w"), ""),
            UploadCondition.TASK_SUCCESS);
    try (OutputFilesPhase phase =
        OutputFilesPhase.open(
            List.of(all),
            new JobContext(work, directory, Map.of(), Set.of()),
            UploadOptions.defaults(),
            DestinationAccess.sasOnly(),
            UploadListener.NONE)) {
      PhaseResult result = phase.commandEnded(0);
      if (!result.isSaved()) {
        throw new IllegalStateException(result.errors().toString());
      }
    }
    container.delete();
  }

  /** As a program does it that ends afterwards: with connections and a SAS of its own. */
  private static void sdk(Path directory) throws Exception {
    BlobContainerClient container = newContainer();
    BlobContainerClient target =
        new BlobContainerClientBuilder()
            .endpoint(addressOf(container, "w"))
            .httpClient(HttpClient.createDefault(new HttpClientOptions()))
            .serviceVersion(VERSION)
            .buildClient();
    ExecutorService pool = Executors.newFixedThreadPool(FILES_AT_ONCE);
    try {
      List<Future<?>> uploads = new ArrayList<>();
      for (Path file : listed(directory)) {
        uploads.add(
            pool.submit(
                () ->
                    target
                        .getBlobClient(file.getFileName().toString())
                        .uploadFromFileWithResponse(
                            new BlobUploadFromFileOptions(file.toString())
                                .setParallelTransferOptions(
                                    new ParallelTransferOptions()
                                        .setBlockSizeLong(BLOCK)
                                        .setMaxSingleUploadSizeLong(BLOCK)
                                        .setMaxConcurrency(BLOCKS_AT_ONCE)),
                            null,
                            Context.NONE)));
      }
      for (Future<?> upload : uploads) {
        upload.get();
      }
    } finally {
      pool.shutdown();
    }
    container.delete();
  }

  private static void rclone(Path work, Path directory) throws Exception {
    BlobContainerClient container = newContainer();
    ProcessBuilder command =
        new ProcessBuilder(
            "rclone",
            "--config",
            "/dev/null",
            "copy",
            directory.toString(),
            "bench:" + container.getBlobContainerName(),
            "--transfers=" + FILES_AT_ONCE,
            "--azureblob-chunk-size=8Mi",
            "--azureblob-upload-concurrency=" + BLOCKS_AT_ONCE,
            "--azureblob-disable-checksum",
            "--no-check-dest",
            "--ignore-checksum");
    Map<String, String> environment = command.environment();
    environment.put("RCLONE_CONFIG_BENCH_TYPE", "azureblob");
    // the form that old and new releases take for path-style addresses
    environment.put("RCLONE_CONFIG_BENCH_SAS_URL", addressOf(container, "racwl"));
    Path output = work.resolve("rclone.log");
    int code = command.redirectErrorStream(true).redirectOutput(output.toFile()).start().waitFor();
    if (code != 0) {
      throw new IllegalStateException("rclone: " + Files.readString(output));
    }
    container.delete();
  }

  /** The program in a process of its own, so that nothing else counts. */
  private static long peakMemory(Path work, Path directory) throws Exception {
    BlobContainerClient container = newContainer();
    Path definition =
        Files.writeString(
            work.resolve("output-files.json"),
            """
            [{"filePattern": "*", "destination": {"container": {"containerUrl": "%s"}}}]
            """
                .formatted(addressOf(container, "w")));
    ProcessBuilder command =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin/java").toString(),
            "-Xmx384m",
            "-XX:MaxDirectMemorySize=128m",
            "-cp",
            System.getProperty("java.class.path"),
            "io.batchmount.launcher.Main",
            "outputs",
            "upload",
            "--state-dir",
            work.resolve("state").toString(),
            "-f",
            definition.toString(),
            "--exit-code",
            "0",
            "--directory",
            directory.toString());
    Process process =
        command
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    long peak = 0;
    while (process.isAlive()) {
      peak = Math.max(peak, residentKibibytes(process.pid()));
      Thread.sleep(100); // a sampling interval, nothing waits for it
    }
    if (process.exitValue() != 0) {
      throw new IllegalStateException("outputs upload ended with " + process.exitValue());
    }
    container.delete();
    return peak / 1024;
  }

  private static long residentKibibytes(long pid) {
    try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
      return lines
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElse(0);
    } catch (IOException | java.io.UncheckedIOException e) {
      return 0; // it has just ended
    }
  }

  private static List<Path> listed(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.sorted().toList();
    }
  }

  private static boolean isInstalled(String program) {
    return Stream.of(System.getenv("PATH").split(":"))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
  }

  private static void fill(Path file, long bytes, int seed) throws IOException {
    Random random = new Random(seed);
    byte[] part = new byte[1 << 20];
    try (OutputStream out = Files.newOutputStream(file)) {
      for (long left = bytes; left > 0; left -= part.length) {
        random.nextBytes(part);
        out.write(part, 0, (int) Math.min(part.length, left));
      }
    }
  }
}
