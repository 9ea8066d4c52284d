package io.batchmount.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.batchmount.core.FileHandle;
import io.batchmount.core.OpenOptions;
import io.batchmount.files.store.ShareStore;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The service goes away, as a killed process, and comes back: writers of small lines go on, a
 * writer of much waits when as much as may wait does, and afterwards everything is there in its
 * order.
 */
class EmulatorOutageTest {
  private static final Duration LONG = Duration.ofMinutes(3);
  private static final int APPENDERS = 3;
  private static final int BLOCK = 1 << 20;

  /** More than may wait of one file. */
  private static final int BLOCKS = 96;

  /** What may wait of one file behind a flush before its writer does: docs/file-shares.md. */
  private static final long MAY_WAIT = 32L << 20;

  /** A flush takes at most all that waited when it began. */
  private static final long MOST_AHEAD = 2 * MAY_WAIT;

  /** Lines that each appender must write in each part of the test. */
  private static final int LINES = 20;

  @TempDir Path directory;

  @Test
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void writersGoOnThroughAShortOutage() throws Exception {
    outage(Duration.ZERO);
  }

  @Test
  @Tag("long")
  @Timeout(value = 15, unit = TimeUnit.MINUTES)
  void writersGoOnThroughAMinuteWithoutService() throws Exception {
    outage(Duration.ofSeconds(60));
  }

  /** What the writers did so far. */
  private static final class Progress {
    final AtomicBoolean stop = new AtomicBoolean();
    final List<AtomicInteger> lines = new ArrayList<>();
    final AtomicInteger blocks = new AtomicInteger();

    Progress() {
      for (int i = 0; i < APPENDERS; i++) {
        lines.add(new AtomicInteger());
      }
    }

    int[] seen() {
      return lines.stream().mapToInt(AtomicInteger::get).toArray();
    }

    boolean eachWroteSince(int[] before) {
      for (int i = 0; i < before.length; i++) {
        if (lines.get(i).get() < before[i] + LINES) {
          return false;
        }
      }
      return true;
    }
  }

  private void outage(Duration atLeast) throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool();
    Progress progress = new Progress();
    try (EmulatorProcess emulator = EmulatorProcess.start(directory.resolve("service"))) {
      ShareStore store = emulator.store("outage");
      store.createShare(OptionalInt.empty());
      try (ShareFixture fixture = ShareFixture.over(store, directory)) {
        ShareFileSystem fs = fixture.mount();
        List<Future<?>> writers = new ArrayList<>();
        for (int i = 0; i < APPENDERS; i++) {
          writers.add(threads.submit(appender(fs, i, progress)));
        }
        // opening asks the service, so it is done while there is one
        FileHandle much = Files4Test.create(fs, "/much", OpenOptions.WRITE);
        much.write(block(0), 0);
        much.fsync(false);
        int[] begin = new int[APPENDERS];
        await().atMost(LONG).until(() -> progress.eachWroteSince(begin));
        await()
            .atMost(LONG)
            .ignoreExceptions()
            .until(() -> store.getFileProperties("log-0", java.util.Optional.empty()).size() > 0);

        long away = System.nanoTime();
        emulator.kill();
        int[] killed = progress.seen();
        writers.add(threads.submit(bulk(much, progress)));
        await().atMost(LONG).until(() -> progress.eachWroteSince(killed));
        await().atMost(LONG).until(() -> progress.blocks.get() * (long) BLOCK >= MAY_WAIT - BLOCK);
        while (System.nanoTime() - away < atLeast.toNanos()) {
          Thread.sleep(100); // the length of the outage is what is tested
          assertHeldBack(fixture, progress);
        }
        assertHeldBack(fixture, progress);
        assertThat(fs.pending().failed()).isEmpty();
        assertThat(writers).noneMatch(Future::isDone);

        emulator.restart();
        int[] back = progress.seen();
        await()
            .atMost(LONG)
            .until(() -> progress.eachWroteSince(back) && progress.blocks.get() == BLOCKS);
        progress.stop.set(true);
        for (Future<?> writer : writers) {
          writer.get(LONG.toSeconds(), TimeUnit.SECONDS);
        }
        assertThat(fs.pending().isClean()).isTrue();
        check(fixture.mount(), progress);
      }
    } finally {
      progress.stop.set(true);
      threads.shutdownNow();
    }
  }

  /** The budget holds, and the writer of much is not more than what may wait ahead. */
  private static void assertHeldBack(ShareFixture fixture, Progress progress) {
    assertThat(progress.blocks.get() * (long) BLOCK).isLessThanOrEqualTo(MOST_AHEAD + BLOCK);
    assertThat(fixture.budget.peak()).isLessThanOrEqualTo(fixture.budget.capacity());
  }

  private static Callable<Void> appender(ShareFileSystem fs, int number, Progress progress) {
    return () -> {
      AtomicInteger count = progress.lines.get(number);
      try (FileHandle log = Files4Test.create(fs, "/log-" + number, OpenOptions.APPEND)) {
        while (!progress.stop.get()) {
          log.write(Files4Test.bytes(line(number, count.get())), 0);
          count.incrementAndGet();
          Thread.sleep(5); // a pace: some writes fall into every moment of the outage
        }
        log.fsync(false);
      }
      return null;
    };
  }

  private static Callable<Void> bulk(FileHandle file, Progress progress) {
    return () -> {
      for (int i = 0; i < BLOCKS; i++) {
        file.write(block(i), (long) i * BLOCK);
        progress.blocks.incrementAndGet();
      }
      file.fsync(false);
      file.close();
      return null;
    };
  }

  /** Every word of a block tells which one it is. */
  private static ByteBuffer block(int number) {
    ByteBuffer block = ByteBuffer.allocate(BLOCK);
    while (block.hasRemaining()) {
      block.putInt(number + 1);
    }
    return block.flip();
  }

  private static String line(int writer, int number) {
    return "writer " + writer + " line " + number + " " + "x".repeat(number % 40) + "\n";
  }

  private static void check(ShareFileSystem fs, Progress progress) throws Exception {
    for (int i = 0; i < APPENDERS; i++) {
      StringBuilder expected = new StringBuilder();
      for (int n = 0; n < progress.lines.get(i).get(); n++) {
        expected.append(line(i, n));
      }
      assertThat(Files4Test.get(fs, "/log-" + i)).isEqualTo(expected.toString());
    }
    try (FileHandle file = fs.open("/much", OpenOptions.READ)) {
      assertThat(fs.getAttributes("/much").size()).isEqualTo((long) BLOCKS * BLOCK);
      for (int i = 0; i < BLOCKS; i++) {
        ByteBuffer found = ByteBuffer.allocate(BLOCK);
        while (found.hasRemaining()) {
          assertThat(file.read(found, (long) i * BLOCK + found.position())).isPositive();
        }
        assertThat(found.flip()).as("block %d", i).isEqualTo(block(i));
      }
    }
  }
}
