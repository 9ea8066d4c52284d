package io.batchmount.launcher.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StopRequestTest {
  @Test
  void listenersHearEachRequestAndWhetherItIsTheFirst() {
    StopRequest stop = new StopRequest();
    List<String> heard = new ArrayList<>();
    StopRequest.Listener listener = (name, again) -> heard.add(name + again);
    stop.add(listener);
    stop.request("INT", 2);
    stop.request("TERM", 15);
    stop.remove(listener);
    stop.request("TERM", 15);
    assertThat(heard).containsExactly("INTfalse", "TERMtrue");
    assertThat(stop.signal()).hasValue(2);
    assertThat(stop.isUrgent()).isTrue();
  }

  @Test
  void whoComesLateIsToldAtOnce() {
    StopRequest stop = new StopRequest();
    stop.request("TERM", 15);
    List<String> heard = new ArrayList<>();
    stop.add((name, again) -> heard.add(name + again));
    assertThat(heard).containsExactly("TERMfalse");
  }

  @Test
  void threadThatWaitsIsInterruptedOnlyWhileItWaits() {
    StopRequest stop = new StopRequest();
    try (InterruptOnStop waiting = InterruptOnStop.of(stop)) {
      stop.request("TERM", 15);
      assertThat(Thread.currentThread().isInterrupted()).isTrue();
    }
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
    stop.request("TERM", 15);
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }
}
