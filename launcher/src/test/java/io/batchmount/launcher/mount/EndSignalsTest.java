package io.batchmount.launcher.mount;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EndSignalsTest {
  private final EndSignals signals = new EndSignals(Thread.currentThread());
  private final List<String> obeyed = new ArrayList<>();

  @AfterEach
  void noInterruptIsLeft() {
    Thread.interrupted();
  }

  @Test
  void interruptsTheMounting() {
    signals.arrived("TERM");
    assertThat(Thread.interrupted()).isTrue();
    assertThat(signals.came()).contains("TERM");
  }

  @Test
  void onlyTheFirstOneInterrupts() {
    signals.arrived("INT");
    Thread.interrupted(); // obeyed: the mounts are being taken back
    signals.arrived("INT");
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  @Test
  void oneThatCameBetweenMountingAndServingIsObeyed() {
    signals.arrived("INT");
    signals.served(obeyed::add);
    assertThat(obeyed).containsExactly("INT");
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  @Test
  void endsWhatIsServedWithoutAnInterrupt() {
    signals.served(obeyed::add);
    signals.arrived("TERM");
    signals.arrived("HUP");
    assertThat(obeyed).containsExactly("TERM", "HUP");
    assertThat(signals.came()).contains("TERM");
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }
}
