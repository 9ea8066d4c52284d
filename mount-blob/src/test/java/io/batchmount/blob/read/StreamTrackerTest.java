package io.batchmount.blob.read;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StreamTrackerTest {
  private static final int READ = 128 << 10;
  private final StreamTracker tracker = new StreamTracker();

  private Stream read(long offset) {
    return tracker.match(offset, offset + READ).stream();
  }

  @Test
  void sequentialReadsAreOneStream() {
    Stream first = read(0);
    for (int i = 1; i < 10; i++) {
      assertThat(read((long) i * READ)).isSameAs(first);
    }
    assertThat(first.isSequential()).isTrue();
    assertThat(first.next()).isEqualTo(10L * READ);
  }

  @Test
  void interleavedStreamsAreToldApart() {
    long[] bases = {0, 256L << 20, 512L << 20, 768L << 20};
    Stream[] streams = new Stream[4];
    for (int i = 0; i < 20; i++) {
      for (int s = 0; s < 4; s++) {
        Stream got = read(bases[s] + (long) i * READ);
        if (i == 0) {
          streams[s] = got;
        }
        assertThat(got).isSameAs(streams[s]);
      }
    }
    for (Stream stream : streams) {
      assertThat(stream.isSequential()).isTrue();
    }
  }

  @Test
  void readsInAnyOrderWithinAReadAheadStayInTheStream() {
    Stream first = read(0);
    read(READ);
    for (int i = 2; i < 40; i += 4) {
      for (int j : new int[] {2, 0, 3, 1}) {
        assertThat(read((long) (i + j) * READ)).isSameAs(first);
      }
    }
  }

  @Test
  void skipsAndStepsBackKeepTheStream() {
    Stream first = read(0);
    read(READ);
    read(2L * READ);
    assertThat(read(5L * READ)).isSameAs(first);
    assertThat(read(3L * READ)).isSameAs(first);
    assertThat(first.next()).isEqualTo(6L * READ);
  }

  @Test
  void randomReadsAreNoStream() {
    java.util.Random random = new java.util.Random(1);
    for (int i = 0; i < 200; i++) {
      long offset = (1 + (long) random.nextInt(8000)) * READ * 3;
      assertThat(read(offset).isSequential()).isFalse();
    }
  }

  @Test
  void twoReadsInTheMiddleAreNotYetAStream() {
    read(77L * READ);
    assertThat(read(78L * READ).isSequential()).isFalse();
    assertThat(read(79L * READ).isSequential()).isTrue();
  }

  @Test
  void countOfStreamsIsBounded() {
    for (int i = 0; i < 100; i++) {
      tracker.match((1L + i) << 30, ((1L + i) << 30) + READ);
    }
    int count = 0;
    for (Stream stream : tracker.all()) {
      assertThat(stream.run()).isEqualTo(1);
      count++;
    }
    assertThat(count).isEqualTo(StreamTracker.MAX_STREAMS);
  }
}
