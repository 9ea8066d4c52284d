package io.batchmount.blob.store;

import java.nio.ByteBuffer;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What {@code --verify ranges} computes for each range of 4 MiB. Run by {@code bin/bench jmh}. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class ChecksumBenchmark {
  /** Bytes of one buffer of a connection. */
  private static final int PIECE = 64 << 10;

  @Param({"CRC64", "MD5"})
  public String kind;

  private final ByteBuffer piece = ByteBuffer.allocateDirect(PIECE);

  @Setup
  public void fill() {
    byte[] bytes = new byte[PIECE];
    ThreadLocalRandom.current().nextBytes(bytes);
    piece.put(bytes).flip();
  }

  @Benchmark
  public String rangeOf4MiB() {
    RangeChecksum.Sum sum = RangeChecksum.valueOf(kind).begin();
    for (int done = 0; done < RangeChecksum.MOST_BYTES; done += PIECE) {
      sum.add(piece);
    }
    return sum.base64();
  }
}
