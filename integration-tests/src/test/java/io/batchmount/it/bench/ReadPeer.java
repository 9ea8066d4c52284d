package io.batchmount.it.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.batchmount.it.support.Batchmount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A program that mounts the container of a {@link RangeServer}. */
sealed interface ReadPeer {
  String SAS = "sv=2025-11-05&sig=none";

  /** What makes the mount, stays while it lasts, and has its memory and processor time. */
  Process start(Path point, Path cache, Path output) throws IOException;

  /** The built distribution, as users run it, with the memory budget of the targets. */
  record Ours(String endpoint, String prefetch, String javaOptions) implements ReadPeer {
    private static final String MEMORY = "256MiB";

    @Override
    public Process start(Path point, Path cache, Path output) throws IOException {
      Batchmount command = Batchmount.in(output).with("AZURE_STORAGE_SAS_TOKEN", SAS);
      if (!javaOptions.isEmpty()) {
        command = command.with("JAVA_TOOL_OPTIONS", javaOptions);
      }
      return command
          .start(
              "mount",
              "blob",
              RangeServer.CONTAINER,
              point.toString(),
              "--foreground",
              "--read-only",
              "--account",
              RangeServer.ACCOUNT,
              "--blob-endpoint",
              endpoint,
              "--memory",
              MEMORY,
              "--prefetch",
              prefetch,
              "--cache-dir",
              cache.toString())
          .process();
    }

    /** Looks of readers at single pages so far: they stand still when no READ comes. */
    long pagesRead(Path output) throws IOException {
      String text = Batchmount.in(output).run("status", "--json").expect(0).stdout();
      JsonNode cache = new ObjectMapper().readTree(text).findValue("cache");
      return cache.get("hits").asLong() + cache.get("misses").asLong();
    }
  }

  /** {@code rclone mount} with its cache on disk. */
  record Rclone(String endpoint) implements ReadPeer {
    @Override
    public Process start(Path point, Path cache, Path output) throws IOException {
      Path config = output.resolve("rclone.conf");
      Files.writeString(
          config,
          "[b]\ntype = azureblob\nsas_url = "
              + endpoint
              + "/"
              + RangeServer.CONTAINER
              + "?"
              + SAS
              + "\n");
      List<String> line =
          List.of(
              "rclone",
              "mount",
              "b:" + RangeServer.CONTAINER,
              point.toString(),
              "--config",
              config.toString(),
              "--vfs-cache-mode",
              "full",
              "--cache-dir",
              cache.toString(),
              "--read-only",
              "--dir-cache-time",
              "5m");
      return new ProcessBuilder(line)
          .redirectErrorStream(true)
          .redirectOutput(output.resolve("rclone.log").toFile())
          .start();
    }

    static boolean isInstalled() {
      try {
        return new ProcessBuilder("rclone", "version")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor()
            == 0;
      } catch (IOException e) {
        return false;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
  }

  /** A peer that is mounted. */
  final class Mount implements AutoCloseable {
    private static final long START_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long POLL_MILLIS = 20;
    private static final int END_SECONDS = 20;
    private static final double TICKS = 100; // of /proc/PID/stat, a second

    private final Path point;
    private final Process process;

    /** Usable when it returns: the large file was seen. */
    Mount(ReadPeer peer, Path point, Path cache, Path output)
        throws IOException, InterruptedException {
      this.point = point;
      this.process = peer.start(point, cache, output);
      long end = System.nanoTime() + START_NANOS;
      while (!Files.exists(point.resolve("big"))) {
        if (!process.isAlive() || System.nanoTime() > end) {
          close();
          throw new IOException(peer + " did not mount; its output is in " + output);
        }
        Thread.sleep(POLL_MILLIS);
      }
    }

    Path point() {
      return point;
    }

    /** Most resident memory so far, MiB. */
    long peakMiB() throws IOException {
      for (String line : Files.readAllLines(proc("status"))) {
        if (line.startsWith("VmHWM:")) {
          return Long.parseLong(line.replaceAll("\\D", "")) >> 10;
        }
      }
      throw new IOException("no VmHWM of " + process.pid());
    }

    /** Processor time so far, seconds. */
    double cpu() throws IOException {
      return cpu(proc("stat"));
    }

    /** Threads that took less are not told of. */
    private static final double LITTLE = 0.05;

    /** Processor time of its threads so far, seconds, the numbers in their names left out. */
    Map<String, Double> threads() throws IOException {
      Map<String, Double> sums = new TreeMap<>();
      try (Stream<Path> tasks = Files.list(proc("task"))) {
        for (Path task : tasks.toList()) {
          try {
            String name = Files.readString(task.resolve("comm")).strip().replaceAll("-[0-9]+$", "");
            sums.merge(name, cpu(task.resolve("stat")), Double::sum);
          } catch (NoSuchFileException e) {
            continue; // it has ended
          }
        }
      }
      sums.values().removeIf(seconds -> seconds < LITTLE);
      sums.replaceAll((name, seconds) -> Math.round(seconds * 100) / 100.0);
      return sums;
    }

    private static double cpu(Path file) throws IOException {
      String stat = Files.readString(file);
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS;
    }

    private Path proc(String file) {
      return Path.of("/proc", Long.toString(process.pid()), file);
    }

    @Override
    public void close() throws IOException, InterruptedException {
      process.destroy();
      if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
      List<String> line = new ArrayList<>(List.of("umount", "-l", point.toString()));
      new ProcessBuilder(line)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor(); // what is left of one that was killed
    }
  }
}
