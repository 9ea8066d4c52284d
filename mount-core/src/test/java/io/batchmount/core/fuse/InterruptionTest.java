package io.batchmount.core.fuse;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InterruptionTest {
  @ParameterizedTest
  @CsvSource({
    "0000000000000000, 0000000000000000, false",
    "0000000000000100, 0000000000000000, true", // SIGKILL
    "0000000000000000, 0000000000000002, true", // SIGINT to the process
    "0000000000002000, 0000000000000000, true", // SIGALRM
    "0000000000400000, 0000000004000000, false", // SIGURG, SIGPROF
    "8000000000000000, 0000000000000000, false", // the last real-time signal
    "0000000000404000, 0000000000000000, true" // SIGTERM with SIGURG
  })
  void onlySomeSignalsEndARequest(String own, String shared, boolean ends) {
    String status =
        "Name:\tcat\nThreads:\t1\nSigQ:\t1/95\nSigPnd:\t"
            + own
            + "\nShdPnd:\t"
            + shared
            + "\nSigBlk:\t0000000000000002\n";
    assertThat(Interruption.endingSignal(status)).isEqualTo(ends);
  }

  @Test
  void nothingEndsBeforeASignalCame() {
    assertThat(new Interruption(0).isInterrupted()).isFalse();
  }

  @Test
  void callerThatCannotBeLookedAtIsBelieved() {
    Interruption interruption = new Interruption(0);
    interruption.signalled();
    assertThat(interruption.isInterrupted()).isTrue();
  }

  @Test
  void callerThatIsGoneIsNotWaitedFor() {
    Interruption interruption = new Interruption(Integer.MAX_VALUE);
    interruption.signalled();
    assertThat(interruption.isInterrupted()).isTrue();
  }
}
