package io.batchmount.launcher.mount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.batchmount.core.Errno;
import io.batchmount.core.FsException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

class PatienceTest {
  private static final Volume VOLUME = Volume.Command.unmanaged("mount x", Path.of("/mnt/x"));

  private final List<String> reasons = new ArrayList<>();
  private final Deque<Exception> failures = new ArrayDeque<>();

  private String step() throws IOException, MountFailure {
    Exception failure = failures.poll();
    if (failure instanceof IOException e) {
      throw e;
    }
    if (failure instanceof MountFailure e) {
      throw e;
    }
    if (failure instanceof RuntimeException e) {
      throw e;
    }
    return "done";
  }

  private String tryFor(Duration limit) throws IOException, MountFailure {
    return new Patience(limit, reasons::add).until(this::step);
  }

  private static MountFailure failure(Errno errno) {
    return new MountFailure(VOLUME, errno.text(), new FsException(errno, errno.text()));
  }

  private static UncheckedIOException notReady(String message) {
    return new UncheckedIOException(new NotReadyException(message, new IOException(message)));
  }

  @Test
  void waitsForWhatIsNotReadyAndTellsEachReasonOnce() throws Exception {
    failures.add(new NotReadyException("no name service", new IOException()));
    failures.add(failure(Errno.ETIMEDOUT));
    failures.add(failure(Errno.ETIMEDOUT));
    failures.add(notReady("no identity"));
    failures.add(MountFailure.ofCommand(VOLUME, "server is down"));
    assertThat(tryFor(Duration.ofMinutes(5))).isEqualTo("done");
    assertThat(reasons)
        .containsExactly(
            "no name service", Errno.ETIMEDOUT.text(), "no identity", "server is down");
  }

  @Test
  void whatWillNotMendFailsAtOnce() {
    failures.add(failure(Errno.EACCES));
    assertThatThrownBy(() -> tryFor(Duration.ofMinutes(5))).isInstanceOf(MountFailure.class);
    assertThat(reasons).isEmpty();
  }

  @Test
  void oneVolumeThatIsRefusedForGoodEndsTheWaitForOthers() {
    MountFailure first = failure(Errno.EIO);
    first.addSuppressed(failure(Errno.EACCES));
    failures.add(first);
    assertThatThrownBy(() -> tryFor(Duration.ofMinutes(5))).isSameAs(first);
  }

  @Test
  void withoutPatienceThereIsOneTry() {
    failures.add(failure(Errno.EIO));
    assertThatThrownBy(() -> tryFor(Duration.ZERO)).isInstanceOf(MountFailure.class);
    assertThat(reasons).isEmpty();
  }

  @Test
  void lastFailureIsTheOneThatIsTold() {
    for (int i = 0; i < 100; i++) {
      failures.add(notReady("try " + i));
    }
    assertThatThrownBy(() -> tryFor(Duration.ofMillis(600)))
        .isInstanceOf(NotReadyException.class)
        .hasMessageStartingWith("try ");
  }
}
