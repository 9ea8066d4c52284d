package io.batchmount.files;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.core.journal.MountJournal;
import io.batchmount.files.store.SdkShareStore;
import io.batchmount.files.store.ShareStore;
import io.batchmount.files.store.StoredItem;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Promise 3 through {@code kill -9}: what fsync or close acknowledged, or is older than the flush
 * interval, is in the share; recovery puts the rest there; nothing is garbled; readers never see
 * zeros at the end.
 */
class CrashTest {
  /**
   * A flush is a probe, and half as much again for the lease of its burst; the line may have come
   * when one had begun, so it goes with the next.
   */
  private static final int FLUSH_PROBES = 3;

  @TempDir Path directory;

  /**
   * Longest wait for lines that are old enough; a machine that takes longer is killed all the same.
   */
  private static final Duration AGE = Duration.ofSeconds(20);

  /** The moment of a kill is drawn from this time. */
  private static final int MOMENTS_MILLIS = 1200;

  /** Lines that were old enough to have to be there, in all runs. */
  private long oldLines;

  @Test
  @Timeout(value = 100, unit = TimeUnit.SECONDS)
  void fewKills() throws Exception {
    for (int seed = 1; seed <= 3; seed++) {
      killAndRecover(seed);
    }
    assertThat(oldLines).as("lines whose age was checked").isPositive();
  }

  @Test
  @Tag("long")
  @Timeout(value = 40, unit = TimeUnit.MINUTES)
  void manyKills() throws Exception {
    int first = Integer.getInteger("files.seed", 100);
    for (int seed = first; seed < first + Integer.getInteger("files.kills", 200); seed++) {
      killAndRecover(seed);
    }
    assertThat(oldLines).as("lines whose age was checked").isPositive();
  }

  /** How long a flush takes on this machine, by what the process said so far. */
  private static final class Ages {
    private long first;
    private long slowest = CrashWriter.FLUSH_INTERVAL.toMillis();
    private long lastProbe;

    void said(String line) {
      String[] words = line.split(" ");
      if (words[0].equals("probe")) {
        lastProbe = Long.parseLong(words[2]);
        slowest = Math.max(slowest, lastProbe - Long.parseLong(words[1]));
      } else if (words[0].equals("wrote")) {
        first = first == 0 ? Long.parseLong(words[2]) : first;
        lastProbe = lastProbe == 0 ? first : lastProbe; // none ended yet: it began before this
      }
    }

    /**
     * Milliseconds after which a line has to be in the share, when the process dies at a moment.
     */
    long flush(long killedAt) {
      return FLUSH_PROBES * Math.max(slowest, killedAt - lastProbe);
    }

    boolean anyIsOld(long now) {
      return first != 0 && now - first > flush(now);
    }
  }

