package io.batchmount.it.bench;

import com.azure.storage.blob.BlobContainerClient;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.batchmount.it.support.Batchmount;
import io.batchmount.it.support.Storage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * How long the launcher takes where nothing else does: {@code --version}, {@code mount} until
 * usable, {@code run -- true} with two volumes; and the resident memory of an idle process with
 * four mounts. Local servers; medians of ten runs, on each JDK given as an argument (a JAVA_HOME
 * each).
 */
public final class StartBench {
  private static final int RUNS = 10;

  private StartBench() {}

  /** Arguments: directories of JDKs; none for the one that the start script finds. */
  public static void main(String[] arguments) throws Exception {
    List<String> homes =
        arguments.length == 0 ? List.of(System.getProperty("java.home")) : List.of(arguments);
    Path work = Files.createTempDirectory("start-bench");
    BlobContainerClient container = Storage.newContainer();
    String share = Storage.newName();
    System.out.printf(Locale.ROOT, "%-42s %8s %8s %8s%n", "seconds", "min", "median", "max");
    for (String home : homes) {
      Batchmount batchmount =
          Batchmount.in(work).with(Storage.environment()).with("BATCHMOUNT_JAVA_HOME", home);
      batchmount.run("class-data").expect(0);
      batchmount.run("storage", "create", "files", share);
      Path job = writeJob(work, container.getBlobContainerName(), share);
      String jdk = Path.of(home).getFileName().toString();
      row(jdk + " --version", times(() -> batchmount.run("--version").expect(0)));
      run(jdk, batchmount, work, job);
      Path point = Files.createDirectories(work.resolve("point"));
      List<Double> mounts = new ArrayList<>();
      for (int i = 0; i < RUNS; i++) {
        mounts.add(
            seconds(
                () ->
                    batchmount
                        .run("mount", "blob", container.getBlobContainerName(), point.toString())
                        .expect(0)));
        batchmount.run("unmount", point.toString()).expect(0);
      }
      row(jdk + " mount blob until usable", mounts);
      System.out.printf(
          Locale.ROOT,
          "%-42s %8d MiB%n",
          jdk + " idle, four mounts, resident",
          idleMemory(batchmount, work, container.getBlobContainerName(), share));
    }
    System.exit(0); // the servers' threads are not all daemons
  }

  /** The whole, and its parts from the records of the jobs. */
  private static void run(String jdk, Batchmount batchmount, Path work, Path job)
      throws IOException {
    batchmount.run("run", "-f", job.toString(), "--", "true").expect(0); // fills caches
    List<Double> whole = new ArrayList<>();
    Map<String, List<Double>> parts = new LinkedHashMap<>();
    for (int i = 0; i < RUNS; i++) {
      String id = UUID.randomUUID().toString();
      double seconds =
          seconds(
              () ->
                  batchmount
                      .run("run", "-f", job.toString(), "--job-id", id, "--", "true")
                      .expect(0));
      whole.add(seconds);
      JsonNode millis = record(work, id).path("report").path("milliseconds");
      double all = millis.path("all").asLong() / MILLIS;
      parts
          .computeIfAbsent("JVM, arguments, plan; end of the JVM", name -> new ArrayList<>())
          .add(seconds - all);
      double named = 0;
      for (Map.Entry<String, JsonNode> part : millis.properties()) {
        if (!part.getKey().equals("all")) {
          double value = part.getValue().asLong() / MILLIS;
          named += value;
          parts.computeIfAbsent(part.getKey(), name -> new ArrayList<>()).add(value);
        }
      }
      parts.computeIfAbsent("record", name -> new ArrayList<>()).add(all - named);
    }
    row(jdk + " run, two volumes, -- true", whole);
    parts.forEach((name, times) -> row("  " + name, times));
  }

  private static final double MILLIS = 1000;

  private static JsonNode record(Path work, String id) throws IOException {
    try (Stream<Path> records = Files.list(work.resolve("state/jobs"))) {
      Path file =
          records
              .filter(record -> record.getFileName().toString().endsWith(id + ".json"))
              .findFirst()
              .orElseThrow();
      return new ObjectMapper().readTree(Files.readAllBytes(file));
    }
  }

  private static Path writeJob(Path work, String container, String share) throws IOException {
    return Files.writeString(
        work.resolve("job.json"),
        """
        {"nodeCount": 1, "stdOutErrPathPrefix": "$AZ_BATCHAI_JOB_MOUNT_ROOT/out",
         "mountVolumes": {
           "azureFileShares": [{"azureFileUrl": "https://devstoreaccount1.file.core.windows.net/%s",
             "relativeMountPath": "out"}],
           "azureBlobFileSystems": [{"accountName": "devstoreaccount1", "containerName": "%s",
             "relativeMountPath": "in"}]},
         "customToolkitSettings": {"commandLine": "true"}}
        """
            .formatted(share, container));
  }

  private static long idleMemory(Batchmount batchmount, Path work, String container, String share)
      throws IOException {
    Path cluster =
        Files.writeString(
            work.resolve("cluster.json"),
            """
            {"nodeSetup": {"mountVolumes": {
               "azureFileShares": [
                 {"azureFileUrl": "https://devstoreaccount1.file.core.windows.net/%1$s", "relativeMountPath": "f1"},
                 {"azureFileUrl": "https://devstoreaccount1.file.core.windows.net/%1$s", "relativeMountPath": "f2"}],
               "azureBlobFileSystems": [
                 {"accountName": "devstoreaccount1", "containerName": "%2$s", "relativeMountPath": "b1"},
                 {"accountName": "devstoreaccount1", "containerName": "%2$s", "relativeMountPath": "b2"}]}}}
            """
                .formatted(share, container));
    Path root = work.resolve("cluster");
    batchmount.run("mount", "-f", cluster.toString(), "--mount-root", root.toString()).expect(0);
    try {
      return ProcessHandle.allProcesses()
          .filter(process -> uses(process.pid(), root))
          .mapToLong(process -> residentMiB(process.pid()))
          .max()
          .orElse(-1);
    } finally {
      batchmount.run("unmount", "--all").expect(0);
    }
  }

  private static boolean uses(long pid, Path root) {
    try {
      return Files.readString(Path.of("/proc/" + pid + "/cmdline")).contains(root.toString());
    } catch (IOException e) {
      return false; // it has ended, or is not ours
    }
  }

  private static long residentMiB(long pid) {
    try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024)
          .findFirst()
          .orElse(-1);
    } catch (IOException e) {
      return -1;
    }
  }

  private static List<Double> times(Runnable work) {
    work.run(); // fills caches of the kernel and makes the class-data archive
    List<Double> times = new ArrayList<>();
    for (int i = 0; i < RUNS; i++) {
      times.add(seconds(work));
    }
    return times;
  }

  private static double seconds(Runnable work) {
    long began = System.nanoTime();
    work.run();
    return Duration.ofNanos(System.nanoTime() - began).toMillis() / 1000.0;
  }

  private static void row(String name, List<Double> times) {
    List<Double> sorted = times.stream().sorted().toList();
    System.out.printf(
        Locale.ROOT,
        "%-42s %8.2f %8.2f %8.2f%n",
        name,
        sorted.get(0),
        sorted.get(sorted.size() / 2),
        sorted.get(sorted.size() - 1));
  }
}
