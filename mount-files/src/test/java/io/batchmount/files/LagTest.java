package io.batchmount.files;

import static org.assertj.core.api.Assertions.assertThat;

import io.batchmount.core.FileHandle;
import io.batchmount.core.OpenOptions;
import io.batchmount.files.store.SdkShareStore;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Promise 11. A machine that is busy with other things delays everything, so its own delay is
 * measured at the same time and taken off; {@link LagBench} gives the figures.
 */
class LagTest {
  private static final double PROMISED_MILLIS = 1_000;
  private static final long LATENCY_MILLIS = 20;

  /**
   * Steps of a line's way that a busy machine may hold up: the timer and the two requests of its
   * flush, the flush before it, the timer and the request of the reader.
   */
  private static final int STEPS = 6;

  @TempDir Path directory;

  /** Asks for a file's properties all the time and keeps the longest time that took. */
  private static final class Probe implements AutoCloseable {
    private final AtomicBoolean done = new AtomicBoolean();
    private final AtomicLong slowest = new AtomicLong();
    private final Thread thread;

    Probe(SdkShareStore store) {
      thread = new Thread(() -> run(store));
      thread.start();
    }

    private void run(SdkShareStore store) {
      while (!done.get()) {
        long begin = System.nanoTime();
        try {
          store.listDirectory("", "", Optional.empty(), 1);
          TimeUnit.MILLISECONDS.sleep(LATENCY_MILLIS); // a timer is one of the steps
        } catch (io.batchmount.core.FsException e) {
          throw new IllegalStateException(e);
        } catch (InterruptedException e) {
          return;
        }
        slowest.accumulateAndGet(System.nanoTime() - begin, Math::max);
      }
    }

    /** Milliseconds by which the longest of them was longer than on an idle machine. */
    double delayMillis() throws InterruptedException {
      close();
      return Math.max(0, slowest.get() / 1e6 - 2 * LATENCY_MILLIS);
    }

    @Override
    public void close() throws InterruptedException {
      done.set(true);
      thread.join();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void linesAreReadableElsewhereInASecond(boolean follower) throws Exception {
    SdkShareStore store = EmulatedShare.fresh();
    try (Probe probe = new Probe(store)) {
      LagBench.Result result =
          LagBench.measure(store, directory, 100, Duration.ofSeconds(4), follower, LATENCY_MILLIS);
      double delay = probe.delayMillis();
      assertThat(result.lines()).as("every line was read").isGreaterThan(10);
      assertThat(result.p99())
          .as("%s, with %.0f ms that the machine added to a step", result, delay)
          .isLessThan(PROMISED_MILLIS + STEPS * delay);
    }
  }

  /** Without any clock: what is written goes with one of the two flushes that begin next. */
  @Test
  void aLineGoesWithOneOfTheNextTwoFlushes() throws Exception {
    record Line(long end, int growsBefore) {}
    int wanted = 12;
    AtomicInteger grows = new AtomicInteger();
    ConcurrentLinkedDeque<Line> lines = new ConcurrentLinkedDeque<>();
    List<String> late = java.util.Collections.synchronizedList(new ArrayList<>());
    try (ShareFixture fixture = ShareFixture.inMemory(directory)) {
      ShareFixture.Node node =
          fixture.node(ShareMountOptions.defaults().withFlushInterval(Duration.ofMillis(20)));
      try (FileHandle log = Files4Test.create(node.fileSystem(), "/log", OpenOptions.APPEND)) {
        log.write(Files4Test.bytes("first\n"), 0);
        log.fsync(false);
        node.faults()
            .hook(
                (operation, path) -> {
                  if (operation.equals("setFileProperties") && path.equals("log")) {
                    int grow = grows.incrementAndGet();
                    long there = fixture.service.getFileProperties("log", Optional.empty()).size();
                    lines.stream()
                        .filter(l -> l.growsBefore + 3 <= grow && l.end > there)
                        .forEach(l -> late.add(l + " at grow " + grow + ", size " + there));
                  }
                });
        long end = "first\n".length();
        for (int i = 0; grows.get() < wanted; i++) {
          ByteBuffer line = Files4Test.bytes("line " + i + "\n");
          end += line.remaining();
          log.write(line, 0);
          lines.add(new Line(end, grows.get()));
          TimeUnit.MILLISECONDS.sleep(1); // a pace: some lines come while a flush runs
        }
      }
      assertThat(late).isEmpty();
      assertThat(lines).hasSizeGreaterThan(wanted / 2);
    }
  }

  @Test
  void requestsDoNotGrowWithTheLines() throws Exception {
    LagBench.Result result =
        LagBench.measure(EmulatedShare.fresh(), directory, 2_000, Duration.ofSeconds(4), true, 5);
    // two a flush, two flushes a second, the lease, and what a look-up or two cost
    assertThat(result.requestsPerSecond()).as(result.toString()).isLessThan(10);
  }
}
