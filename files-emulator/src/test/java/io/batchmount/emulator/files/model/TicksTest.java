package io.batchmount.emulator.files.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class TicksTest {
  private static final Instant MOMENT = Instant.parse("2022-10-05T22:15:51.778492Z");

  @Test
  void forms() {
    long ticks = Ticks.of(MOMENT);
    assertThat(Ticks.etag(ticks)).isEqualTo("\"0x8DAA71F2A0ECF58\"");
    assertThat(Ticks.iso(ticks)).isEqualTo("2022-10-05T22:15:51.7784920Z");
    assertThat(Ticks.rfc1123(ticks)).isEqualTo("Wed, 05 Oct 2022 22:15:51 GMT");
    assertThat(Ticks.instant(ticks)).isEqualTo(MOMENT);
    assertThat(Ticks.fileTimeHex(Ticks.of(Instant.parse("1601-01-01T00:00:01Z"))))
        .isEqualTo("0000000000989680");
  }

  @Test
  void readsTimesOfRequests() {
    long ticks = Ticks.of(MOMENT);
    assertThat(Ticks.parseIso("2022-10-05T22:15:51.7784920Z")).contains(ticks);
    assertThat(Ticks.parseIso("2022-10-06T00:15:51.778492+02:00")).contains(ticks);
    assertThat(Ticks.parseIso("2022-10-05T22:15:51Z")).contains(Ticks.floorToSecond(ticks));
    assertThat(Ticks.parseIso("2022-10-05")).isPresent();
    assertThat(Ticks.parseIso("yesterday")).isEmpty();
    assertThat(Ticks.parseRfc1123("Wed, 05 Oct 2022 22:15:51 GMT")).isPresent();
    assertThat(Ticks.parseRfc1123("Wed, 5 Oct 2022 22:15:51 GMT")).isPresent();
  }

  @Test
  void clockNeverStandsStill() {
    Clock clock = new Clock();
    long before = clock.next();
    for (int i = 0; i < 1000; i++) {
      long next = clock.next();
      assertThat(next).isGreaterThan(before);
      before = next;
    }
  }
}
