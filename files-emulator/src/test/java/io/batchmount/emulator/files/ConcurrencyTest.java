package io.batchmount.emulator.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Many clients at once. */
class ConcurrencyTest extends Emulated {
  private static final int CLIENTS = 64;

  private <T> List<T> together(int n, java.util.function.IntFunction<Callable<T>> work)
      throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(n);
    try {
      CountDownLatch start = new CountDownLatch(1);
      List<Future<T>> running = new ArrayList<>();
      for (int i = 0; i < n; i++) {
        Callable<T> one = work.apply(i);
        running.add(
            threads.submit(
                () -> {
                  start.await();
                  return one.call();
                }));
      }
      start.countDown();
      List<T> results = new ArrayList<>();
      for (Future<T> f : running) {
        results.add(f.get());
      }
      return results;
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void sixtyFourConnectionsWriteAndRead() throws Exception {
    int piece = 100_000;
    wire.file(share + "/shared", (long) CLIENTS * piece);
    List<String> outcomes =
        together(
            CLIENTS,
            i ->
                () -> {
                  Wire own = new Wire(emulator);
                  byte[] bytes = new byte[piece];
                  Arrays.fill(bytes, (byte) (i + 1));
                  String file = share + "/own" + i;
                  List<String> seen = new ArrayList<>();
                  seen.add(own.file(file, piece).outcome());
                  for (int round = 0; round < 5; round++) {
                    seen.add(own.put(file, 0, bytes).outcome());
                    seen.add(own.put(share + "/shared", (long) i * piece, bytes).outcome());
                    seen.add(Arrays.equals(own.get(file).body(), bytes) ? "same" : "different");
                  }
                  return String.join(",", seen);
                });
    assertThat(outcomes).containsOnly("201" + ",201,201,same".repeat(5));
    byte[] all = wire.get(share + "/shared").body();
    for (int i = 0; i < CLIENTS; i++) {
      assertThat(all[i * piece]).isEqualTo((byte) (i + 1));
      assertThat(all[(i + 1) * piece - 1]).isEqualTo((byte) (i + 1));
    }
    assertThat(wire.get(share + "?restype=directory&comp=list").all("Name")).hasSize(CLIENTS + 1);
  }

  @Test
  void oneOfManyCreatesAndOneOfManyRenamesWins() throws Exception {
    List<String> made =
        together(16, i -> () -> new Wire(emulator).directory(share + "/d").outcome());
    assertThat(made.stream().filter("201"::equals)).hasSize(1);
    for (int i = 0; i < 16; i++) {
      wire.file(share + "/f" + i, i);
    }
    List<String> moved =
        together(
            16,
            i ->
                () ->
                    new Wire(emulator)
                        .send(
                            "PUT",
                            "/" + share + "/target?comp=rename",
                            "x-ms-file-rename-source",
                            "http://h/" + share + "/f" + i)
                        .outcome());
    assertThat(moved.stream().filter("200"::equals)).hasSize(1);
    assertThat(moved.stream().filter("409 ResourceAlreadyExists"::equals)).hasSize(15);
  }

  @Test
  void everyAnswerIsOfOneVersion() throws Exception {
    int size = 300_000;
    wire.file(share + "/f", size);
    AtomicBoolean done = new AtomicBoolean();
    List<Integer> mixed =
        together(
            5,
            i ->
                () -> {
                  Wire own = new Wire(emulator);
                  int bad = 0;
                  if (i == 0) {
                    byte[] bytes = new byte[size];
                    for (int n = 1; n < 60; n++) {
                      Arrays.fill(bytes, (byte) n);
                      own.put(share + "/f", 0, bytes);
                    }
                    done.set(true);
                  }
                  while (!done.get()) {
                    byte[] b = own.get(share + "/f").body();
                    bad += b[0] == b[size / 2] && b[0] == b[size - 1] ? 0 : 1;
                  }
                  return bad;
                });
    assertThat(mixed).containsOnly(0);
  }

  @Test
  void memoryStaysBoundedByWhatIsWritten() {
    wire.file(share + "/f", 4L << 40);
    byte[] piece = new byte[4096];
    for (int i = 0; i < 200; i++) {
      wire.put(share + "/f", (i * 20_000_003L) << 10, piece);
    }
    assertThat(wire.ranges(share + "/f", "x-ms-range", "bytes=0-4095")).isEqualTo("0-4095");
    assertThat(wire.get(share + "/f?comp=rangelist").all("Start")).hasSize(200);
  }
}
