package io.batchmount.it.blob;

import static org.assertj.core.api.Assertions.assertThat;

import com.azure.storage.blob.BlobContainerClient;
import io.batchmount.blob.AzuriteContainers;
import io.batchmount.blob.store.BlobProperties;
import io.batchmount.blob.store.SdkBlobStore;
import io.batchmount.blob.write.BlobRecovery;
import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import io.batchmount.core.journal.MountJournal;
import io.batchmount.core.testkit.Azurite;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Promise 3: the mount process is killed at random moments of mixed writes. What close or fsync had
 * acknowledged is in the service and identical; what writes had told as taken is there after
 * recovery; nothing is garbled or there twice.
 */
class BlobCrashTest {
  private static final int WORKERS = 3;

  /** Kills of the default run: each costs the start of a JVM. */
  private static final int KILLS = 12;

  /** Kills of the long run; {@code -Dbatchmount.kills} and {@code -Dbatchmount.seed} change it. */
  private static final int MANY_KILLS = Integer.getInteger("batchmount.kills", 250);

  private static final long MANY_KILLS_SEED = Long.getLong("batchmount.seed", 100);
  private static final int LONGEST_RUN_MILLIS = 1500;

  @TempDir Path directory;

  @Test
  @Timeout(600)
  void killedAtRandomMoments() throws Exception {
    kill(KILLS, 1);
  }

  @Test
  @Tag("long")
  @Timeout(3000)
  void killedAtManyRandomMoments() throws Exception {
    kill(MANY_KILLS, MANY_KILLS_SEED);
  }

  private void kill(int kills, long seed) throws Exception {
    Assumptions.assumeTrue(Files.exists(Path.of("/dev/fuse")), "no /dev/fuse here");
    BlobContainerClient container = AzuriteContainers.create();
    Path mountPoint = Files.createDirectories(directory.resolve("mnt"));
    Path work = Files.createDirectories(directory.resolve("work"));
    Random random = new Random(seed);
    List<CrashWorker> workers = new ArrayList<>();
    for (int i = 0; i < WORKERS; i++) {
      workers.add(new CrashWorker("w" + i, seed + i));
    }
    ExecutorService threads = Executors.newFixedThreadPool(WORKERS);
    try (SdkBlobStore store = AzuriteContainers.open(container.getBlobContainerName())) {
      for (int round = 0; round < kills; round++) {
        round(container, mountPoint, work, workers, threads, random.nextInt(LONGEST_RUN_MILLIS));
        recover(work, store, round);
        for (CrashWorker worker : workers) {
          assertThat(worker.check(name -> read(store, name)))
              .as("round %d of seed %d", round, seed)
              .isEmpty();
        }
        List<String> known = workers.stream().flatMap(w -> w.names().stream()).toList();
        assertThat(
                store.listBlobs("", false, Optional.empty(), 5000).blobs().stream()
                    .map(BlobProperties::name))
            .as("blobs after round %d", round)
            .containsExactlyInAnyOrderElementsOf(known);
      }
    } finally {
      threads.shutdownNow();
      new ProcessBuilder("umount", "-l", mountPoint.toString())
          .redirectErrorStream(true)
          .start()
          .waitFor(10, TimeUnit.SECONDS);
      container.delete();
    }
  }

  private static void round(
      BlobContainerClient container,
      Path mountPoint,
      Path work,
      List<CrashWorker> workers,
      ExecutorService threads,
      int runMillis)
      throws Exception {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "--add-opens=java.base/java.nio=ALL-UNNAMED",
                "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                MountedContainer.class.getName(),
                Azurite.shared().endpoint().toString(),
                container.getBlobContainerName(),
                work.toString(),
                mountPoint.toString())
            .redirectError(work.resolve("child.log").toFile())
            .start();
    AtomicBoolean killed = new AtomicBoolean();
    try {
      BufferedReader out = child.inputReader();
      String line = out.readLine();
      while (line != null && !line.equals("ready")) {
        line = out.readLine();
      }
      assertThat(line).as(log(work)).isEqualTo("ready");
      List<Future<Optional<IOException>>> running = new ArrayList<>();
      for (CrashWorker worker : workers) {
        running.add(
            threads.submit(
                () -> {
                  try {
                    worker.work(mountPoint);
                    return Optional.empty();
                  } catch (IOException e) {
                    return killed.get() ? Optional.empty() : Optional.of(e);
                  }
                }));
      }
      // the random moment is the point of the test, not a way to wait for something
      Thread.sleep(runMillis);
      killed.set(true);
      child.destroyForcibly().waitFor();
      for (Future<Optional<IOException>> each : running) {
        assertThat(each.get(60, TimeUnit.SECONDS))
            .as("errors before the kill; the mount says: %s", log(work))
            .isEmpty();
      }
    } finally {
      child.destroyForcibly().waitFor();
    }
  }

  private static String log(Path work) throws IOException {
    return Files.readString(work.resolve("child.log"));
  }

  private static void recover(Path work, SdkBlobStore store, int round) throws FsException {
    for (MountJournal journal : MountJournal.openAbandoned(work.resolve("journal"))) {
      for (BlobRecovery.Outcome outcome : BlobRecovery.recover(journal, store)) {
        assertThat(outcome.result())
            .as("round %d: %s", round, outcome)
            .isIn(BlobRecovery.Result.SAVED, BlobRecovery.Result.NOTHING_LEFT);
      }
      journal.close();
    }
  }

  private static Optional<byte[]> read(SdkBlobStore store, String name) {
    try {
      BlobProperties properties = store.getProperties(name);
      ByteBuffer content = ByteBuffer.allocate(Math.toIntExact(properties.size()));
      if (properties.size() > 0) {
        store.download(name, 0, content, Optional.of(properties.etag()));
      }
      return Optional.of(content.array());
    } catch (FsException e) {
      if (e.errno() == Errno.ENOENT) {
        return Optional.empty();
      }
      throw new UncheckedIOException(e);
    }
  }
}