  private void killAndRecover(int seed) throws Exception {
    SdkShareStore store = EmulatedShare.fresh();
    Path journalRoot = directory.resolve("journal-" + seed);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            CrashWriter.class.getName(),
            EmulatedShare.emulator().endpoint().toString(),
            store.share(),
            journalRoot.toString(),
            Integer.toString(seed)));
    Path errors = directory.resolve("errors-" + seed);
    Process child = new ProcessBuilder(command).redirectError(errors.toFile()).start();
    List<String> acknowledged = new ArrayList<>();
    Random random = new Random(seed);
    AtomicLong killedAt = new AtomicLong();
    Ages ages = new Ages();
    CountDownLatch aged = new CountDownLatch(1);
    boolean wait = seed % 2 == 1; // the others are killed at any moment from the first line on
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
      String first = readAcknowledgement(out);
      assertThat(first).as(() -> "child ended: " + read(errors)).isNotNull();
      acknowledged.add(first);
      ages.said(first);
      Thread killer =
          new Thread(
              () -> {
                try {
                  if (wait) {
                    aged.await(AGE.toMillis(), TimeUnit.MILLISECONDS);
                  }
                  // the moment of the kill is what is drawn
                  Thread.sleep(random.nextInt(MOMENTS_MILLIS));
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
                killedAt.set(System.currentTimeMillis());
                child
                    .toHandle()
                    .destroyForcibly(); // Process.destroyForcibly would close the stream too
              });
      killer.start();
      for (String line = readAcknowledgement(out); line != null; line = readAcknowledgement(out)) {
        acknowledged.add(line);
        ages.said(line);
        if (ages.anyIsOld(System.currentTimeMillis())) {
          aged.countDown();
        }
      }
      killer.join();
    } finally {
      child.destroyForcibly();
      child.waitFor();
    }
    checkSizes(store, seed, acknowledged, false);
    check(store, seed, acknowledged, false);
    checkAge(store, seed, acknowledged, killedAt.get(), ages.flush(killedAt.get()));
    for (MountJournal journal : MountJournal.openAbandoned(journalRoot)) {
      try (journal) {
        assertThat(ShareRecovery.recover(journal, store))
            .as("seed %d", seed)
            .allSatisfy(
                o ->
                    assertThat(o.result())
                        .as(o.toString())
                        .isIn(ShareRecovery.Result.SAVED, ShareRecovery.Result.NOTHING_LEFT));
      }
    }
    checkSizes(store, seed, acknowledged, true);
    check(store, seed, acknowledged, true);
  }

  /**
   * What any client sees of the sizes, which know nothing of unfinished flushes: never more than
   * was written, and after recovery what our own readers see.
   */
  private static void checkSizes(
      SdkShareStore store, int seed, List<String> said, boolean recovered) throws Exception {
    int lastLine =
        said.stream()
            .filter(line -> line.startsWith("wrote "))
            .mapToInt(line -> Integer.parseInt(line.split(" ")[1]))
            .max()
            .orElse(-1);
    Map<String, Long> written = CrashWriter.written(seed, lastLine);
    List<StoredItem> files =
        store.listDirectory("", "", Optional.empty(), ShareStore.MAX_PAGE).items().stream()
            .filter(item -> !item.directory())
            .toList();
    assertThat(files).as("seed %d", seed).isNotEmpty();
    for (StoredItem file : files) {
      String name = file.name();
      long raw = store.getFileProperties(name, Optional.empty()).size();
      assertThat(written).as("seed %d", seed).containsKey(name);
      assertThat(raw)
          .as("seed %d, recovered %s: bytes of %s in the share", seed, recovered, name)
          .isLessThanOrEqualTo(written.get(name));
      long visible = content(store, name).length;
      if (recovered) {
        assertThat(visible).as("seed %d, visible bytes of %s", seed, name).isEqualTo(raw);
      } else {
        assertThat(visible)
            .as("seed %d, visible bytes of %s before recovery", seed, name)
            .isLessThanOrEqualTo(raw);
      }
    }
  }

  /**
   * Nothing is missing in the share that was older, when the process died, than a flush took on
   * this machine in these moments: the interval, the requests and what the machine was busy with.
   */
  private void checkAge(SdkShareStore store, int seed, List<String> said, long killedAt, long flush)
      throws Exception {
    String log = new String(content(store, "log"), StandardCharsets.UTF_8);
    long there = log.chars().filter(c -> c == '\n').count();
    long old =
        said.stream()
            .map(line -> line.split(" "))
            .filter(w -> w[0].equals("wrote") && Long.parseLong(w[2]) + flush < killedAt)
            .count();
    assertThat(there)
        .as("seed %d: lines older than %d ms when the process died", seed, flush)
        .isGreaterThanOrEqualTo(old);
    oldLines += old;
  }

  /** Lines of libraries are passed over. */
  private static String readAcknowledgement(BufferedReader out) throws java.io.IOException {
    String line = out.readLine();
    while (line != null && !line.matches("(log|blocks|small|wrote|probe) \\d+.*")) {
      line = out.readLine();
    }
    return line;
  }

  private void check(SdkShareStore store, int seed, List<String> acknowledged, boolean recovered)
      throws Exception {
    int lastLine = -1;
    Map<Integer, Integer> blockVersions = new HashMap<>();
    for (String said : acknowledged) {
      String[] words = said.split(" ");
      switch (words[0]) {
        case "log" -> lastLine = Integer.parseInt(words[1]);
        case "wrote", "probe" -> {
          // about time: see checkAge
        }
        case "blocks" -> blockVersions.put(Integer.parseInt(words[1]), Integer.parseInt(words[2]));
        default ->
            assertThat(new String(content(store, "small-" + words[1]), StandardCharsets.UTF_8))
                .isEqualTo(CrashWriter.line(Integer.parseInt(words[1])));
      }
    }
    String log = new String(content(store, "log"), StandardCharsets.UTF_8);
    StringBuilder expected = new StringBuilder();
    int lines = 0;
    while (expected.length() < log.length()) {
      expected.append(CrashWriter.line(lines++));
    }
    // flushes end where a write ended, so also before recovery only whole lines are there
    assertThat(log).as("seed %d, recovered %s", seed, recovered).isEqualTo(expected.toString());
    assertThat(lines - 1).as("seed %d", seed).isGreaterThanOrEqualTo(lastLine);
    ByteBuffer blocks = ByteBuffer.wrap(content(store, "blocks"));
    for (Map.Entry<Integer, Integer> block : blockVersions.entrySet()) {
      int version = blocks.getInt(block.getKey() * CrashWriter.BLOCK);
      assertThat(version)
          .as("seed %d, block %s", seed, block)
          .isGreaterThanOrEqualTo(block.getValue());
    }
    if (recovered) {
      for (int at = 0; at + CrashWriter.BLOCK <= blocks.capacity(); at += CrashWriter.BLOCK) {
        int version = blocks.getInt(at);
        for (int i = 0; i < CrashWriter.BLOCK; i += 4) {
          assertThat(blocks.getInt(at + i)).as("seed %d, garbled block", seed).isEqualTo(version);
        }
      }
    }
  }

  private static byte[] content(SdkShareStore store, String path) throws Exception {
    ShareFiles files = new ShareFiles(store);
    if (files.stat(path).isEmpty()) {
      return new byte[0];
    }
    ByteBuffer target = ByteBuffer.allocate(64 << 20);
    long offset = 0;
    while (true) {
      ShareFiles.Piece piece = files.read(path, offset, target);
      if (piece.bytes() == 0) {
        return java.util.Arrays.copyOf(target.array(), target.position());
      }
      offset += piece.bytes();
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (java.io.IOException e) {
      return e.toString();
    }
  }
}
