package io.batchmount.launcher.mount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterGateTest {
  private static final int RUNS = 8;

  @TempDir Path state;
  private final ExecutorService pool = Executors.newCachedThreadPool();

  @AfterEach
  void end() {
    pool.shutdownNow();
  }

  @Test
  void oneRunOfAClusterAtATime() throws Exception {
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Future<?>[] runs = new Future<?>[RUNS];
    for (int i = 0; i < RUNS; i++) {
      runs[i] =
          pool.submit(
              () -> {
                try (ClusterGate gate = ClusterGate.take(state, Path.of("/mnt/a"))) {
                  most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                  Thread.yield();
                  inside.decrementAndGet();
                }
                return null;
              });
    }
    for (Future<?> run : runs) {
      run.get(60, TimeUnit.SECONDS);
    }
    assertThat(most).hasValue(1);
  }

  @Test
  void anotherProcessIsHeldBackToo() throws Exception {
    try (ClusterGate gate = ClusterGate.take(state, Path.of("/mnt/a"))) {
      assertThat(tryFromOutside()).isNotZero();
    }
    assertThat(tryFromOutside()).isZero();
  }

  /** 0 when another process can take the lock at once. */
  private int tryFromOutside() throws Exception {
    String script =
        "import fcntl, glob, sys\n"
            + "f = open(glob.glob(sys.argv[1] + '/mounts/*.gate')[0], 'w')\n"
            + "fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB)\n";
    Process other =
        new ProcessBuilder("python3", "-c", script, state.toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(other.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return other.exitValue();
  }

  @Test
  void otherClustersDoNotWait() throws Exception {
    try (ClusterGate gate = ClusterGate.take(state, Path.of("/mnt/a"))) {
      ClusterGate other = ClusterGate.take(state, Path.of("/mnt/b"));
      other.close();
      other.close(); // a second time does nothing
    }
    ClusterGate.take(state, Path.of("/mnt/b")).close();
  }

  @Test
  void whoWaitsCanBeInterrupted() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    Future<?> waiting;
    try (ClusterGate gate = ClusterGate.take(state, Path.of("/mnt/a"))) {
      waiting =
          pool.submit(
              () -> {
                begun.countDown();
                ClusterGate.take(state, Path.of("/mnt/a")).close();
                return null;
              });
      begun.await();
      pool.shutdownNow();
      assertThatThrownBy(() -> waiting.get(60, TimeUnit.SECONDS))
          .hasCauseInstanceOf(InterruptedException.class);
    }
    ClusterGate.take(state, Path.of("/mnt/a")).close();
  }

  @Test
  void whoWaitsForAnotherProcessCanBeInterrupted() throws Exception {
    ClusterGate.take(state, Path.of("/mnt/a")).close();
    String script =
        "import fcntl, glob, sys\n"
            + "f = open(glob.glob(sys.argv[1] + '/mounts/*.gate')[0], 'w')\n"
            + "fcntl.lockf(f, fcntl.LOCK_EX)\n"
            + "print('held', flush=True)\n"
            + "sys.stdin.read()\n";
    Process holder = new ProcessBuilder("python3", "-c", script, state.toString()).start();
    try (var said = holder.inputReader()) {
      assertThat(said.readLine()).isEqualTo("held");
      Thread self = Thread.currentThread();
      Future<?> interrupting =
          pool.submit(
              () -> {
                while (self.getState() == Thread.State.RUNNABLE && !blockedInLock(self)) {
                  Thread.onSpinWait();
                }
                self.interrupt();
              });
      assertThatThrownBy(() -> ClusterGate.take(state, Path.of("/mnt/a")))
          .isInstanceOf(InterruptedException.class);
      interrupting.get(60, TimeUnit.SECONDS);
    } finally {
      holder.destroy();
      holder.waitFor();
    }
    assertThat(Thread.interrupted()).isFalse();
    ClusterGate.take(state, Path.of("/mnt/a")).close();
  }

  private static boolean blockedInLock(Thread thread) {
    for (StackTraceElement element : thread.getStackTrace()) {
      if (element.getMethodName().equals("lock0")) {
        return true;
      }
    }
    return false;
  }
}
