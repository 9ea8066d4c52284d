package io.batchmount.launcher.mount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.batchmount.core.PendingData;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** All or none, in parallel, the latest unmounted first: with volumes that only note it. */
class MountSessionTest {
  private final List<String> done = Collections.synchronizedList(new ArrayList<>());
  private final CountDownLatch allBegun = new CountDownLatch(2);

  private static Volume volume(String name) {
    return new Volume.Command("command", name, List.of("true"), Map.of(), Path.of("/m/" + name));
  }

  private final class Fake implements LiveMount {
    private final Volume volume;

    Fake(Volume volume) {
      this.volume = volume;
    }

    @Override
    public Volume volume() {
      return volume;
    }

    @Override
    public boolean isAlive() {
      return true;
    }

    @Override
    public PendingData pending() {
      return PendingData.NONE;
    }

    @Override
    public PendingData drain(Duration timeout, Consumer<PendingData> progress) {
      return PendingData.NONE;
    }

    @Override
    public PendingData unmount(Duration timeout, Consumer<PendingData> progress)
        throws IOException {
      done.add("unmount " + volume.source());
      if (volume.source().equals("busy")) {
        throw new IOException("umount refuses");
      }
      return PendingData.NONE;
    }

    @Override
    public void awaitGone() {}
  }

  private final class Mounter implements VolumeMounter {
    @Override
    public LiveMount mount(Volume volume) throws MountFailure {
      allBegun.countDown();
      try {
        if (volume.source().equals("hangs")) {
          new CountDownLatch(1).await();
        }
        allBegun.await();
      } catch (InterruptedException e) {
        throw new MountFailure(volume, "given up", e);
      }
      if (volume.source().startsWith("bad")) {
        throw new MountFailure(volume, volume.source() + " is not there");
      }
      return new Fake(volume);
    }

    @Override
    public void describe(LiveMount mount, ObjectNode target) {}

    @Override
    public void describeProcess(ObjectNode target) {}

    @Override
    public void close() {}
  }

  @Test
  void volumesAreMountedAtTheSameTimeAndUnmountedTheLatestFirst() throws Exception {
    MountSession session = new MountSession(new Mounter());
    session.mountAll(List.of(volume("a"), volume("b"))); // each waits for the other
    assertThat(session.mounts()).extracting(m -> m.volume().source()).containsExactly("a", "b");
    assertThat(session.unmount(List.of(), Duration.ofSeconds(1), p -> {}).isClean()).isTrue();
    assertThat(done).containsExactly("unmount b", "unmount a");
    assertThat(session.mounts()).isEmpty();
  }

  @Test
  void oneThatFailsTakesTheOthersBackAndEveryReasonIsTold() {
    MountSession session = new MountSession(new Mounter());
    MountFailure failure =
        catchThrowableOfType(
            MountFailure.class,
            () -> session.mountAll(List.of(volume("a"), volume("bad1"), volume("bad2"))));
    assertThat(failure).hasMessage("bad1 is not there");
    assertThat(failure.getSuppressed())
        .extracting(Throwable::getMessage)
        .containsExactly("bad2 is not there");
    assertThat(done).containsExactly("unmount a");
    assertThat(session.mounts()).isEmpty();
  }

  @Test
  void interruptGivesUpWaitingAndLeavesNothingMounted() throws Exception {
    MountSession session = new MountSession(new Mounter());
    Thread waiting = Thread.currentThread();
    Thread interrupter =
        new Thread(
            () -> {
              try {
                allBegun.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              waiting.interrupt();
            });
    interrupter.start();
    MountFailure failure =
        catchThrowableOfType(
            MountFailure.class, () -> session.mountAll(List.of(volume("a"), volume("hangs"))));
    assertThat(Thread.interrupted()).isTrue();
    interrupter.join();
    assertThat(failure).hasMessage("interrupted while mounting");
    assertThat(session.mounts()).isEmpty();
    // the one that stood is taken back; whether it stood before the interrupt is a race
    assertThat(done).isSubsetOf("unmount a");
  }

  @Test
  void oneThatStaysBusyIsToldAndTheOthersGo() throws Exception {
    MountSession session = new MountSession(new Mounter());
    session.mountAll(List.of(volume("a"), volume("busy")));
    UnmountOutcome outcome = session.unmount(List.of(), Duration.ofSeconds(1), p -> {});
    assertThat(outcome.isClean()).isFalse();
    assertThat(outcome.problems()).singleElement().asString().contains("/m/busy", "umount refuses");
    assertThat(session.mounts()).extracting(m -> m.volume().source()).containsExactly("busy");
  }
}
